"""Means of scores from elsewhere, with intervals and paired tests that resample the sentences.

N sentences, S systems.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from sacrebleu.significance import estimate_ci

from lora_demo.evaluation.scores import Score, bootstrap_test
from lora_demo.evaluation.segment_scores import SegmentMetric
from lora_demo.evaluation.significance import (
    SAMPLES,
    SEED,
    TRIALS,
    PairedTest,
    RandomisationTest,
    count_differing,
    draws,
    sign_flip_p,
    significant_direction,
)


@dataclass(frozen=True)
class SegmentResult:
    """The scores of some systems by a metric from elsewhere.

    Attributes:
        metric: The metric with its scores of single sentences.
        scores: The mean of each system with its interval.
        tests: Paired bootstrap tests of each system against each other one, by their names.
        randomisation: Tests against the first system by approximate randomisation.
    """

    metric: SegmentMetric
    scores: Mapping[str, Score]
    tests: Mapping[str, Mapping[str, PairedTest]]
    randomisation: Mapping[str, RandomisationTest] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of the metric."""
        return self.metric.name

    @property
    def first(self) -> str:
        """The system that the others are compared with."""
        return next(iter(self.scores))

    @property
    def others(self) -> list[str]:
        """The systems that are compared with the first one."""
        return list(self.scores)[1:]

    def change(self, system: str, other: str) -> float:
        """Compute the difference of the means of a system and another.

        Args:
            system: The name of a system.
            other: The name of the system whose mean is subtracted.
        """
        return self.scores[system].score - self.scores[other].score

    def better_than(self, system: str, other: str) -> int:
        """Say whether a system is significantly better (1) or worse (-1) than another, or 0.

        Args:
            system: The name of a system.
            other: The name of the system to compare it with.
        """
        return significant_direction(
            self.scores[other].score,
            self.scores[system].score,
            self.tests[system][other],
            self.metric.lower_is_better,
        )


def score_segments(
    metric: SegmentMetric, rows: Sequence[int], seed: int = SEED, samples: int = SAMPLES
) -> SegmentResult:
    """Average the scores of each system, and test each system against each other one.

    Args:
        metric: The metric.
        rows: The sentences that the evaluation scores.
        seed: The seed of resampling.
        samples: The number of bootstrap resamples.

    Returns:
        The result, without tests by approximate randomisation.
    """
    part = metric.part(rows)
    values = np.array([*part.scores.values()])  # (S, N)
    resamples = np.array([values[:, draw].mean(1) for draw in draws(len(rows), samples, seed)])
    signature = metric.sign(f"mean|bs:{samples}|seed:{seed}")
    scores = {
        system: _score(values[k], resamples[:, k], signature)
        for k, system in enumerate(part.scores)
    }
    tests = {
        system: {
            other: bootstrap_test(
                scores[other], scores[system], part.scores[other], part.scores[system]
            )
            for other in scores
            if other != system
        }
        for system in scores
    }
    return SegmentResult(part, scores, tests)


def _score(values: np.ndarray, resamples: np.ndarray, signature: str) -> Score:
    """Make the score of a system, whose interval has no value beyond those of its sentences."""
    mean, half = (float(value) for value in estimate_ci(resamples))
    return Score(
        score=float(values.mean()),
        mean=mean,
        low=max(float(values.min()), mean - half),
        high=min(float(values.max()), mean + half),
        signature=signature,
        resamples=resamples,
    )


def randomise_segments(
    result: SegmentResult, seed: int = SEED, trials: int = TRIALS
) -> SegmentResult:
    """Test each system against the first one by paired approximate randomisation.

    Args:
        result: The result.
        seed: The seed of the exchanges.
        trials: The number of random exchanges.

    Returns:
        The result with these tests.
    """
    base = result.metric.scores[result.first]
    tests = {}
    for system in result.others:
        other = result.metric.scores[system]
        tests[system] = RandomisationTest(
            p=sign_flip_p(np.subtract(other, base), seed, trials),
            differing=count_differing(base, other),
            signature=result.metric.sign(f"mean|ar:{trials}|seed:{seed}"),
        )
    return replace(result, randomisation=tests)


def correlation(xs: Sequence[float], ys: Sequence[float]) -> float | None:
    """Compute Pearson's correlation.

    Args:
        xs: The first scores, (N,).
        ys: The second scores, (N,).

    Returns:
        From -1 to 1; None if either score is the same for all sentences.
    """
    if np.ptp(xs) == 0 or np.ptp(ys) == 0:
        return None
    return float(np.corrcoef(xs, ys)[0, 1])
