r"""Backslash escapes such as `\"` in tables, as pandas, Spark and MySQL can write them.

Escaped characters are hidden from the `csv` module as control characters, which no text has after
cleaning, and shown again in the cells. The `escapechar` of `csv` would also turn `C:\new` into
`C:new`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

HIDDEN = {
    '"': "\x01",
    "'": "\x02",
    "\\": "\x03",
    ",": "\x04",
    ";": "\x05",
    "\t": "\x06",
    "|": "\x07",
}
ESCAPED = re.compile(r"""\\(["'\\,;\t|\n])""")
SHOWN = str.maketrans({mark: character for character, mark in HIDDEN.items()})
NO_MARKS = str.maketrans(dict.fromkeys(HIDDEN.values()))


def hide_escaped(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines of a table with a mark for each escaped character.

    Args:
        lines: The file's lines, with their ends. An escaped line break in quotes is a line break.
    """
    for line in lines:
        yield ESCAPED.sub(_hide, line.translate(NO_MARKS))


def _hide(escaped: re.Match[str]) -> str:
    return HIDDEN.get(escaped[1], escaped[1])


def show_escaped(cells: Sequence[str]) -> list[str]:
    """Return the cells of a row with the characters that `hide_escaped` hid.

    Args:
        cells: Cells that `csv` parsed from the lines of `hide_escaped`.
    """
    return [cell.translate(SHOWN) for cell in cells]


def has_escapes(lines: Iterable[str], quote: str, separator: str) -> bool:
    """Check whether a quote or a separator follows a backslash somewhere.

    Args:
        lines: The file's lines.
        quote: Around cells.
        separator: Between cells.
    """
    marks = (f"\\{quote}", f"\\{separator}")
    return any(mark in line for line in lines for mark in marks)


def has_escaped_quotations(cells: Iterable[str], quote: str) -> bool:
    r"""Check whether each quote in the cells is escaped, if they can be read either way.

    Only quotations with both of their quotes count, as in `Er sagte \"Ja\".`, since LaTeX writes
    umlauts as `\"a`.

    Args:
        cells: All cells of a file, as they are.
        quote: Around cells.

    Returns:
        True if there are such quotations and no other quotes.
    """
    count = 0
    for cell in cells:
        parts = cell.split(f"\\{quote}")
        if quote in "".join(parts) or not _are_quotations(parts):
            return False
        count += len(parts) - 1
    return count > 0


def _are_quotations(parts: Sequence[str]) -> bool:
    """Check a text that is split at its quotes: the second, fourth, ... part is a quotation."""
    if len(parts) % 2 == 0:
        return False
    for before, inside, after in zip(parts[::2], parts[1::2], parts[2::2], strict=False):
        touches_word = before[-1:].isalnum() or after[:1].isalnum()
        if touches_word or not inside or inside != inside.strip():
            return False
    return True
