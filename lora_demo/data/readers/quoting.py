"""Decide whether the cells of a TSV file are quoted, as `csv` writers and spreadsheets do.

Most TSV files of sentences are raw: a quote is a part of the text. Other programs quote cells. A
file is read as quoted only if all of it can be read so, and if no raw file would look like it.
"""

import re
from collections.abc import Iterable, Iterator

CELL = re.compile(r'"([^"]*(?:""[^"]*)*)"|[^"\t]*')
NUMBER = re.compile(r"[-+]?\d[\d.,]*")
MAX_RECORD_LINES = 200
"""Lines of a row whose quoted cells have line breaks."""
MIN_COMMA_CELLS = 3
"""Quoted cells from which their commas are evidence; Excel quotes each cell with a comma."""


class _NotQuotedError(Exception):
    """The file cannot be read as quoted."""


class _Evidence:
    """Signs in the rows of a file that show how it uses quotes."""

    def __init__(self) -> None:
        self.rows = 0
        self.quoted = 0
        self.has_special = False
        self.has_bare_text = False
        self.has_bare_comma = False
        self.has_quoted_without_comma = False

    def add(self, is_quoted: bool, text: str) -> None:
        """Add a cell of a row below the header."""
        if is_quoted:
            self.quoted += 1
            self.has_special |= any(mark in text for mark in ('""', "\t", "\n"))
            self.has_quoted_without_comma |= "," not in text
        elif text.strip():
            self.has_bare_text |= NUMBER.fullmatch(text.strip()) is None
            self.has_bare_comma |= "," in text

    @property
    def shows_quoting(self) -> bool:
        """True if a raw file would not look like this."""
        if not self.quoted:
            return False
        is_all_quoted = self.rows > 1 and not self.has_bare_text
        is_by_commas = not (self.has_bare_comma or self.has_quoted_without_comma)
        by_excel = is_by_commas and self.quoted >= MIN_COMMA_CELLS
        return self.has_special or is_all_quoted or by_excel


def is_quoted_tsv(lines: Iterable[str]) -> bool:
    """Decide whether the cells of a TSV file are quoted.

    They are if every quote is the quote of a well-formed quoted cell, and one of these is true:
    the header is quoted; a cell holds a doubled quote, a tab or a line break; all cells of text
    are quoted; exactly the cells with a comma are quoted, at least three of them.

    Args:
        lines: The file's lines, with their ends.

    Returns:
        True if quotes must be removed, False if they are a part of the text.
    """
    evidence = _Evidence()
    try:
        for number, cells in enumerate(_records(lines)):
            if number == 0:
                if any(is_quoted for is_quoted, _ in cells):
                    return True
                continue
            evidence.rows += 1
            for is_quoted, text in cells:
                evidence.add(is_quoted, text)
    except _NotQuotedError:
        return False
    return evidence.shows_quoting


def _records(lines: Iterable[str]) -> Iterator[list[tuple[bool, str]]]:
    """Yield the cells of each row that is not empty: if a cell is quoted, and its text."""
    record, count = "", 0
    for line in lines:
        record += line
        count += 1
        if not record.strip():
            record, count = "", 0
            continue
        cells = _split(record.rstrip("\r\n"))
        if cells is not None:
            yield cells
            record, count = "", 0
        elif count > MAX_RECORD_LINES:
            raise _NotQuotedError
    if record:
        raise _NotQuotedError


def _split(record: str) -> list[tuple[bool, str]] | None:
    """Split a row into cells; None if it ends inside a quoted cell."""
    if '"' not in record:
        return [(False, text) for text in record.split("\t")]
    cells, position = [], 0
    while True:
        match = CELL.match(record, position)
        assert match, "the second part of the pattern matches everywhere"
        end = match.end()
        is_open = match[1] is None and record.startswith('"', end)
        if is_open and end == position:
            return None
        if end < len(record) and record[end] != "\t":
            raise _NotQuotedError
        cells.append((match[1] is not None, match[1] if match[1] is not None else match[0]))
        if end == len(record):
            return cells
        position = end + 1
