"""The private functions of sacreBLEU that this package uses, and nothing else uses.

sacreBLEU counts statistics for each sentence and computes every score from their sums, but it
offers only whole corpus scores in public. We need the statistics: resamples, subsets and single
sentences are all scored from one count. The tests compare with the `sacrebleu` command, so they
fail if a new version changes these functions.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sacrebleu import significance

Statistics = list[list[float]]
"""For each sentence (N) its statistics (W): n-gram counts and lengths, or edits and length."""


def count_statistics(
    metric: Any, outputs: Sequence[str], references: Sequence[Sequence[str]] | None = None
) -> Statistics:
    """Count the statistics of every sentence.

    Args:
        metric: A sacreBLEU metric.
        outputs: One text for each sentence.
        references: One list for each reference; None: those that the metric was made with.

    Returns:
        The statistics, (N, W).
    """
    return metric._extract_corpus_statistics(outputs, references)


def score_statistics(metric: Any, row: Sequence[float]) -> float:
    """Score statistics that are summed already, (W,), in their own precision.

    Args:
        metric: A sacreBLEU metric.
        row: The sums of the statistics over the sentences to score.
    """
    return metric._compute_score_from_stats(row).score


def score_corpus(metric: Any, statistics: Statistics) -> float:
    """Score a corpus from the statistics of its sentences, (N, W).

    Args:
        metric: A sacreBLEU metric.
        statistics: Result of `count_statistics` with this metric.
    """
    return float(metric._aggregate_and_compute(statistics).score)


def compute_p_value(differences: np.ndarray, actual: float) -> float:
    """Compute the share of sample differences above the actual one, with one added to both.

    Args:
        differences: In each sample, the absolute difference of scores less the expected one,
            (samples,).
        actual: The absolute score difference of the whole set.
    """
    return float(significance._compute_p_value(differences, actual))
