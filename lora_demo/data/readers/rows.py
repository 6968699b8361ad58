"""Common parts of all readers: rows, and lines of bounded number and length."""

from collections.abc import Iterator
from typing import TextIO

from lora_demo.language import _

MAX_LINE_CHARACTERS = 1_000_000
MAX_LINES = 5_000_000
MAX_CHARACTERS = 400_000_000
"""Characters of all cells that are read from a file."""

NumberedRow = tuple[int, dict[str, str]]
"""Line number and cells by column name."""


def numbered_lines(file: TextIO, name: str) -> Iterator[str]:
    """Read the lines of a text file, of bounded number and length.

    Args:
        file: The open file.
        name: Its name, for messages.

    Yields:
        The lines with their ends.

    Raises:
        ValueError: For too many lines, or one that is too long, with its number.
    """
    number = 0
    while line := file.readline(MAX_LINE_CHARACTERS):
        number += 1
        if number > MAX_LINES:
            raise ValueError(
                _("{file} has over {limit:,} lines. Use a part of it.", file=name, limit=MAX_LINES)
            )
        if len(line) == MAX_LINE_CHARACTERS:
            raise ValueError(
                _(
                    "{file}, line {line}: the line has over {limit:,} characters. Give a file "
                    "with one pair of sentences per line.",
                    file=name,
                    line=number,
                    limit=MAX_LINE_CHARACTERS,
                )
            )
        yield line


def swap_languages(row: dict[str, str]) -> dict[str, str]:
    """Return a row with the German and the English text exchanged.

    Args:
        row: Texts by the names of their columns.
    """
    return {**row, "de": row["en"], "en": row["de"]}


def limit_rows(rows: Iterator[NumberedRow], name: str) -> Iterator[NumberedRow]:
    """Yield rows up to the limits: a small packed file can hold very much.

    Args:
        rows: The rows of a reader.
        name: Name of the file, for messages.

    Raises:
        ValueError: For too many rows or characters.
    """
    characters = 0
    for count, (number, row) in enumerate(rows, 1):
        characters += sum(map(len, row.values()))
        if count > MAX_LINES or characters > MAX_CHARACTERS:
            raise ValueError(
                _(
                    "{file} has over {limit:,} rows or {characters:,} characters. Use a part of "
                    "it.",
                    file=name,
                    limit=MAX_LINES,
                    characters=MAX_CHARACTERS,
                )
            )
        yield number, row
