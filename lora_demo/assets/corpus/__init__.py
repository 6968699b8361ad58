"""The built-in German-English corpus: two small grammars of our own, sentences, tests and probes written by hand."""

import re
from collections.abc import Iterable
from functools import cache

NEAR = 0.75
"""Sentences that share three of four words, figures all alike, say the same of another day or place."""

Pair = tuple[str, str]
Words = frozenset[str]


@cache
def words(sentence: str) -> Words:
    """The words of a sentence without case; every figure counts as the same word."""
    return frozenset(
        "0" if word.isdigit() else word for word in re.findall(r"\w+", sentence.lower())
    )


def near(one: Words, other: Words) -> bool:
    """Whether two sentences are nearly the same: Dice's coefficient of their words is NEAR or more."""
    return 2 * len(one & other) >= NEAR * (len(one) + len(other))


def overlapping(pairs: Iterable[Pair], held_out: Iterable[Pair]) -> list[tuple[Pair, Pair]]:
    """The pairs that are nearly equal to a held-out pair, in German or in English, each with that pair."""
    kept_apart = [(pair, *map(words, pair)) for pair in held_out]
    return [
        (pair, other)
        for pair in pairs
        for german, english in [map(words, pair)]
        for other, other_german, other_english in kept_apart
        if near(german, other_german) or near(english, other_english)
    ]
