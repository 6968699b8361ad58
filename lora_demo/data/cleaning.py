"""Text as it is trained on: normal form, plain spaces, nothing invisible."""

import re
import unicodedata

MOST_MARKS = 30
"""Combining marks in a row; more are no text (Unicode's Stream-Safe Text Format), and sorting them takes time that grows with their square."""
LONG = 1_000
"""Characters from which marks are counted."""
ODD_SPACES = re.compile(r"\s+")
INVISIBLE = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]"
)


def clean(text: str) -> str:
    """NFC, one plain space wherever there is white space, no soft hyphens, zero-width, direction or control characters."""
    if len(text) > LONG:
        text = _with_few_marks(text)
    return ODD_SPACES.sub(" ", INVISIBLE.sub("", unicodedata.normalize("NFC", text))).strip()


def _with_few_marks(text: str) -> str:
    run, kept = 0, []
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run <= MOST_MARKS:
            kept.append(character)
    return "".join(kept)
