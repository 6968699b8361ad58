"""Reader of .tsv and .csv files, whose first line names the columns."""

import csv
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

from lora_demo.data.cleaning import INVISIBLE
from lora_demo.data.readers.backslashes import (
    has_escaped_quotations,
    has_escapes,
    hide_escaped,
    show_escaped,
)
from lora_demo.data.readers.columns import Columns, ColumnsNotFoundError
from lora_demo.data.readers.data_file import DataFile
from lora_demo.data.readers.drawn_tables import blank_rules
from lora_demo.data.readers.missing import blank_missing
from lora_demo.data.readers.quoting import is_quoted_tsv
from lora_demo.data.readers.record_cells import parse_record
from lora_demo.data.readers.records import NESTED, record_row
from lora_demo.data.readers.rows import MAX_LINE_CHARACTERS, NumberedRow, numbered_lines
from lora_demo.language import _, ngettext

CSV_SEPARATORS = (",", ";", "\t", "|")
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
"""The first line by which Excel learns the separator."""
SINGLE_QUOTED = re.compile(r"'[^']*'(?:[,;\t|]'[^']*')+\s*")
"""A first line by which the quotes of cells are single, as LibreOffice can write them."""
SPACE_AND_QUOTE = re.compile(r'\s+"')
BLANK = " \t\r\n\x1a"
"""Characters of a cell without text; DOS ends a file with the last one."""
NOTHING = ' ",;|\t\r\n\ufeff'
"""Characters of a line without cells."""


@dataclass(frozen=True)
class _Layout:
    """The layout of a table.

    Args:
        skipped: Lines above the names of the columns.
        separator: The character between cells.
        header: Names of the columns.
        dialect: A dialect of the `csv` module.
    """

    skipped: int
    separator: str
    header: list[str]
    dialect: Mapping[str, Any]

    @property
    def quote(self) -> str:
        """The character around cells."""
        return str(self.dialect.get("quotechar", '"'))


def read_tsv(file: DataFile, columns: Columns) -> Iterator[NumberedRow]:
    """Read a table with tabs between its cells, raw or quoted, as `is_quoted_tsv` decides."""
    with _open_lines(file) as lines:
        is_quoted = is_quoted_tsv(lines)
    is_escaped = not is_quoted and _is_quoted_with_backslashes(file)
    quoting = csv.QUOTE_MINIMAL if is_quoted or is_escaped else csv.QUOTE_NONE
    layout = _find_layout(file, columns, ("\t",), {"quoting": quoting})
    return _read(file, columns, layout, is_escaped)


def _is_quoted_with_backslashes(file: DataFile) -> bool:
    with _open_lines(file) as lines:
        if not has_escapes(lines, '"', "\t"):
            return False
    with _open_lines(file) as lines:
        return is_quoted_tsv(hide_escaped(lines))


def read_csv(file: DataFile, columns: Columns) -> Iterator[NumberedRow]:
    """Read a table with commas or semicolons between its cells, which may be quoted."""
    layout = _find_layout(file, columns, CSV_SEPARATORS, {"quoting": csv.QUOTE_MINIMAL})
    return _read(file, columns, layout, _has_backslashes(file, columns, layout))


def _find_layout(
    file: DataFile, columns: Columns, separators: Sequence[str], dialect: dict[str, Any]
) -> _Layout:
    with _open_lines(file) as lines:
        first, skipped = next(lines, ""), 0
        while first and (first.strip(NOTHING) == "" or SEPARATOR_LINE.fullmatch(first)):
            if match := SEPARATOR_LINE.fullmatch(first):
                separators = match[1]
            first, skipped = next(lines, ""), skipped + 1
    if not first:
        raise ValueError(_("{file} is empty. Give a file with sentences.", file=file.name))
    if SINGLE_QUOTED.fullmatch(first):
        dialect = {"quoting": csv.QUOTE_MINIMAL, "quotechar": "'"}
    separator, header = _find_header(first, columns, separators, file.name, dialect)
    return _Layout(skipped, separator, header, dialect)


def _has_backslashes(file: DataFile, columns: Columns, layout: _Layout) -> bool:
    """Decide whether backslashes escape quotes and separators.

    They do if the file cannot be read otherwise, if a bar behind a backslash makes a row wider
    than the first line, or if each quote in its cells is escaped.
    """
    with _open_lines(file) as lines:
        if not has_escapes(lines, layout.quote, layout.separator):
            return False
    try:
        deque(_rows(file, columns, layout, is_escaped=True), maxlen=0)
    except ValueError:
        return False
    try:
        rows = _rows(file, columns, layout, is_escaped=False)
        if any(_is_split(row, layout) for _number, row in rows):
            return True
        rows = _rows(file, columns, layout, is_escaped=False)
        return has_escaped_quotations((cell for _number, row in rows for cell in row), layout.quote)
    except ValueError:
        return True


def _is_split(row: Sequence[str], layout: _Layout) -> bool:
    r"""Check for a row of Markdown that is too wide, since a bar in a cell is written as `\|`."""
    is_wide = layout.separator == "|" and len(row) > len(layout.header)
    return is_wide and any(cell.endswith("\\") for cell in row)


def _read(
    file: DataFile, columns: Columns, layout: _Layout, is_escaped: bool
) -> Iterator[NumberedRow]:
    found = _find_columns(file, columns, layout)
    for number, row in _rows(file, columns, layout, is_escaped):
        where = file.where(number)
        _refuse_repeated(layout.header, row, found, where)
        if NESTED in found.values():
            yield from _nested_row(file, number, row, columns, layout)
            continue
        cells = columns.cells(found, row, where)
        yield number, blank_missing(cells) if columns.languages else cells


def _find_columns(file: DataFile, columns: Columns, layout: _Layout) -> dict[int, str]:
    """Find the requested columns, or else the column of records that `datasets` writes."""
    try:
        return columns.find(layout.header, _where_names_are(file))
    except ColumnsNotFoundError:
        if columns.languages and NESTED in layout.header:
            return {layout.header.index(NESTED): NESTED}
        raise


def _where_names_are(file: DataFile) -> str:
    return _("{file}, whose first line names its columns,", file=file.name)


def _nested_row(
    file: DataFile, number: int, row: Sequence[str], columns: Columns, layout: _Layout
) -> Iterator[NumberedRow]:
    cell = row[layout.header.index(NESTED)]
    record = parse_record(cell)
    if record is None and cell.strip():
        columns.find(layout.header, _where_names_are(file))  # says which columns are missing
    yield from record_row(number, {NESTED: record}, columns, file.where(number))


def _rows(
    file: DataFile, columns: Columns, layout: _Layout, is_escaped: bool
) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows below the names of the columns, and the number of the first line of each."""
    last = max(_find_columns(file, columns, layout))
    with _open_lines(file) as lines:
        below = islice(hide_escaped(lines) if is_escaped else lines, layout.skipped, None)
        rows = csv.reader(below, delimiter=layout.separator, strict=True, **layout.dialect)
        for number, row in _numbered_rows(rows, layout.skipped, file.name):
            where = file.where(number)
            if number > layout.skipped + 1 and _has_width(row, len(layout.header), last, where):
                yield number, show_escaped(row) if is_escaped else row


@contextmanager
def _open_lines(file: DataFile) -> Iterator[Iterator[str]]:
    """Open the lines of a table, which end as the first one does.

    If line feeds end them, a carriage return in a cell is a space. Otherwise carriage returns end
    them, as in files of old Macs.
    """
    with file.open_text(newline="\n") as text:
        first = text.readline(MAX_LINE_CHARACTERS).rstrip("\r\n")
    with file.open_text(newline="" if "\r" in first else "\n") as text:
        lines = numbered_lines(text, file.name)
        yield blank_rules(line.rstrip("\r\n").replace("\r", " ") + "\n" for line in lines)


def _find_header(
    line: str, columns: Columns, separators: Sequence[str], name: str, dialect: dict[str, Any]
) -> tuple[str, list[str]]:
    """Find the separator with which a line names the requested columns; by default the first."""
    headers: list[tuple[str, list[str]]] = []
    problem = None
    for separator in separators:
        try:
            cells = next(csv.reader([line], delimiter=separator, strict=True, **dialect), [])
            header = [INVISIBLE.sub("", cell) for cell in cells]
            headers.append((separator, header))
            columns.find(header, name)
        except ColumnsNotFoundError:
            continue
        except csv.Error as error:
            problem = problem or error
            continue
        return separator, header
    if problem and not headers:
        raise ValueError(_describe(name, 1, problem))
    return max(headers, key=lambda found: len(found[1]))


def _numbered_rows(rows: Any, skipped: int, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with the number of its first line."""
    while True:
        number = skipped + rows.line_num + 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise ValueError(_describe(name, number, error)) from None
        yield number, row


def _describe(name: str, number: int, error: csv.Error) -> str:
    return _(
        "{file}, line {line}: the line cannot be read as a row of a table ({error}). Check "
        "its quotes and separators: a quote inside a quoted cell is written twice.",
        file=name,
        line=number,
        error=error,
    )


def _refuse_repeated(
    header: Sequence[str], row: Sequence[str], found: Mapping[int, str], where: str
) -> None:
    """Refuse a row that holds the names of the columns in place of sentences.

    So do two tables that were put together, and a glossary of DeepL, whose rows name languages.
    """
    is_repeated = all(INVISIBLE.sub("", row[position]) == header[position] for position in found)
    if is_repeated and (len(found) > 1 or list(row) == list(header)):
        names = _(" and ").join(repr(header[position][:40]) for position in found)
        raise ValueError(
            _(
                "{where}: the line repeats {names}, the column names of the first line. Remove "
                "the line, or put a first line with the names of the columns above the others.",
                where=where,
                names=names,
            )
        )


def _has_width(row: Sequence[str], width: int, last: int, where: str) -> bool:
    """Check the width of a row; False for an empty line."""
    is_blank = not any(cell.strip(BLANK) for cell in row)
    is_too_wide = any(cell.strip() for cell in row[width:])
    if is_too_wide or (len(row) <= last and not is_blank):
        advice = _("Put quotes around cells that contain the separator.") if is_too_wide else ""
        if any(map(SPACE_AND_QUOTE.match, row)):
            advice = _("Remove the spaces between separators and quotes.")
        raise ValueError(
            ngettext(
                "{where}: the line has {count} column, but the first line has {width}. {advice}",
                "{where}: the line has {count} columns, but the first line has {width}. {advice}",
                len(row),
                where=where,
                width=width,
                advice=advice or _("Correct the line."),
            )
        )
    return len(row) > last
