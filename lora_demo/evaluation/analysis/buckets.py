"""Scores of kinds of sentences: by source length, by word frequency, by sentence score."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from lora_demo.evaluation.analysis.words import split_words
from lora_demo.evaluation.sacrebleu_internals import Statistics
from lora_demo.evaluation.scores import Scorer
from lora_demo.evaluation.sets import SentenceSet
from lora_demo.language import N_

LENGTH_EDGES = (5, 10, 15, 20, 30, 50)
LENGTH_NAMES = (
    N_("up to 5 words"),
    N_("6-10 words"),
    N_("11-15 words"),
    N_("16-20 words"),
    N_("21-30 words"),
    N_("31-50 words"),
    N_("over 50 words"),
)
FREQUENCY_EDGES = (0, 1, 5, 20, 100)
FREQUENCY_NAMES = (
    N_("never"),
    N_("once"),
    N_("2-5 times"),
    N_("6-20 times"),
    N_("21-100 times"),
    N_("over 100 times"),
)
CHRF_EDGES = (0, 20, 40, 60, 80, 100)
CHRF_NAMES = (
    N_("0 to 20"),
    N_("20 to 40"),
    N_("40 to 60"),
    N_("60 to 80"),
    N_("80 to 100"),
)


@dataclass(frozen=True)
class Bucket:
    """Sentences of one kind, with what each system scores on them.

    Attributes:
        name: Name of the property that the sentences have in common.
        n: The number of sentences, or of words in buckets by word frequency.
        rows: Rows of the scored sentences.
        scores: By system and kind of score.
        rows_of: Each system's rows, where its own outputs decide which these are; `rows` then
            holds all of them.
    """

    name: str
    n: int
    rows: list[int]
    scores: Mapping[str, Mapping[str, float]]
    rows_of: Mapping[str, list[int]] = field(default_factory=dict)


def by_length(
    sentences: SentenceSet, scorer: Scorer, statistics: Mapping[str, Mapping[str, Statistics]]
) -> list[Bucket]:
    """Score the sentences by the number of words of the source.

    Args:
        sentences: The set.
        scorer: The scorer of the set.
        statistics: By system and metric.

    Returns:
        The buckets that have sentences.
    """
    rows = defaultdict(list)
    for i, source in enumerate(sentences.sources):
        rows[_place(len(source.split()), LENGTH_EDGES)].append(i)
    buckets = []
    for place, name in enumerate(LENGTH_NAMES):
        if rows[place]:
            scores = {
                system: scorer.score_part(counts, rows[place])
                for system, counts in statistics.items()
            }
            buckets.append(Bucket(name, len(rows[place]), rows[place], scores))
    return buckets


def by_chrf(chrf: Mapping[str, Sequence[float]]) -> list[Bucket]:
    """Group the sentences of each system by their chrF.

    Args:
        chrf: Each system's sentence scores.

    Returns:
        One bucket for each range of scores.
    """
    buckets = []
    for name, (low, high) in zip(CHRF_NAMES, pairwise(CHRF_EDGES), strict=True):
        rows_of = {
            system: [i for i, score in enumerate(scores) if _is_between(score, low, high)]
            for system, scores in chrf.items()
        }
        rows = sorted({i for found in rows_of.values() for i in found})
        counts = {system: {"sentences": len(found)} for system, found in rows_of.items()}
        buckets.append(Bucket(name, len(rows), rows, counts, rows_of))
    return buckets


def _is_between(score: float, low: int, high: int) -> bool:
    is_lowest, is_highest = low == 0, high == 100
    return (is_lowest or score >= low) and (is_highest or score < high)


def by_frequency(
    sentences: SentenceSet, outputs: Mapping[str, Sequence[str]], training: Sequence[str]
) -> list[Bucket]:
    """Compute the F1 of words by how often they occur in training texts.

    A system's word is right as often as the first reference of the sentence has it.

    Args:
        sentences: The set.
        outputs: Each system's outputs.
        training: English texts in which the words are counted.

    Returns:
        The buckets that have words.
    """
    frequency = Counter(word for text in training for word in split_words(text))
    references = [
        Counter(split_words(sentences.references_of(i)[0])) for i in range(len(sentences))
    ]
    word_f1 = _WordF1(frequency, references)
    f1 = {system: word_f1.score(texts) for system, texts in outputs.items()}
    buckets = []
    for place, name in enumerate(FREQUENCY_NAMES):
        count = word_f1.reference_words[place]
        if count:
            scores = {system: {"f1": values[place]} for system, values in f1.items()}
            buckets.append(Bucket(name, count, word_f1.rows(place), scores))
    return buckets


class _WordF1:
    """F1 of words, by how often they occur in training texts."""

    def __init__(self, frequency: Counter[str], references: Sequence[Counter[str]]) -> None:
        self._frequency = frequency
        self._references = references
        self.reference_words = self._count(references)

    def _place(self, word: str) -> int:
        return _place(self._frequency[word], FREQUENCY_EDGES)

    def _count(self, texts: Sequence[Counter[str]]) -> Counter[int]:
        result: Counter[int] = Counter()
        for counts in texts:
            for word, count in counts.items():
                result[self._place(word)] += count
        return result

    def rows(self, place: int) -> list[int]:
        """List the sentences whose first reference has a word of this frequency."""
        return [
            i
            for i, words in enumerate(self._references)
            if any(self._place(word) == place for word in words)
        ]

    def score(self, texts: Sequence[str]) -> dict[int, float]:
        """Compute the F1 in percent, by place in `FREQUENCY_NAMES`."""
        outputs = [Counter(split_words(text)) for text in texts]
        written = self._count(outputs)
        pairs = zip(outputs, self._references, strict=True)
        right = self._count([output & reference for output, reference in pairs])
        return {
            place: 200 * right[place] / (written[place] + count)
            for place, count in self.reference_words.items()
        }


def _place(value: int, edges: Sequence[int]) -> int:
    """Count the edges below a value."""
    return sum(value > edge for edge in edges)
