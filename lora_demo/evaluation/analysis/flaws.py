"""Flaws of translations that can be counted without a judge."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lora_demo.checkpoints.pair_hashes import normalised
from lora_demo.evaluation.analysis.words import split_words
from lora_demo.evaluation.sacrebleu_internals import Statistics
from lora_demo.evaluation.sets import SentenceSet

UNKNOWN = re.compile("⁇|<unk>|\ufffd")
MIN_REPEATS = 3
"""A run of words counts as repeated if it occurs this many times in a row."""
MAX_RUN = 8
"""Longest run of words that is checked for repetition."""


@dataclass(frozen=True)
class Flaws:
    """Exact matches and visible flaws of one system, as rows of the scored sentences.

    Attributes:
        length_ratio: output tokens divided by tokens of the closest reference, as BLEU counts.
        exact: the output equals a reference.
        empty: the output is empty.
        copied: the output is the German source.
        repeated: the output repeats itself.
        unknown: the output contains a sign for an unknown piece.
        n: the number of sentences.
    """

    length_ratio: float
    exact: list[int]
    empty: list[int]
    copied: list[int]
    repeated: list[int]
    unknown: list[int]
    n: int

    KINDS = ("exact", "empty", "copied", "repeated", "unknown")

    def rows(self, kind: str) -> list[int]:
        """List the rows of one of `KINDS`."""
        return getattr(self, kind)

    def share(self, kind: str) -> float:
        """Compute the share of the sentences that are of one of `KINDS`, from 0 to 1."""
        return len(self.rows(kind)) / self.n


def find_flaws(sentences: SentenceSet, outputs: Sequence[str], bleu: Statistics) -> Flaws:
    """Count a system's exact matches and visible flaws.

    Args:
        sentences: the set.
        outputs: the system's output for each sentence.
        bleu: the statistics of BLEU, (N, W), which hold the lengths.

    Returns:
        The flaws.
    """

    def rows(test: Callable[[str, str, list[str]], bool]) -> list[int]:
        return [
            i
            for i, output in enumerate(outputs)
            if test(output, sentences.sources[i], sentences.references_of(i))
        ]

    return Flaws(
        length_ratio=_length_ratio(bleu),
        exact=rows(lambda output, source, references: is_exact(output, references)),
        empty=rows(lambda output, source, references: not output.strip()),
        copied=rows(lambda output, source, references: is_copied(source, output, references)),
        repeated=rows(lambda output, source, references: is_repeated(output, references)),
        unknown=rows(lambda output, source, references: bool(UNKNOWN.search(output))),
        n=len(outputs),
    )


def _length_ratio(bleu: Statistics) -> float:
    output_tokens = sum(row[0] for row in bleu)
    reference_tokens = sum(row[1] for row in bleu)
    return output_tokens / reference_tokens if reference_tokens else 0.0


def is_exact(text: str, references: Sequence[str]) -> bool:
    """Check whether a text equals a reference, apart from white space around it."""
    stripped = text.strip()
    return bool(stripped) and stripped in [reference.strip() for reference in references]


def is_copied(source: str, text: str, references: Sequence[str]) -> bool:
    """Check whether a text is the German source, unless a reference is as well."""
    if not text.strip() or normalised(text) != normalised(source):
        return False
    return all(normalised(reference) != normalised(source) for reference in references)


def is_repeated(text: str, references: Sequence[str]) -> bool:
    """Check whether a text repeats itself, unless a reference does as well."""
    return repeats(text) and not any(map(repeats, references))


def repeats(text: str, times: int = MIN_REPEATS) -> bool:
    """Check whether a text repeats a run of words.

    Args:
        text: the text.
        times: how often the run has to occur in a row.

    Returns:
        True if a run of 1 to `MAX_RUN` words is repeated.
    """
    words = split_words(text)
    return any(_repeats_run(words, size, times) for size in range(1, MAX_RUN + 1))


def _repeats_run(words: Sequence[str], size: int, times: int) -> bool:
    matching = 0
    for i in range(size, len(words)):
        matching = matching + 1 if words[i] == words[i - size] else 0
        if matching >= size * (times - 1):
            return True
    return False
