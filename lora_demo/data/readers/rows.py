"""Common parts of all readers: rows, and lines of bounded number and length."""

from collections.abc import Callable, Iterator
from typing import TextIO

from lora_demo.data.readers.columns import Columns
from lora_demo.data.readers.data_file import DataFile

MAX_LINE_CHARACTERS = 1_000_000
MAX_LINES = 5_000_000
MAX_CHARACTERS = 400_000_000
"""Characters of all cells that are read from a file."""

NumberedRow = tuple[int, dict[str, str]]
"""Line number and cells by column name."""

Reader = Callable[[DataFile, Columns], Iterator[NumberedRow]]


def numbered_lines(file: TextIO, name: str) -> Iterator[str]:
    """Read the lines of a text file, of bounded number and length.

    Args:
        file: the open file.
        name: its name, for messages.

    Yields:
        The lines with their ends.

    Raises:
        ValueError: for too many lines, or one that is too long, with its number.
    """
    number = 0
    while line := file.readline(MAX_LINE_CHARACTERS):
        number += 1
        if number > MAX_LINES:
            raise ValueError(f"{name} has over {MAX_LINES:,} lines. Use a part of it.")
        if len(line) == MAX_LINE_CHARACTERS:
            raise ValueError(
                f"{name}, line {number}: the line has over {MAX_LINE_CHARACTERS:,} characters. "
                "Give a file with one pair of sentences per line."
            )
        yield line


def limit_rows(rows: Iterator[NumberedRow], name: str) -> Iterator[NumberedRow]:
    """Yield rows up to the limits: a small packed file can hold very much.

    Args:
        rows: the rows of a reader.
        name: name of the file, for messages.

    Raises:
        ValueError: for too many rows or characters.
    """
    characters = 0
    for count, (number, row) in enumerate(rows, 1):
        characters += sum(map(len, row.values()))
        if count > MAX_LINES or characters > MAX_CHARACTERS:
            raise ValueError(
                f"{name} has over {MAX_LINES:,} rows or {MAX_CHARACTERS:,} characters. "
                "Use a part of it."
            )
        yield number, row
