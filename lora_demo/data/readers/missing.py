"""Missing values that programs write into the cells of tables."""

from collections.abc import Mapping

PROGRAMS = ["NaN", "nan", "<NA>", r"\N"]
SPREADSHEETS = "#N/A #NA #NV #REF! #BEZUG! #VALUE! #WERT! #NAME? #DIV/0! #NULL!"
MARKS = frozenset([*PROGRAMS, *SPREADSHEETS.split()])
"""Missing values that are not words."""
WORDS = frozenset(["NA", "N/A", "n/a", "null", "NULL", "None"])
"""Missing values that are words as well: English `None` translates `Keine`."""
MIN_WORDS = 4
"""Beside a text with this number of words or more, such a word is a missing value."""


def blank_missing(cells: Mapping[str, str]) -> dict[str, str]:
    """Return the cells of a row with an empty text for each missing value.

    Args:
        cells: texts by the name of their column.
    """
    longest = max((len(text.split()) for text in cells.values()), default=0)
    return {
        name: "" if _is_missing(text.strip(), longest) else text for name, text in cells.items()
    }


def _is_missing(text: str, longest: int) -> bool:
    return text in MARKS or (text in WORDS and longest >= MIN_WORDS)
