"""Flaws that are counted in an evaluation: to add one, add an entry to `KINDS`."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lora_demo.checkpoints.pair_hashes import normalised
from lora_demo.evaluation.analysis.words import split_words
from lora_demo.evaluation.sacrebleu_internals import Statistics
from lora_demo.evaluation.sets import SentenceSet
from lora_demo.language import N_

UNKNOWN = re.compile("⁇|<unk>|\ufffd")
MIN_REPEATS = 3
"""A run of words counts as repeated if it occurs this many times in a row."""
MAX_RUN = 8
"""Longest run of words that is checked for repetition."""


def is_exact(text: str, references: Sequence[str]) -> bool:
    """Check whether a text equals a reference, apart from white space around it.

    Args:
        text: A system's output for one sentence. An empty one never equals a reference.
        references: The references of this sentence.
    """
    stripped = text.strip()
    return bool(stripped) and stripped in [reference.strip() for reference in references]


def is_copied(source: str, text: str, references: Sequence[str]) -> bool:
    """Check whether a text is the German source, unless a reference is as well.

    Args:
        source: The German sentence.
        text: A system's output for it. Case, punctuation and white space are ignored.
        references: The references of the sentence. One may equal the source, as for a name.
    """
    if not text.strip() or normalised(text) != normalised(source):
        return False
    return all(normalised(reference) != normalised(source) for reference in references)


def is_repeated(text: str, references: Sequence[str]) -> bool:
    """Check whether a text repeats itself, unless a reference does as well.

    Args:
        text: A system's output for one sentence.
        references: The references of this sentence.
    """
    return repeats(text) and not any(map(repeats, references))


def repeats(text: str, times: int = MIN_REPEATS) -> bool:
    """Check whether a text repeats a run of words.

    Args:
        text: The text.
        times: Number of times that the run has to occur in a row.

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


@dataclass(frozen=True)
class FlawKind:
    """A kind of outputs that is counted.

    Attributes:
        label: The head of its column.
        test: Checks a source, an output and its references.
        remark: The sentence of the report if the kind is common; empty for none.
    """

    label: str
    test: Callable[[str, str, Sequence[str]], bool]
    remark: str = ""


KINDS = {
    "exact": FlawKind(
        N_("same as a reference"),
        lambda source, output, references: is_exact(output, references),
    ),
    "empty": FlawKind(
        N_("empty"),
        lambda source, output, references: not output.strip(),
        N_("Sentences for which {name} gives an empty output: {count:,} of {n:,}."),
    ),
    "copied": FlawKind(
        N_("copied from the source"),
        is_copied,
        N_("Sentences in which {name} copies the German source: {count:,} of {n:,}."),
    ),
    "repeated": FlawKind(
        N_("repeats itself"),
        lambda source, output, references: is_repeated(output, references),
        N_("Sentences in which {name} repeats itself: {count:,} of {n:,}."),
    ),
    "unknown": FlawKind(
        N_("unknown tokens"),
        lambda source, output, references: bool(UNKNOWN.search(output)),
    ),
}
"""Each kind by its key in JSON and CSV; report, JSON and CSV iterate over it."""


@dataclass(frozen=True)
class Flaws:
    """Exact matches and visible flaws of one system.

    Attributes:
        length_ratio: Output tokens divided by tokens of the closest reference, as BLEU counts.
        found: The rows of the scored sentences that are of each of `KINDS`.
        n: The number of sentences.
    """

    length_ratio: float
    found: Mapping[str, list[int]]
    n: int

    def rows(self, kind: str) -> list[int]:
        """List the rows of one of `KINDS`.

        Args:
            kind: A key of `KINDS`, such as `empty`.
        """
        return self.found[kind]

    def share(self, kind: str) -> float:
        """Compute the share of the sentences that are of one of `KINDS`, from 0 to 1.

        Args:
            kind: A key of `KINDS`, such as `empty`.
        """
        return len(self.rows(kind)) / self.n


def find_flaws(sentences: SentenceSet, outputs: Sequence[str], bleu: Statistics) -> Flaws:
    """Count a system's exact matches and visible flaws.

    Args:
        sentences: The set.
        outputs: The system's output for each sentence.
        bleu: The statistics of BLEU, (N, W), which hold the lengths.

    Returns:
        The flaws.
    """
    found: dict[str, list[int]] = {name: [] for name in KINDS}
    for i, output in enumerate(outputs):
        source, references = sentences.sources[i], sentences.references_of(i)
        for name, kind in KINDS.items():
            if kind.test(source, output, references):
                found[name].append(i)
    return Flaws(_length_ratio(bleu), found, len(outputs))


def _length_ratio(bleu: Statistics) -> float:
    output_tokens = sum(row[0] for row in bleu)
    reference_tokens = sum(row[1] for row in bleu)
    return output_tokens / reference_tokens if reference_tokens else 0.0
