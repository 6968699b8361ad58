"""Words and sentences that one system gets right where another fails."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lora_demo.evaluation.analysis.words import ngrams
from lora_demo.evaluation.sets import SentenceSet

MAX_NGRAMS = 15
MAX_EXAMPLES = 10

Ngram = tuple[str, ...]
RowsOfNgram = Mapping[Ngram, list[int]]


@dataclass(frozen=True)
class Gain:
    """An n-gram that one system gets right where the other misses it.

    Attributes:
        ngram: Its words.
        rows: The sentences where only this system has it.
        lost: The number of sentences where only the other system has it.
    """

    ngram: str
    rows: list[int]
    lost: int


def find_gains(
    sentences: SentenceSet, base: Sequence[str], other: Sequence[str]
) -> tuple[list[Gain], list[Gain]]:
    """Find n-grams of the references that one of two systems has and the other lacks.

    An n-gram is left out if a longer one is listed for the same sentences.

    Args:
        sentences: The set.
        base: Outputs of the base.
        other: Outputs of the other system.

    Returns:
        The n-grams that only `other` has, and those that only `base` has.
    """
    won, lost = defaultdict(list), defaultdict(list)
    for i in range(len(sentences)):
        if base[i] == other[i]:
            continue
        of_references = set().union(*map(ngrams, sentences.references_of(i)))
        of_base = ngrams(base[i]) & of_references
        of_other = ngrams(other[i]) & of_references
        for ngram in of_other - of_base:
            won[ngram].append(i)
        for ngram in of_base - of_other:
            lost[ngram].append(i)
    return _largest_gains(won, lost), _largest_gains(lost, won)


def _largest_gains(won: RowsOfNgram, lost: RowsOfNgram) -> list[Gain]:
    """Select the n-grams with the largest balance in standard errors.

    So an n-gram that is often right and often wrong comes after one that is only right.
    """

    def losses(ngram: Ngram) -> int:
        return len(lost.get(ngram, ()))

    def balance(ngram: Ngram) -> float:
        wins = len(won[ngram])
        return (wins - losses(ngram)) / math.sqrt(wins + losses(ngram) + 1)

    chosen: list[Ngram] = []
    for ngram in sorted(won, key=lambda ngram: (-balance(ngram), -len(ngram), ngram)):
        if len(chosen) == MAX_NGRAMS or len(won[ngram]) <= losses(ngram):
            break
        if not any(_is_redundant(ngram, longer, won) for longer in chosen):
            chosen.append(ngram)
    return [Gain(" ".join(ngram), won[ngram], losses(ngram)) for ngram in chosen]


def _is_redundant(ngram: Ngram, longer: Ngram, won: RowsOfNgram) -> bool:
    """Check whether an n-gram is a part of a longer one that is right in the same sentences."""
    is_part = f" {' '.join(ngram)} " in f" {' '.join(longer)} "
    return is_part and won[ngram] == won[longer]


def find_extremes(base: Sequence[float], other: Sequence[float]) -> tuple[list[int], list[int]]:
    """Find the sentences where `other` wins and loses most.

    Args:
        base: Sentence scores of the base.
        other: Sentence scores of the other system.

    Returns:
        The rows of the largest wins and of the largest losses, the largest first.
    """
    order = sorted(range(len(base)), key=lambda i: base[i] - other[i])
    wins = [i for i in order[:MAX_EXAMPLES] if other[i] > base[i]]
    losses = [i for i in order[::-1][:MAX_EXAMPLES] if other[i] < base[i]]
    return wins, losses
