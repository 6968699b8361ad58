"""Long texts in pieces: cut at lines and sentences, or else at clauses and words."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lora_demo.data.cleaning import clean
from lora_demo.data.sentences import split_sentences

PIECE_TOKENS = 128
"""Tokens up to which sentences share a piece; models learn from texts of about one sentence."""
CUTS = (re.compile(r"(?<=[;:])\s+"), re.compile(r"(?<=[,–—])\s+"), re.compile(r"\s+"))
"""Places to cut a sentence that is too long: the first kind that occurs in its middle."""
Count = Callable[[Sequence[str]], list[int]]
"""Counts the tokens of texts."""


@dataclass(frozen=True)
class Piece:
    """A part of a text that is translated by itself.

    Args:
        text: The part, cleaned.
        gap: The text that follows it: a space, line breaks, or nothing.
    """

    text: str
    gap: str


def split_text(text: str, count: Count, max_tokens: int) -> list[Piece]:
    """Split a text into pieces that are short enough.

    Args:
        text: The text.
        count: Counts the tokens of texts, with all that the model reads besides.
        max_tokens: Limit of a piece.

    Returns:
        The pieces in their order. Line breaks end a piece and are kept as its gap.
    """
    parts = [Piece(clean(part), _gap(space)) for part, space in split_sentences(text)]
    tokens = count([part.text for part in parts])
    pieces: list[Piece] = []
    room = 0
    for part, size in zip(parts, tokens, strict=True):
        if pieces and size <= room and "\n" not in pieces[-1].gap:
            pieces[-1] = Piece(f"{pieces[-1].text} {part.text}", part.gap)
            room -= size
        elif size <= max_tokens:
            pieces.append(part)
            room = PIECE_TOKENS - size
        else:
            pieces += _cut(part, count, max_tokens)
            room = 0
    return pieces


def _gap(space: str) -> str:
    return "\n" * space.count("\n") or " " * bool(space)


def _cut(piece: Piece, count: Count, max_tokens: int) -> list[Piece]:
    """Cut a sentence in halves until each is short enough."""
    text = piece.text
    if len(text) < 2 or count([text])[0] <= max_tokens:
        return [piece]
    middle = len(text) // 2
    places = next(filter(None, (_middle_places(kind, text) for kind in CUTS)), [(middle, middle)])
    end, start = min(places, key=lambda place: abs(place[0] - middle))
    halves = Piece(text[:end], " " * (start > end)), Piece(text[start:], piece.gap)
    return [part for half in halves for part in _cut(half, count, max_tokens)]


def _middle_places(kind: re.Pattern[str], text: str) -> list[tuple[int, int]]:
    """Return the white space of a kind in the middle half of a text."""
    quarter = len(text) // 4
    matches = kind.finditer(text, quarter, len(text) - quarter)
    return [match.span() for match in matches]


def join_pieces(pieces: Sequence[Piece], translations: Sequence[str]) -> str:
    """Join the translations of pieces with the gaps between them.

    Args:
        pieces: The pieces of one text.
        translations: One for each.
    """
    gaps = [piece.gap for piece in pieces[:-1]]
    return "".join(text + gap for text, gap in zip(translations, [*gaps, ""], strict=True))
