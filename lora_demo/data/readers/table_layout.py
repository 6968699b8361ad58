"""The layout of a .tsv or .csv file: the names of its columns, its separator and its quotes."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from lora_demo.data.cleaning import INVISIBLE
from lora_demo.data.readers.columns import (
    PAIR_COLUMNS,
    Columns,
    ColumnsNotFoundError,
    is_sentence,
)
from lora_demo.data.readers.data_file import DataFile
from lora_demo.data.readers.drawn_tables import blank_rules
from lora_demo.data.readers.formula_cells import unwrap_formula
from lora_demo.data.readers.rows import MAX_LINE_CHARACTERS, numbered_lines
from lora_demo.language import _

SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
"""The first line by which Excel learns the separator."""
SINGLE_QUOTED = re.compile(r"'[^']*'(?:[,;\t|]'[^']*')+\s*")
"""A first line by which the quotes of cells are single, as LibreOffice can write them."""
COMMENT = "#"
NAMES = "#columns:"
"""Beginning of the comment with the names of the columns in files of Anki."""
MAX_TITLES = 10
"""Lines above the names of the columns that may be titles."""
BLANK = " \t\r\n\x1a\0"
"""Characters of a cell without text; DOS ends a file with the last but one."""
NOTHING = ' ",;|\t\r\n\ufeff'
"""Characters of a line without cells."""


@dataclass(frozen=True)
class Layout:
    """The layout of a table.

    Args:
        skipped: Lines above the names of the columns.
        separator: The character between cells.
        header: Names of the columns.
        dialect: A dialect of the `csv` module.
        names_below: Number of a later line that names the requested columns, below lines that are
            not titles; None if there is none.
    """

    skipped: int
    separator: str
    header: list[str]
    dialect: Mapping[str, Any]
    names_below: int | None = None

    @property
    def quote(self) -> str:
        """The character around cells."""
        return str(self.dialect.get("quotechar", '"'))

    def read_cells(self, lines: Iterator[str]) -> Any:
        """Return a reader of the `csv` module for the lines below `skipped`.

        Args:
            lines: All lines of the table, as `open_lines` returns them.
        """
        below = islice(lines, self.skipped, None)
        return csv.reader(below, delimiter=self.separator, strict=True, **self.dialect)


def find_layout(
    file: DataFile, columns: Columns, separators: Sequence[str], dialect: Mapping[str, Any]
) -> Layout:
    """Find the names of the columns and the separator.

    Args:
        file: The table.
        columns: The requested columns.
        separators: Characters that may separate cells.
        dialect: A dialect of the `csv` module, unless the first line shows single quotes.

    Raises:
        ValueError: If the file has no text, or the line with the names cannot be read.
    """
    with open_lines(file) as lines:
        first, skipped = next(lines, ""), 0
        while first and (first.strip(NOTHING) == "" or SEPARATOR_LINE.fullmatch(first)):
            if match := SEPARATOR_LINE.fullmatch(first):
                separators = match[1]
            first, skipped = next(lines, ""), skipped + 1
        first, skipped, below = _find_names(first, skipped, lines, columns, separators)
    if not first:
        raise ValueError(_("{file} is empty. Give a file with sentences.", file=file.name))
    if SINGLE_QUOTED.fullmatch(first):
        dialect = {"quoting": csv.QUOTE_MINIMAL, "quotechar": "'"}
    separator, header = _find_header(first, columns, separators, file.name, dialect)
    layout = Layout(skipped, separator, header, dialect, below)
    return replace(layout, header=["", *header]) if _has_row_names(file, layout) else layout


def _find_names(
    first: str, skipped: int, lines: Iterator[str], columns: Columns, separators: Sequence[str]
) -> tuple[str, int, int | None]:
    """Find the line that names the columns below comments or titles; else keep the first line.

    Args:
        first: The first line with text.
        skipped: Number of lines above it.
        lines: The lines below it.
        columns: The requested columns.
        separators: Characters that may separate cells.

    Returns:
        The line, the number of lines above it, and `names_below` of the layout.
    """
    line, above = first, skipped
    titles: list[str] = []
    while line and len(titles) <= MAX_TITLES:
        is_comment = line.startswith(COMMENT)
        names = line.removeprefix(NAMES)
        wanted = PAIR_COLUMNS if titles and not columns.given else columns
        separator = _naming_separator(names, wanted, separators)
        if separator:
            if all(_is_title(title, separator) for title in titles):
                return names, above, None
            has_sentences = any(_has_sentence(title, separator) for title in titles)
            return first, skipped, None if has_sentences else above + 1
        if line.strip(NOTHING) and not is_comment:
            titles.append(line)
        line, above = next(lines, ""), above + 1
    return first, skipped, None


def _naming_separator(line: str, columns: Columns, separators: Sequence[str]) -> str | None:
    """Return the separator with which a line names the requested columns; None for another."""
    for separator in separators:
        try:
            columns.find(_split(line, separator, {}), "")
        except (ValueError, csv.Error):
            continue
        return separator
    return None


def _is_title(line: str, separator: str) -> bool:
    """Check for a line with text in one cell, as in the title above a table of a spreadsheet."""
    try:
        cells = _split(line, separator, {})
    except csv.Error:
        return False
    return sum(bool(cell.strip(BLANK)) for cell in cells) == 1


def _has_sentence(line: str, separator: str) -> bool:
    """Check for a line whose cells are not only titles, or cannot be read."""
    try:
        return any(map(is_sentence, _split(line, separator, {})))
    except csv.Error:
        return True


def _has_row_names(file: DataFile, layout: Layout) -> bool:
    """Check whether each row begins with its number, which has no name, as in files of R."""
    width = len(layout.header) + 1
    count = 0
    with open_lines(file) as lines:
        rows = layout.read_cells(lines)
        try:
            next(rows, None)
            for row in rows:
                if not any(cell.strip(BLANK) for cell in row):
                    continue
                has_end = bool(row[-1].strip())
                if len(row) != width or not row[0].isdecimal() or not has_end:
                    return False
                count += 1
        except csv.Error:
            return False
    return count > 1


@contextmanager
def open_lines(file: DataFile) -> Iterator[Iterator[str]]:
    """Open the lines of a table, which end as the first one does.

    If line feeds end them, a carriage return in a cell is a space. Otherwise carriage returns end
    them, as in files of old Macs. Byte-order marks in front of lines are removed.

    Args:
        file: The table, packed or not.
    """
    with file.open_text(newline="\n") as text:
        first = text.readline(MAX_LINE_CHARACTERS).rstrip("\r\n")
    with file.open_text(newline="" if "\r" in first else "\n") as text:
        lines = (line.lstrip("\ufeff") for line in numbered_lines(text, file.name))
        yield blank_rules(line.rstrip("\r\n").replace("\r", " ") + "\n" for line in lines)


def _find_header(
    line: str,
    columns: Columns,
    separators: Sequence[str],
    name: str,
    dialect: Mapping[str, Any],
) -> tuple[str, list[str]]:
    """Find the separator with which a line names the requested columns; by default the first."""
    headers: list[tuple[str, list[str]]] = []
    problem = None
    for separator in separators:
        try:
            header = _split(line, separator, dialect)
            headers.append((separator, header))
            columns.find(header, name)
        except ColumnsNotFoundError:
            continue
        except csv.Error as error:
            problem = problem or error
            continue
        return separator, header
    if problem and not headers:
        raise ValueError(describe_error(name, 1, problem))
    return max(headers, key=lambda found: len(found[1]))


def _split(line: str, separator: str, dialect: Mapping[str, Any]) -> list[str]:
    """Return the names of the columns in a line."""
    cells = next(csv.reader([line], delimiter=separator, strict=True, **dialect), [])
    return [INVISIBLE.sub("", unwrap_formula(cell)) for cell in cells]


def describe_error(name: str, number: int, error: csv.Error) -> str:
    """Say that a line cannot be read as a row, and what to check.

    Args:
        name: Name of the file.
        number: Number of the line.
        error: From the `csv` module.
    """
    return _(
        "{file}, line {line}: the line cannot be read as a row of a table ({error}). Check "
        "its quotes and separators: a quote inside a quoted cell is written twice.",
        file=name,
        line=number,
        error=error,
    )
