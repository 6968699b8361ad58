"""BLEU, chrF and TER by sacreBLEU, with 95 % bootstrap intervals and paired tests that equal the `sacrebleu` command's.

Each sentence's statistics (n-gram counts, edits) are taken once; scores of the whole, of its parts, of resamples and
of single sentences are all computed from them. N sentences, W statistics a sentence.

Resampling draws what `sacrebleu.significance` draws from the same seed, but not all of it at once, which for 100,000
sentences would take 10 GB.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from sacrebleu import BLEU, CHRF, TER
from sacrebleu.significance import _compute_p_value, estimate_ci

from lora_demo.evaluation.edits import count_edits

METRICS = ("bleu", "chrf", "ter")
LABELS = {"bleu": "BLEU", "chrf": "chrF2", "ter": "TER"}
SEED = 12345
"""sacreBLEU's own, so that its command gives the same numbers."""
SAMPLES = 1000
TRIALS = 10_000
LEVEL = 0.05

References = Sequence[Sequence[str | None]]
Statistics = list[list[float]]


@dataclass(frozen=True)
class Score:
    """A corpus score; `low` and `high` are the mean of the bootstrap resamples -/+ half of their central 95 %.

    `resamples` are the scores of the resamples; two systems' have the same sentences at the same place.
    """

    score: float
    mean: float
    low: float
    high: float
    signature: str
    resamples: np.ndarray

    def to_json(self) -> dict:
        """Without the mean and the resamples."""
        return {
            "score": self.score,
            "low": self.low,
            "high": self.high,
            "signature": self.signature,
        }


class Scorer:
    """The metrics over one set of references.

    Args:
        references: one list for each reference, None where a sentence has fewer.
        words: word n-grams of chrF up to this; 0 is chrF2, 2 is chrF++.
        metrics: which ones; TER is slow.
    """

    def __init__(
        self,
        references: References,
        words: int = 0,
        seed: int = SEED,
        samples: int = SAMPLES,
        metrics: Sequence[str] = METRICS,
    ):
        self.references, self.seed, self.samples, self.n = (
            references,
            seed,
            samples,
            len(references[0]),
        )
        makers = {
            "bleu": lambda: BLEU(references=references),
            "chrf": lambda: CHRF(word_order=words, references=references),
            "ter": lambda: TER(references=references),
        }
        self.metrics = {name: makers[name]() for name in metrics}

    def count(self, outputs: Sequence[str], edits: dict | None = None) -> dict[str, Statistics]:
        """Every sentence's statistics, by metric.

        Args:
            edits: TER's, by output and references, where they were counted before.
        """
        counted = {
            name: metric._extract_corpus_statistics(outputs, None)
            for name, metric in self.metrics.items()
            if name != "ter"
        }
        if "ter" in self.metrics:
            edits = edits if edits is not None else dict(count_edits(self.jobs(outputs)))
            counted["ter"] = [edits[job] for job in self.jobs(outputs)]
        return counted

    def jobs(self, outputs: Sequence[str]) -> list[tuple[str, tuple[str, ...]]]:
        """What `count_edits` wants for these outputs."""
        references = [
            tuple(text for text in row if text is not None) for row in zip(*self.references)
        ]
        return list(zip(outputs, references))

    def score(self, counted: dict[str, Statistics]) -> dict[str, Score]:
        """Scores of the whole set, by metric."""
        return {
            name: self._score(self.metrics[name], statistics)
            for name, statistics in counted.items()
        }

    def _score(self, metric, statistics: Statistics) -> Score:
        rows = np.array(
            statistics, dtype="float32"
        )  # (N, W); float32 as in sacreBLEU, or the last digits differ
        resamples = np.array(
            [
                metric._compute_score_from_stats(rows[draw].sum(0)).score
                for draw in draws(self.n, self.samples, self.seed)
            ]
        )
        mean, half = (float(x) for x in estimate_ci(resamples))
        return Score(
            float(metric._aggregate_and_compute(statistics).score),
            mean,
            mean - half,
            mean + half,
            self._signature(metric, "bs", self.samples),
            resamples,
        )

    def _signature(self, metric, test: str, count: int) -> str:
        signature = metric.get_signature()
        signature.update("seed", str(self.seed))
        signature.update(test, count)
        return str(signature)

    def part(self, counted: dict[str, Statistics], rows: Sequence[int]) -> dict[str, float]:
        """Scores of some of the sentences, by metric."""
        return {
            name: float(
                self.metrics[name]._aggregate_and_compute([statistics[i] for i in rows]).score
            )
            for name, statistics in counted.items()
        }

    def sentences(self, counted: dict[str, Statistics]) -> dict[str, list[float]]:
        """Each sentence's scores, as `sacrebleu --sentence-level` gives them: BLEU with effective order."""
        single = lambda name, row: (
            _sentence_bleu(row)
            if name == "bleu"
            else self.metrics[name]._compute_score_from_stats(row).score
        )
        return {
            name: [float(single(name, row)) for row in statistics]
            for name, statistics in counted.items()
        }

    def randomisation(
        self, base: dict[str, Statistics], other: dict[str, Statistics], trials: int = TRIALS
    ) -> dict[str, tuple[float, str]]:
        """Paired approximate randomisation: p-value and signature, by metric."""
        heads = np.random.default_rng(self.seed).integers(2, size=(trials, self.n), dtype=bool)
        return {
            name: (
                _randomisation_p(metric, base[name], other[name], heads),
                self._signature(metric, "ar", trials),
            )
            for name, metric in self.metrics.items()
        }


def draws(n: int, samples: int, seed: int, block: int = 50) -> Iterator[np.ndarray]:
    """The rows of each resample, (N,); in blocks, which changes nothing about them."""
    random = np.random.default_rng(seed)
    for start in range(0, samples, block):
        yield from random.choice(n, size=(min(block, samples - start), n), replace=True)


def _sentence_bleu(row: Sequence[float]) -> float:
    return BLEU.compute_bleu(
        row[2:6], row[6:], int(row[0]), int(row[1]), "exp", effective_order=True
    ).score


def differing(counted: Statistics, others: Statistics) -> int:
    """In how many sentences two systems' statistics differ."""
    return sum(one != other for one, other in zip(counted, others))


def bootstrap_p(base: Score, other: Score, counted: Statistics, others: Statistics) -> float:
    """Paired bootstrap: how likely so large a difference is if there is none (Koehn 2004, as sacreBLEU does it).

    It is 1 where resampling has nothing to say: for a single sentence, and for systems that are alike in every
    sentence or in every resample's score; sacreBLEU prints its smallest p there.
    """
    if len(counted) < 2 or counted == others:
        return 1.0
    differences = np.abs(other.resamples - base.resamples)
    return _p_value(differences, abs(base.score - other.score), differences.mean())


def _p_value(differences: np.ndarray, actual: float, expected: float = 0.0) -> float:
    """sacreBLEU's, from the differences of the samples; but 1 where there is none in any sample nor in the whole."""
    return (
        float(_compute_p_value(differences - expected, actual))
        if actual or differences.any()
        else 1.0
    )


def _randomisation_p(
    metric, base: Statistics, other: Statistics, heads: np.ndarray, block: int = 500
) -> float:
    """heads (trials, N): which sentences change places."""
    if len(base) < 2 or base == other:
        return 1.0
    a, b = np.array(base, "float64"), np.array(other, "float64")  # (N, W)
    score = lambda rows: np.array([metric._compute_score_from_stats(row).score for row in rows])
    differences = []
    for start in range(0, len(heads), block):
        swapped = heads[start : start + block].astype("float64")
        kept = 1 - swapped
        differences.append(np.abs(score(swapped @ a + kept @ b) - score(kept @ a + swapped @ b)))
    actual = abs(
        metric._aggregate_and_compute(base).score - metric._aggregate_and_compute(other).score
    )
    return _p_value(np.concatenate(differences), actual)


def sentence_scores(
    outputs: Sequence[str], references: Sequence[str]
) -> dict[str, tuple[list[float], str]]:
    """Each output's chrF2 and BLEU against its one reference, with the signature, as `sacrebleu --sentence-level` gives them."""
    metrics = {"chrf": CHRF(), "bleu": BLEU(effective_order=True)}
    scores = {
        name: [
            float(metric.sentence_score(text, [reference]).score)
            for text, reference in zip(outputs, references)
        ]
        for name, metric in metrics.items()
    }
    return {name: (scores[name], str(metric.get_signature())) for name, metric in metrics.items()}
