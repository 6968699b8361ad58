"""Scores by sacreBLEU, with 95% bootstrap intervals that equal those of the `sacrebleu` command.

The statistics of each sentence (n-gram counts, edits) are counted once. Scores of the whole set,
of subsets, of resamples and of single sentences are all computed from them.
N sentences, W statistics a sentence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sacrebleu.significance import estimate_ci

from lora_demo.evaluation.edits import EditCounts, Job, count_edits
from lora_demo.evaluation.metrics import METRICS, References, deciding_metrics
from lora_demo.evaluation.sacrebleu_internals import (
    Statistics,
    count_statistics,
    score_corpus,
    score_statistics,
)
from lora_demo.evaluation.significance import (
    SAMPLES,
    SEED,
    TRIALS,
    PairedTest,
    RandomisationTest,
    bootstrap_p,
    count_differing,
    draws,
    randomisation_p,
)


@dataclass(frozen=True)
class Score:
    """A corpus score with its interval and signature.

    Attributes:
        score: The score of the whole set.
        mean: The mean of the bootstrap resamples.
        low: The mean minus half the width of the central 95% of the resamples, but at least 0.
        high: The mean plus half that width, but at most the metric's highest score.
        signature: sacreBLEU's signature.
        resamples: The scores of the resamples, (samples,). Two systems on one set have the same
            sentences at the same position.
    """

    score: float
    mean: float
    low: float
    high: float
    signature: str
    resamples: np.ndarray


class Scorer:
    """Computes the metrics against one set of references.

    Args:
        references: One list for each reference, None where a sentence has fewer.
        word_order: Word n-grams of chrF up to this length; 0 is chrF2, 2 is chrF2++.
        seed: The seed of resampling.
        samples: The number of bootstrap resamples.
        metrics: Names of the metrics; None: all.
    """

    def __init__(
        self,
        references: References,
        word_order: int = 0,
        seed: int = SEED,
        samples: int = SAMPLES,
        metrics: Sequence[str] | None = None,
    ) -> None:
        self.references = references
        self.n = len(references[0])
        self.seed = seed
        self.samples = samples
        names = list(METRICS) if metrics is None else metrics
        self.metrics = {name: METRICS[name].build(references, word_order) for name in names}
        self._for_sentences = {name: METRICS[name].sentence_scorer(word_order) for name in names}

    def count(
        self, outputs: Sequence[str], edits: EditCounts | None = None
    ) -> dict[str, Statistics]:
        """Count the statistics of every sentence.

        Args:
            outputs: One text for each sentence.
            edits: Edits that are counted already; None: count them now.

        Returns:
            The statistics by metric, (N, W) each.
        """
        statistics = {}
        for name, metric in self.metrics.items():
            if METRICS[name].counts_edits:
                jobs = self._jobs(outputs)
                edits = dict(count_edits(jobs)) if edits is None else edits
                statistics[name] = [edits[job] for job in jobs]
            else:
                statistics[name] = count_statistics(metric, outputs)
        return statistics

    def _jobs(self, outputs: Sequence[str]) -> list[Job]:
        jobs = []
        for output, row in zip(outputs, zip(*self.references, strict=True), strict=False):
            jobs.append((output, tuple(text for text in row if text is not None)))
        return jobs

    def score(self, statistics: Mapping[str, Statistics]) -> dict[str, Score]:
        """Score the whole set.

        Args:
            statistics: By metric, (N, W) each.

        Returns:
            The scores by metric.
        """
        return {name: self._score(name, rows) for name, rows in statistics.items()}

    def _score(self, name: str, statistics: Statistics) -> Score:
        metric = self.metrics[name]
        # float32 as in sacreBLEU, or the last digits would differ
        rows = np.array(statistics, dtype="float32")  # (N, W)
        resamples = np.array(
            [
                score_statistics(metric, rows[draw].sum(0))
                for draw in draws(self.n, self.samples, self.seed)
            ]
        )
        mean, half = (float(value) for value in estimate_ci(resamples))
        return Score(
            score=score_corpus(metric, statistics),
            mean=mean,
            low=max(0.0, mean - half),
            high=min(METRICS[name].highest, mean + half),
            signature=self._signature(metric, "bs", self.samples),
            resamples=resamples,
        )

    def _signature(self, metric: Any, test: str, count: int) -> str:
        signature = metric.get_signature()
        signature.update("seed", str(self.seed))
        signature.update(test, count)
        return str(signature)

    def score_part(
        self, statistics: Mapping[str, Statistics], rows: Sequence[int]
    ) -> dict[str, float]:
        """Score some of the sentences.

        Args:
            statistics: By metric, (N, W) each.
            rows: The sentences' positions.

        Returns:
            The scores by metric.
        """
        return {
            name: score_corpus(self.metrics[name], [counts[i] for i in rows])
            for name, counts in statistics.items()
        }

    def score_sentences(self, statistics: Mapping[str, Statistics]) -> dict[str, list[float]]:
        """Score each sentence, as `sacrebleu --sentence-level` does: BLEU with effective order.

        Args:
            statistics: By metric, (N, W) each.

        Returns:
            The scores by metric, (N,) each.
        """
        return {
            name: [float(score_statistics(self._for_sentences[name], row)) for row in rows]
            for name, rows in statistics.items()
        }

    def randomise(
        self,
        base: Mapping[str, Statistics],
        other: Mapping[str, Statistics],
        trials: int = TRIALS,
    ) -> dict[str, RandomisationTest]:
        """Test two systems by paired approximate randomisation.

        Args:
            base: Statistics of the base by metric.
            other: Statistics of the other system by metric.
            trials: The number of random exchanges.

        Returns:
            The tests by metric.
        """
        heads = np.random.default_rng(self.seed).integers(2, size=(trials, self.n), dtype=bool)
        return {
            name: RandomisationTest(
                p=randomisation_p(metric, base[name], other[name], heads),
                differing=count_differing(base[name], other[name]),
                signature=self._signature(metric, "ar", trials),
            )
            for name, metric in self.metrics.items()
        }


def bootstrap_test(
    base: Score, other: Score, base_statistics: Sequence[Any], other_statistics: Sequence[Any]
) -> PairedTest:
    """Test two systems by the paired bootstrap.

    Args:
        base: The score of the base.
        other: The score of the other system on the same sentences.
        base_statistics: The base's statistics, (N, W), or its scores of single sentences, (N,).
        other_statistics: The same of the other system.

    Returns:
        The test. Its p-value is 1 where resampling shows nothing: for a single sentence, and for
        systems that are equal in every sentence or in every resample's score. sacreBLEU prints its
        smallest p-value there.
    """
    differing = count_differing(base_statistics, other_statistics)
    if len(base_statistics) < 2 or not differing:
        return PairedTest(1.0, differing)
    actual = abs(base.score - other.score)
    return PairedTest(bootstrap_p(base.resamples, other.resamples, actual), differing)


def sentence_scores(
    outputs: Sequence[str], references: Sequence[str]
) -> dict[str, tuple[list[float], str]]:
    """Score each output against its one reference, as `sacrebleu --sentence-level` does.

    Args:
        outputs: One text for each sentence.
        references: One reference for each sentence.

    Returns:
        Scores and signature by metric, for the metrics that verdicts rest on.
    """
    result = {}
    for name in deciding_metrics():
        metric = METRICS[name].sentence_scorer()
        scores = [
            float(metric.sentence_score(output, [reference]).score)
            for output, reference in zip(outputs, references, strict=True)
        ]
        result[name] = (scores, str(metric.get_signature()))
    return result
