"""Common parts of all readers: requested columns, rows, and lines of bounded size."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

MAX_FILE_BYTES = 200_000_000
MAX_LINE_CHARACTERS = 1_000_000
MAX_LINES = 5_000_000


@dataclass(frozen=True)
class Columns:
    """The columns that a caller requests.

    Args:
        pattern: matches their whole names.
        required: names that a file must have.
    """

    pattern: re.Pattern[str]
    required: tuple[str, ...]

    def match(self, name: str) -> bool:
        """Check whether a column is requested."""
        return self.pattern.fullmatch(name) is not None

    def are_in(self, names: Iterable[str]) -> bool:
        """Check whether all required columns are among some names."""
        return set(self.required) <= set(names)


PAIR_COLUMNS = Columns(re.compile("de|en"), ("de", "en"))
"""The columns of a file of pairs."""

NumberedRow = tuple[int, dict[str, str]]
"""Line number and cells by column name."""

Reader = Callable[[Path, Columns], Iterator[NumberedRow]]


@contextmanager
def open_text(path: Path) -> Iterator[TextIO]:
    """Open a text file, with or without a byte order mark.

    Raises:
        ValueError: if it is not UTF-8.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            yield file
    except UnicodeDecodeError:
        raise ValueError(f"{path.name} is not UTF-8 text. Save it as UTF-8.") from None


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
