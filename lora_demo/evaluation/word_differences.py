"""Word-level differences between two texts."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

WORD = re.compile(r"\w+(?:['’-]\w+)*|[^\w\s]")
"""A word, with its apostrophes and hyphens, or one punctuation mark."""


@dataclass(frozen=True)
class WordDifference:
    """One place where a text differs from another text.

    Attributes:
        spans: (start, end) of each word of the text that the other text does not have there, in
            characters; empty if the text only lacks words.
        missing: The words of the other text that this text does not have there.
        position: The place in this text where the missing words would follow, in characters.
    """

    spans: tuple[tuple[int, int], ...]
    missing: tuple[str, ...]
    position: int


def words(text: str) -> list[str]:
    """Split a text into words and punctuation marks.

    Args:
        text: A text in any language. White space is dropped.
    """
    return WORD.findall(text)


def word_differences(text: str, other: str) -> list[WordDifference]:
    """Find the places where the words of `text` differ from those of `other`.

    Args:
        text: The text whose positions are returned.
        other: The text to compare it with.

    Returns:
        The differences in the order of `text`.
    """
    matches = list(WORD.finditer(text))
    other_words = words(other)
    differences = []
    matcher = SequenceMatcher(
        None, [match.group() for match in matches], other_words, autojunk=False
    )
    for kind, start, end, other_start, other_end in matcher.get_opcodes():
        if kind == "equal":
            continue
        spans = tuple(match.span() for match in matches[start:end])
        position = matches[start - 1].end() if start else 0
        missing = tuple(other_words[other_start:other_end])
        differences.append(WordDifference(spans, missing, position))
    return differences


def count_changed_words(text: str, other: str) -> int:
    """Count the words of `text` that differ from `other`.

    Args:
        text: The text to count in.
        other: The text to compare it with.

    Returns:
        The number of words. Where `other` has more words in one place, those are counted instead.
    """
    differences = word_differences(text, other)
    return sum(max(len(difference.spans), len(difference.missing)) for difference in differences)
