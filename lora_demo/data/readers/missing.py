"""Missing values: nulls, and what programs write into the cells of tables for them."""

from collections.abc import Mapping

PROGRAMS = ["NaN", "nan", "<NA>", r"\N"]
SPREADSHEETS = "#N/A #NA #NV #REF! #BEZUG! #VALUE! #WERT! #NAME? #DIV/0! #NULL!"
MARKS = frozenset([*PROGRAMS, *SPREADSHEETS.split()])
"""Missing values that are not words."""
WORDS = frozenset(["NA", "N/A", "n/a", "null", "NULL", "None"])
"""Missing values that are words as well: English `None` translates `Keine`."""


class _MissingText(str):
    """The empty text for a missing value; `is` distinguishes it from an empty cell."""


MISSING = _MissingText()
MIN_WORDS = 4
"""Beside a text with this number of words or more, such a word is a missing value."""


def blank_missing(cells: Mapping[str, str]) -> dict[str, str]:
    """Return the cells of a row with MISSING for each missing value.

    Args:
        cells: Texts by the name of their column.
    """
    longest = max((len(text.split()) for text in cells.values()), default=0)
    return {
        name: MISSING if _is_missing(text.strip(), longest) else text
        for name, text in cells.items()
    }


def lacks_side(row: Mapping[str, str]) -> bool:
    """Check whether the German text of a pair is missing, or all of its English texts.

    Args:
        row: Texts by `de`, `en`, `en2`, ...; without an English column, only the German text
            counts. An empty text counts as missing, except under `de` and `en`.
    """
    english = {name: text for name, text in row.items() if name.startswith("en")}
    has_english = english.get("en", MISSING) is not MISSING or any(english.values())
    lacks_english = any(text is MISSING for text in english.values()) and not has_english
    return row["de"] is MISSING or lacks_english


def _is_missing(text: str, longest: int) -> bool:
    return text in MARKS or (text in WORDS and longest >= MIN_WORDS)
