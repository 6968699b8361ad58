"""Reader of .tsv and .csv files, whose first line names the columns."""

import csv
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lora_demo.data.cleaning import INVISIBLE
from lora_demo.data.readers.backslashes import (
    has_escaped_quotations,
    has_escapes,
    hide_escaped,
    show_escaped,
)
from lora_demo.data.readers.columns import Columns, ColumnsNotFoundError, list_names
from lora_demo.data.readers.data_file import DataFile
from lora_demo.data.readers.formula_cells import unwrap_formula
from lora_demo.data.readers.languages import language_of_column
from lora_demo.data.readers.missing import blank_missing
from lora_demo.data.readers.quoting import is_quoted_tsv
from lora_demo.data.readers.record_cells import parse_record
from lora_demo.data.readers.records import NESTED, record_row
from lora_demo.data.readers.rows import NumberedRow
from lora_demo.data.readers.table_layout import (
    BLANK,
    Layout,
    describe_error,
    find_layout,
    open_lines,
)
from lora_demo.language import _, ngettext

CSV_SEPARATORS = (",", ";", "\t", "|")
CSV = {"quoting": csv.QUOTE_MINIMAL}
SPACE_AND_QUOTE = re.compile(r'\s+"')
SPACED_CELL = re.compile(r'\s+".*"\s*', re.DOTALL)
"""A cell whose quotes count as text, since a space is in front of them."""


def read_tsv(file: DataFile, columns: Columns) -> Iterator[NumberedRow]:
    """Read a table with tabs between its cells, raw or quoted, as `is_quoted_tsv` decides.

    Args:
        file: The table, packed or not.
        columns: The requested columns.
    """
    with open_lines(file) as lines:
        is_quoted = is_quoted_tsv(lines)
    is_escaped = not is_quoted and _is_quoted_with_backslashes(file)
    quoting = csv.QUOTE_MINIMAL if is_quoted or is_escaped else csv.QUOTE_NONE
    layout = find_layout(file, columns, ("\t",), {"quoting": quoting})
    is_escaped = is_escaped or (is_quoted and _has_backslashes(file, columns, layout))
    return _read(file, columns, layout, is_escaped)


def _is_quoted_with_backslashes(file: DataFile) -> bool:
    with open_lines(file) as lines:
        if not has_escapes(lines, '"', "\t"):
            return False
    with open_lines(file) as lines:
        return is_quoted_tsv(hide_escaped(lines))


def read_csv(file: DataFile, columns: Columns) -> Iterator[NumberedRow]:
    """Read a table with commas or semicolons between its cells, which may be quoted.

    Args:
        file: The table, packed or not.
        columns: The requested columns.
    """
    layout = _find_csv_layout(file, columns)
    return _read(file, columns, layout, _has_backslashes(file, columns, layout))


def _find_csv_layout(file: DataFile, columns: Columns) -> Layout:
    """Find the layout, and decide whether spaces between separators and quotes are to be skipped.

    They are if the file cannot be read otherwise, or if the first line or every row has them.
    """
    layout = find_layout(file, columns, CSV_SEPARATORS, CSV)
    space_and_quote = re.compile(rf'{re.escape(layout.separator)}[ \t]+"')
    with open_lines(file) as lines:
        if not any(map(space_and_quote.search, lines)):
            return layout
    spaced = find_layout(file, columns, CSV_SEPARATORS, CSV | {"skipinitialspace": True})
    has_quoted_names = any('"' in name for name in layout.header)
    if not _is_readable(file, columns, spaced):
        return layout
    if has_quoted_names or not _is_readable(file, columns, layout):
        return spaced
    rows = (row for _number, row in _rows(file, columns, layout, is_escaped=False))
    return spaced if all(any(map(SPACED_CELL.fullmatch, row)) for row in rows) else layout


def _is_readable(
    file: DataFile, columns: Columns, layout: Layout, is_escaped: bool = False
) -> bool:
    try:
        deque(_rows(file, columns, layout, is_escaped), maxlen=0)
    except ValueError:
        return False
    return True


def _has_backslashes(file: DataFile, columns: Columns, layout: Layout) -> bool:
    """Decide whether backslashes escape quotes and separators.

    They do if the file cannot be read otherwise, if a bar behind a backslash makes a row wider
    than the first line, or if each quote in its cells is escaped.
    """
    with open_lines(file) as lines:
        if not has_escapes(lines, layout.quote, layout.separator):
            return False
    if not _is_readable(file, columns, layout, is_escaped=True):
        return False
    try:
        rows = _rows(file, columns, layout, is_escaped=False)
        if any(_is_split(row, layout) for _number, row in rows):
            return True
        rows = _rows(file, columns, layout, is_escaped=False)
        return has_escaped_quotations((cell for _number, row in rows for cell in row), layout.quote)
    except ValueError:
        return True


def _is_split(row: Sequence[str], layout: Layout) -> bool:
    r"""Check for a row of Markdown that is too wide, since a bar in a cell is written as `\|`."""
    is_wide = layout.separator == "|" and len(row) > len(layout.header)
    return is_wide and any(cell.endswith("\\") for cell in row)


def _read(
    file: DataFile, columns: Columns, layout: Layout, is_escaped: bool
) -> Iterator[NumberedRow]:
    found = _find_columns(file, columns, layout)
    for number, row in _rows(file, columns, layout, is_escaped):
        where = file.where(number)
        is_first = number == layout.skipped + 2
        _refuse_repeated(layout.header, row, found, where, is_first)
        if NESTED in found.values():
            yield from _nested_row(file, number, row, columns, layout)
            continue
        cells = columns.cells(found, row, where)
        yield number, blank_missing(cells) if columns.languages else cells


def _find_columns(file: DataFile, columns: Columns, layout: Layout) -> dict[int, str]:
    """Find the requested columns, or else the column of records that `datasets` writes."""
    try:
        return columns.find(layout.header, _where_names_are(file))
    except ColumnsNotFoundError as error:
        if columns.languages and NESTED in layout.header:
            return {layout.header.index(NESTED): NESTED}
        if layout.names_below is None:
            raise
        raise ColumnsNotFoundError(
            _(
                "{file}: line {line} names the columns, but the table begins above it, with "
                "{listed}. Remove the lines above line {line}.",
                file=file.name,
                line=layout.names_below,
                listed=repr(list_names(layout.header)),
            ),
            error.found,
        ) from None


def _where_names_are(file: DataFile) -> str:
    return _("{file}, whose first line names its columns,", file=file.name)


def _nested_row(
    file: DataFile, number: int, row: Sequence[str], columns: Columns, layout: Layout
) -> Iterator[NumberedRow]:
    cell = row[layout.header.index(NESTED)]
    record = parse_record(cell)
    if record is None and cell.strip():
        columns.find(layout.header, _where_names_are(file))  # says which columns are missing
    yield from record_row(number, {NESTED: record}, columns, file.where(number))


def _rows(
    file: DataFile, columns: Columns, layout: Layout, is_escaped: bool
) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows below the names of the columns, and the number of the first line of each."""
    last = max(_find_columns(file, columns, layout))
    with open_lines(file) as lines:
        rows = layout.read_cells(hide_escaped(lines) if is_escaped else lines)
        for number, row in _numbered_rows(rows, layout.skipped, file.name):
            where = file.where(number)
            if number > layout.skipped + 1 and _has_width(row, len(layout.header), last, where):
                shown = show_escaped(row) if is_escaped else row
                yield number, [unwrap_formula(cell) for cell in shown]


def _numbered_rows(rows: Any, skipped: int, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with the number of its first line."""
    while True:
        number = skipped + rows.line_num + 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise ValueError(describe_error(name, number, error)) from None
        yield number, row


def _refuse_repeated(
    header: Sequence[str],
    row: Sequence[str],
    found: Mapping[int, str],
    where: str,
    is_first: bool,
) -> None:
    """Refuse a row that holds the names of the columns in place of sentences.

    Two tables in one file have such a row, and a glossary of DeepL has many: its rows name
    languages. The first row may have other names of the languages, as below two lines of names.
    """
    is_repeated = all(INVISIBLE.sub("", row[position]) == header[position] for position in found)
    if is_first:
        languages = {position: language_of_column(row[position]) for position in found}
        is_repeated |= languages == found
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
