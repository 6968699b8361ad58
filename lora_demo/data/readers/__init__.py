"""Readers of files with sentences, by suffix.

To add a format, write a module with a reader next to the others and add a line to `READERS`.
"""

from collections.abc import Iterator
from pathlib import Path

from lora_demo.data.readers.delimited import read_csv, read_tsv
from lora_demo.data.readers.json_lines import read_jsonl
from lora_demo.data.readers.rows import MAX_FILE_BYTES, Columns, NumberedRow, Reader

READERS: dict[str, Reader] = {
    ".tsv": read_tsv,
    ".csv": read_csv,
    ".jsonl": read_jsonl,
}
"""The reader of each suffix."""
SUFFIXES = tuple(READERS)


def supported_formats() -> str:
    """Return the suffixes for a message: ".tsv, .csv or .jsonl"."""
    *others, last = SUFFIXES
    return f"{', '.join(others)} or {last}"


def read_rows(path: Path, columns: Columns) -> Iterator[NumberedRow]:
    """Read a file row by row.

    Args:
        path: a file with one of SUFFIXES.
        columns: which columns to return, and which of them must exist.

    Yields:
        Line number and cells by column name.

    Raises:
        ValueError: for an unknown suffix, a file that is too large, missing columns, or a broken
            line, with its number.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise ValueError(f"{path.name} has an unknown format. Give a {supported_formats()} file.")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ValueError(
            f"{path.name} is larger than {MAX_FILE_BYTES // 10**6} MB. Use a part of it."
        )
    yield from reader(path, columns)
