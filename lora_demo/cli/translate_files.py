"""The texts of `translate --file`, and the table of `translate --output`."""

import csv
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from lora_demo.checkpoints.adapter_names import make_unique
from lora_demo.data.lines import read_lines
from lora_demo.data.readers import is_data_file, read_rows
from lora_demo.data.readers.columns import Columns
from lora_demo.data.readers.data_file import find_bad_line

GERMAN = Columns(re.compile("de"), ("de",))
BREAKS = re.compile(r"[\t\r\n]+")
SEPARATORS = {".tsv": "\t", ".csv": ","}
FORMATS = (*SEPARATORS, ".jsonl", ".txt")
"""Suffixes of `--output`."""
WriteRows = Callable[[Sequence[Sequence[str]]], None]
"""Writes rows: the German text and its translations."""


def read_texts(path: Path, columns: str | None = None) -> list[str]:
    """Read German texts: the lines of a text file, or the German column of a table.

    Args:
        path: The file; `-` for standard input, whose lines are the texts.
        columns: Names of the columns such as `de=Deutsch`; None to find them.

    Returns:
        One text for each line or row, empty ones included.

    Raises:
        ValueError: If the file cannot be read.
    """
    try:
        if str(path) == "-":
            return _read_standard_input()
        if is_data_file(path):
            return [row["de"] for _, row in read_rows(path, GERMAN.named(columns))]
        return read_lines(path)
    except OSError as error:
        raise ValueError(f"--file {path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise ValueError(f"--file {path} cannot be read: {error}") from None


def _read_standard_input() -> list[str]:
    """Read lines as from a file: only a line feed ends one, and a byte-order mark is removed."""
    binary = getattr(sys.stdin, "buffer", None)
    if binary is None:
        text = sys.stdin.read()
    else:
        content = binary.read()
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            line = find_bad_line(content.split(b"\n"))
            raise ValueError(f"line {line} is not UTF-8 text. Save it as UTF-8.") from None
    return text.removesuffix("\n").split("\n")


@contextmanager
def open_table(path: Path, systems: Sequence[str]) -> Iterator[WriteRows]:
    """Open a table of translations; what is written stays if the command is interrupted.

    Args:
        path: A .tsv, .csv or .jsonl file with the columns `de` and one for each system, or a .txt
            file with only the translations of the last system.
        systems: Names of the systems.

    Yields:
        A function that writes rows.

    Raises:
        ValueError: If the file cannot be written.
    """
    names = make_unique(["de", *systems])
    try:
        with open(path, "w", encoding="utf-8", newline="") as file:
            yield _writer(path.suffix.lower(), file, names)
    except OSError as error:
        raise ValueError(f"--output {path} cannot be written: {error.strerror}.") from None


def check_output(path: Path, source: Path | None) -> None:
    """Check the file of `--output` before anything slow.

    Args:
        path: The path that --output gives.
        source: The file that is read; None without --file.

    Raises:
        ValueError: For another suffix, or for the file that is read.
    """
    if path.suffix.lower() not in FORMATS:
        raise ValueError(f"--output {path} must end in {', '.join(FORMATS[:-1])} or .txt.")
    if source and source.exists() and path.exists() and path.samefile(source):
        raise ValueError(f"--output {path} is the file that is read. Choose another name.")


def _writer(suffix: str, file: TextIO, names: Sequence[str]) -> WriteRows:
    if suffix == ".txt":
        return lambda rows: _write_lines(file, rows)
    if suffix == ".jsonl":
        return lambda rows: _write_records(file, names, rows)
    table = csv.writer(file, delimiter=SEPARATORS[suffix], lineterminator="\n")
    table.writerow(names)

    def write(rows: Sequence[Sequence[str]]) -> None:
        table.writerows([one_line(text) for text in row] for row in rows)
        file.flush()

    return write


def _write_lines(file: TextIO, rows: Sequence[Sequence[str]]) -> None:
    file.writelines(one_line(row[-1]) + "\n" for row in rows)
    file.flush()


def _write_records(file: TextIO, names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    for row in rows:
        record = dict(zip(names, row, strict=True))
        file.write(json.dumps(record, ensure_ascii=False) + "\n")
    file.flush()


def one_line(text: str) -> str:
    """Return a text without tabs and line breaks, so that it fits a line or a cell.

    Args:
        text: The text; each run of tabs and line breaks becomes one space.
    """
    return BREAKS.sub(" ", text)
