"""Resampling and paired tests, with the same numbers as the `sacrebleu` command.

N sentences, W statistics a sentence.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lora_demo.evaluation.metrics import METRICS
from lora_demo.evaluation.sacrebleu_internals import (
    Statistics,
    compute_p_value,
    score_corpus,
    score_statistics,
)

SEED = 12345
"""The default of sacreBLEU, so that its command gives the same numbers."""
SAMPLES = 1000
TRIALS = 10_000
LEVEL = 0.05
"""A p-value below this level counts as significant."""
MIN_DIFFERING = 6
"""Fewest sentences that must differ before a difference can be significant.

Of the 2^k ways to give k differences their signs, two are the most extreme. A two-sided exact test
of five differences therefore has no p-value below 2 / 2^5 = 0.06. Resampling does not show that. If
one sentence in three differs, every resample that holds it shows the difference.
"""

ROUNDING = 1e-9
"""Relative error of a sum below which two sums count as equal."""
MAX_SIGNS = 5_000_000
"""Signs of sentences that are drawn at once."""


@dataclass(frozen=True)
class PairedTest:
    """A paired test of one metric between two systems.

    Attributes:
        p: The p-value, as sacreBLEU computes it.
        differing: The number of sentences whose statistics differ.
    """

    p: float
    differing: int

    @property
    def has_too_few(self) -> bool:
        """True if the p-value is below the level but too few sentences differ."""
        return self.p < LEVEL and self.differing < MIN_DIFFERING

    @property
    def is_significant(self) -> bool:
        """True if the p-value is below the level and enough sentences differ."""
        return self.p < LEVEL and self.differing >= MIN_DIFFERING


@dataclass(frozen=True)
class RandomisationTest(PairedTest):
    """A test by paired approximate randomisation, with its signature."""

    signature: str


def direction(metric: str, base: float, other: float, test: PairedTest) -> int:
    """Say whether a system is significantly better or worse than a base.

    Args:
        metric: The metric's name.
        base: The score of the base.
        other: The score of the system.
        test: The paired test between the two.

    Returns:
        1 for better, -1 for worse, 0 if the difference is not significant.
    """
    return significant_direction(base, other, test, METRICS[metric].lower_is_better)


def significant_direction(
    base: float, other: float, test: PairedTest, lower_is_better: bool
) -> int:
    """Say whether a system is significantly better or worse than a base by any kind of score.

    Args:
        base: The score of the base.
        other: The score of the system.
        test: The paired test between the two.
        lower_is_better: True for error scores.

    Returns:
        1 for better, -1 for worse, 0 if the difference is not significant.
    """
    if not test.is_significant or other == base:
        return 0
    is_higher = other > base
    return 1 if is_higher != lower_is_better else -1


def draws(n: int, samples: int, seed: int, block: int = 50) -> Iterator[np.ndarray]:
    """Draw the sentences of each resample.

    The draws equal those of `sacrebleu.significance`, which makes them all at once. For 100,000
    sentences that would take 10 GB.

    Args:
        n: The number of sentences.
        samples: The number of resamples.
        seed: The seed.
        block: Resamples that are drawn at once; it does not change the draws.

    Yields:
        The row numbers of one resample, (N,).
    """
    random = np.random.default_rng(seed)
    for start in range(0, samples, block):
        yield from random.choice(n, size=(min(block, samples - start), n), replace=True)


def count_differing(first: Sequence[Any], second: Sequence[Any]) -> int:
    """Count the sentences whose statistics or scores differ between two systems.

    Args:
        first: The statistics or the score of each sentence for one system, N values.
        second: Those of the other system for the same sentences.
    """
    return sum(one != other for one, other in zip(first, second, strict=True))


def bootstrap_p(
    base_resamples: np.ndarray,
    other_resamples: np.ndarray,
    actual: float,
) -> float:
    """Compute the p-value of the paired bootstrap (Koehn 2004, as sacreBLEU does it).

    Args:
        base_resamples: Scores of the base's resamples, (samples,).
        other_resamples: Scores of the other system's, from the same sentences.
        actual: The absolute difference of the two corpus scores.

    Returns:
        The probability of a difference this large if the systems are equally good.
    """
    differences = np.abs(other_resamples - base_resamples)
    return _p_value(differences, actual, differences.mean())


def randomisation_p(metric: Any, base: Statistics, other: Statistics, heads: np.ndarray) -> float:
    """Compute the p-value of paired approximate randomisation.

    Args:
        metric: The sacreBLEU metric.
        base: Statistics of the base, (N, W).
        other: Statistics of the other system, (N, W).
        heads: True for the sentences that are exchanged in each trial, (trials, N).

    Returns:
        The p-value, or 1 for a single sentence and for systems without any difference.
    """
    if len(base) < 2 or base == other:
        return 1.0
    differences = _exchange(metric, np.array(base, "float64"), np.array(other, "float64"), heads)
    actual = abs(score_corpus(metric, base) - score_corpus(metric, other))
    return _p_value(differences, actual)


def _exchange(
    metric: Any, base: np.ndarray, other: np.ndarray, heads: np.ndarray, block: int = 500
) -> np.ndarray:
    """Compute the score difference after each trial's exchange, (trials,)."""
    differences = []
    for start in range(0, len(heads), block):
        exchanged = heads[start : start + block].astype("float64")
        rest = 1 - exchanged
        first = _score_rows(metric, exchanged @ base + rest @ other)
        second = _score_rows(metric, rest @ base + exchanged @ other)
        differences.append(np.abs(first - second))
    return np.concatenate(differences)


def sign_flip_p(differences: np.ndarray, seed: int = SEED, trials: int = TRIALS) -> float:
    """Compute the p-value of paired approximate randomisation for means.

    To exchange a sentence's scores between two systems is to change the sign of their difference.
    A mean as large as the actual one counts as well, since ratings in whole numbers often tie.

    Args:
        differences: For each sentence the score of one system minus that of the other, (N,).
        seed: The seed of the exchanges.
        trials: The number of random exchanges.

    Returns:
        The p-value; it is 1 for a single sentence and for systems without any difference.
    """
    n = len(differences)
    if n < 2:
        return 1.0
    random = np.random.default_rng(seed)
    at_least = abs(differences.sum()) * (1 - ROUNDING)
    block = max(1, MAX_SIGNS // n)
    count = 0
    for start in range(0, trials, block):
        heads = random.integers(2, size=(min(block, trials - start), n))
        sums = (2 * heads - 1) @ differences
        count += int((np.abs(sums) >= at_least).sum())
    return (count + 1) / (trials + 1)


def _score_rows(metric: Any, rows: np.ndarray) -> np.ndarray:
    return np.array([score_statistics(metric, row) for row in rows])


def _p_value(differences: np.ndarray, actual: float, expected: float = 0.0) -> float:
    """Compute sacreBLEU's p-value, or 1 if neither the samples nor the whole show a difference."""
    if not actual and not differences.any():
        return 1.0
    return compute_p_value(differences - expected, actual)
