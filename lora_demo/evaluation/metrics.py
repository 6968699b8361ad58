"""The metrics that an evaluation computes: to add one, add an entry to `METRICS`.

Scores, tests, report, plots, JSON, CSV and command line iterate over this registry in its order.
`bleu` and `chrf` have to stay: lengths come from the one, the order of sentences from the other.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sacrebleu import BLEU, CHRF, TER

References = Sequence[Sequence[str | None]]
"""One list for each reference; None where a sentence has fewer references."""


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes:
        name: Key in JSON and column name in CSV.
        label: Name for readers.
        build: Makes the sacreBLEU metric for the whole set from references and the word order of
            chrF (0 or 2). The signature comes from this object.
        build_for_sentences: Makes the object that scores single sentences; None: `build`.
        highest: The highest possible score; the lowest one is 0.
        lower_is_better: True for error rates.
        decides: True if verdicts rest on it. Its p-values are part of the JSON summary.
        counts_edits: True if its statistics come from `edits.count_edits`, which is slow. Such a
            metric is left out of further sets and of the scores by sentence length.
        label_with_words: Label if the word order is above 0; None: `label`.
    """

    name: str
    label: str
    build: Callable[[References | None, int], Any]
    build_for_sentences: Callable[[int], Any] | None = None
    highest: float = 100.0
    lower_is_better: bool = False
    decides: bool = False
    counts_edits: bool = False
    label_with_words: str | None = None

    def sentence_scorer(self, word_order: int = 0) -> Any:
        """Make the sacreBLEU object that scores single sentences.

        Args:
            word_order: Word n-grams of chrF up to this length, 0 or 2. Other metrics ignore it.
        """
        if self.build_for_sentences:
            return self.build_for_sentences(word_order)
        return self.build(None, word_order)


def _bleu(references: References | None, word_order: int) -> BLEU:
    return BLEU(references=references)


def _sentence_bleu(word_order: int) -> BLEU:
    return BLEU(effective_order=True)


def _chrf(references: References | None, word_order: int) -> CHRF:
    return CHRF(word_order=word_order, references=references)


def _ter(references: References | None, word_order: int) -> TER:
    return TER(references=references)


_ENTRIES = (
    Metric("bleu", "BLEU", _bleu, _sentence_bleu, decides=True),
    Metric("chrf", "chrF2", _chrf, decides=True, label_with_words="chrF2++"),
    Metric("ter", "TER", _ter, highest=math.inf, lower_is_better=True, counts_edits=True),
)
METRICS: dict[str, Metric] = {metric.name: metric for metric in _ENTRIES}


def deciding_metrics() -> list[str]:
    """List the metrics that verdicts rest on."""
    return [name for name, metric in METRICS.items() if metric.decides]


def fast_metrics() -> list[str]:
    """List the metrics whose statistics are fast to count."""
    return [name for name, metric in METRICS.items() if not metric.counts_edits]


def labels(word_order: int = 0) -> Mapping[str, str]:
    """Map each metric's name to its label for readers.

    Args:
        word_order: Word n-grams of chrF up to this length; 0 is chrF2, 2 is chrF2++.

    Returns:
        The labels by name.
    """
    return {
        name: (metric.label_with_words if word_order else None) or metric.label
        for name, metric in METRICS.items()
    }
