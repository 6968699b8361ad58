"""The built-in German-English corpus: sentences of two small grammars, and some written by hand."""

import re
from collections.abc import Iterable
from functools import cache

NEAR = 0.75
"""Similarity of sentences that differ only in a word or two, such as the day or the place."""

Pair = tuple[str, str]
Words = frozenset[str]


@cache
def words(sentence: str) -> Words:
    """Return the words of a sentence in lower case; all numbers count as the same word.

    Args:
        sentence: A German or English sentence.
    """
    return frozenset(
        "0" if word.isdigit() else word for word in re.findall(r"\w+", sentence.lower())
    )


def near(one: Words, other: Words) -> bool:
    """Check whether Dice's coefficient of the words of two sentences is at least `NEAR`.

    Args:
        one: Words of a sentence, as `words` returns them.
        other: Words of another sentence in the same language.
    """
    return 2 * len(one & other) >= NEAR * (len(one) + len(other))


def overlapping(pairs: Iterable[Pair], held_out: Iterable[Pair]) -> list[tuple[Pair, Pair]]:
    """Find pairs that are nearly equal to a held-out pair, in German or in English.

    Args:
        pairs: (German, English) pairs.
        held_out: Pairs that must not be learned.

    Returns:
        Each such pair, with its held-out pair.
    """
    held_out_words = [(pair, words(pair[0]), words(pair[1])) for pair in held_out]
    found = []
    for pair in pairs:
        german, english = words(pair[0]), words(pair[1])
        for other, other_german, other_english in held_out_words:
            if near(german, other_german) or near(english, other_english):
                found.append((pair, other))
    return found
