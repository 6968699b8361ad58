"""Readers of files with sentences, by suffix; each may be packed as .gz.

To add a format, write a module with a reader next to the others and add a line to `READERS`.
"""

from collections.abc import Iterator
from pathlib import Path

from lora_demo.data.readers.columns import Columns
from lora_demo.data.readers.data_file import (
    GZIP,
    MAX_FILE_BYTES,
    DataFile,
    data_suffix,
    whole_suffix,
)
from lora_demo.data.readers.delimited import read_csv, read_tsv
from lora_demo.data.readers.gettext import read_po
from lora_demo.data.readers.json_records import read_json, read_jsonl
from lora_demo.data.readers.parquet import read_parquet
from lora_demo.data.readers.rows import NumberedRow, Reader, limit_rows
from lora_demo.data.readers.tmx import read_tmx
from lora_demo.data.readers.xliff import read_xliff

__all__ = [
    "GZIP",
    "MAX_FILE_BYTES",
    "READERS",
    "SUFFIXES",
    "data_suffix",
    "read_rows",
    "supported_formats",
    "whole_suffix",
]

READERS: dict[str, Reader] = {
    ".tsv": read_tsv,
    ".csv": read_csv,
    ".jsonl": read_jsonl,
    ".json": read_json,
    ".tmx": read_tmx,
    ".xliff": read_xliff,
    ".xlf": read_xliff,
    ".sdlxliff": read_xliff,
    ".mqxliff": read_xliff,
    ".po": read_po,
    ".parquet": read_parquet,
}
"""The reader of each suffix."""
SUFFIXES = tuple(READERS)
HIDDEN_SUFFIXES = frozenset((".xlf", ".sdlxliff", ".mqxliff"))
"""Other suffixes of XLIFF, which messages leave out."""


def supported_formats() -> str:
    """Return the suffixes for a message: ".tsv, .csv, ... or .parquet"."""
    *others, last = [suffix for suffix in SUFFIXES if suffix not in HIDDEN_SUFFIXES]
    return f"{', '.join(others)} or {last}"


def read_rows(path: Path, columns: Columns) -> Iterator[NumberedRow]:
    """Read a file row by row.

    Args:
        path: a file with one of SUFFIXES, or the same packed as `.gz`.
        columns: which columns to return, and which of them must exist.

    Yields:
        Line number and cells by column name.

    Raises:
        ValueError: for an unknown suffix, a file that is too large, missing columns, or a broken
            line, with its number.
    """
    reader = READERS.get(data_suffix(path))
    if reader is None:
        raise ValueError(
            f"{path.name} has an unknown format. Give a {supported_formats()} file, or two files "
            "of lines as GERMAN,ENGLISH."
        )
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ValueError(
            f"{path.name} is larger than {MAX_FILE_BYTES // 10**6} MB. Use a part of it."
        )
    yield from limit_rows(reader(DataFile(path), columns), path.name)
