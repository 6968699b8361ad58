"""Text as it is trained on: normal form, plain spaces, no invisible characters."""

import re
import unicodedata

MAX_MARKS = 30
"""Combining marks in a row (Unicode's Stream-Safe Text Format). More are not text, and sorting them
takes time that grows with their square."""
MIN_CHARACTERS_TO_COUNT = 1_000
"""Length of a text from which its marks are counted."""
ODD_SPACES = re.compile(r"\s+")
INVISIBLE = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]"
)
"""Soft hyphens, zero-width, direction and control characters."""


def clean(text: str) -> str:
    """Return a text in NFC, with single plain spaces and without the characters of INVISIBLE.

    Args:
        text: Any text. Line breaks also become spaces.
    """
    if len(text) > MIN_CHARACTERS_TO_COUNT:
        text = _limit_marks(text)
    visible = INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    return ODD_SPACES.sub(" ", visible).strip()


def split_lines(text: str) -> list[str]:
    """Split a text into lines, which only line feeds end, and drop empty ones.

    JSON can carry half of a surrogate pair, which UTF-8 cannot; it becomes a question mark.

    Args:
        text: Any text, for example from a request.
    """
    encodable = (text or "").encode("utf-8", "replace").decode()
    return [line.strip() for line in encodable.split("\n") if clean(line)]


def _limit_marks(text: str) -> str:
    marks, kept = 0, []
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= MAX_MARKS:
            kept.append(character)
    return "".join(kept)
