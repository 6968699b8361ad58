"""The values of an evaluation: systems with scores and tests, further sets, comparisons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from lora_demo.evaluation.analysis.buckets import Bucket, by_chrf, by_frequency, by_length
from lora_demo.evaluation.analysis.flaws import Flaws
from lora_demo.evaluation.analysis.gains import Gain, find_extremes, find_gains
from lora_demo.evaluation.analysis.glossary import Term, TermResult, check_terms, find_terms
from lora_demo.evaluation.config import EvaluationConfig
from lora_demo.evaluation.metrics import fast_metrics, labels
from lora_demo.evaluation.overlap import Overlap, TrainingData
from lora_demo.evaluation.sacrebleu_internals import Statistics
from lora_demo.evaluation.scores import Score, Scorer
from lora_demo.evaluation.segment_tests import SegmentResult
from lora_demo.evaluation.sets import SentenceSet
from lora_demo.evaluation.significance import PairedTest, RandomisationTest, direction
from lora_demo.formatting import shown_system

Kind = Literal["base", "adapter", "outputs"]


@dataclass(frozen=True)
class SystemOutputs:
    """One system with its output for each sentence.

    Attributes:
        name: The system's name, unique in the evaluation.
        kind: Base, adapter, or outputs made elsewhere.
        outputs: One text for each sentence.
        folder: The folder of an adapter.
    """

    name: str
    kind: Kind
    outputs: list[str]
    folder: Path | None = None


@dataclass(frozen=True)
class System(SystemOutputs):
    """One system with its outputs, scores and tests.

    Attributes:
        statistics: By metric, (N, W) each.
        scores: Scores of the whole set, by metric.
        sentence_scores: By metric, (N,) each.
        flaws: Its visible flaws; None for systems on a further set.
        tests: Paired bootstrap tests against each other system, by its name and the metric.
        randomisation: Tests against the first system by approximate randomisation, by metric.
    """

    statistics: Mapping[str, Statistics] = field(default_factory=dict)
    scores: Mapping[str, Score] = field(default_factory=dict)
    sentence_scores: Mapping[str, list[float]] = field(default_factory=dict)
    flaws: Flaws | None = None
    tests: Mapping[str, Mapping[str, PairedTest]] = field(default_factory=dict)
    randomisation: Mapping[str, RandomisationTest] = field(default_factory=dict)

    @property
    def shown_name(self) -> str:
        """Name in the reader's language."""
        return shown_system(self.name)

    def better_than(self, other: "System", metric: str) -> int:
        """Say whether this system is significantly better (1) or worse (-1) than another, or 0.

        Args:
            other: Another system of the same set.
            metric: One of `METRICS`.
        """
        test = self.tests[other.name][metric]
        return direction(metric, other.scores[metric].score, self.scores[metric].score, test)

    def change_from(self, other: "System", metric: str) -> float:
        """Compute the difference of the scores of this system and another.

        Args:
            other: The system whose score is subtracted.
            metric: One of `METRICS`.
        """
        return self.scores[metric].score - other.scores[metric].score


@dataclass(frozen=True, kw_only=True)
class ScoredSet:
    """A set, or the part of it that was done before a stop, with the scored systems.

    Attributes:
        set: The scored sentences.
        rows: The positions of the scored sentences in the whole set.
        total: The number of sentences in the whole set.
        systems: The systems. The others are compared with the first one, normally the base.
    """

    set: SentenceSet
    rows: list[int]
    total: int
    systems: list[System]

    @property
    def n(self) -> int:
        """The number of scored sentences."""
        return len(self.rows)

    @property
    def is_cut(self) -> bool:
        """True if a stop came before all sentences were done."""
        return self.n < self.total

    @property
    def first(self) -> System:
        """The system that the others are compared with."""
        return self.systems[0]

    @property
    def others(self) -> list[System]:
        """The systems that are compared with the first one."""
        return self.systems[1:]

    def number(self, i: int) -> int:
        """Number sentence `i` as readers see it: its position in the whole set, from 1.

        Args:
            i: The row of a scored sentence, from 0.
        """
        return self.rows[i] + 1

    def tests(self, system: System) -> Mapping[str, PairedTest]:
        """Get the tests of a system against the first one, by metric.

        Args:
            system: One of `others`.
        """
        return system.tests[self.first.name]


@dataclass(frozen=True, kw_only=True)
class FurtherSet(ScoredSet):
    """A further set: an adapter's own training data, or another set for all systems.

    Attributes:
        title: Name of the set in a sentence.
        is_own_data: True if the adapter was trained on it.
        overlaps: Overlap of each adapter's training data with a set that is not its own data.
    """

    title: str
    is_own_data: bool
    overlaps: Sequence[Overlap] = ()


@dataclass(frozen=True)
class SystemComparison:
    """One system against the first one, sentence by sentence.

    Attributes:
        system: The system.
        wins: Rows of its largest wins by chrF.
        losses: Rows of its largest losses by chrF.
        better: The number of sentences with a higher chrF.
        worse: The number of sentences with a lower chrF.
        gained: N-grams that only this system gets right.
        missed: N-grams that only the first system gets right.
    """

    system: System
    wins: list[int]
    losses: list[int]
    better: int
    worse: int
    gained: list[Gain]
    missed: list[Gain]


@dataclass(frozen=True, kw_only=True)
class Evaluation(ScoredSet):
    """A whole evaluation.

    Attributes:
        config: Its settings.
        scorer: The scorer of the set.
        segment_results: Scores by metrics of single sentences, COMET or computed elsewhere.
        split_rows: Rows that were translated in pieces, because they are too long.
        overlaps: Overlap of each adapter's training data with the set.
        training: The first training data that can be read; None if there is none.
        further_sets: Further sets with their scores.
        left_out: The parts that a stop left out, each as a part of a sentence.
        comet_problem: The reason for missing scores of COMET; empty without a problem.
        own_data_notes: Sentences about the adapters' own data.
        seconds: Its duration.
        shows_paths: False if no path of this machine may be shown.
        glossary: Terms to look for; empty without a glossary.
        precision: Precision of the model that translated.
    """

    config: EvaluationConfig
    scorer: Scorer
    segment_results: Sequence[SegmentResult] = ()
    split_rows: list[int] = field(default_factory=list)
    overlaps: list[Overlap] = field(default_factory=list)
    training: TrainingData | None = None
    further_sets: list[FurtherSet] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    comet_problem: str = ""
    own_data_notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    shows_paths: bool = True
    glossary: Sequence[Term] = ()
    precision: str = "float32"

    @property
    def is_partial(self) -> bool:
        """True if a stop came before everything was done, further sets included."""
        return self.is_cut or bool(self.left_out) or any(s.is_cut for s in self.further_sets)

    @property
    def adapters(self) -> list[System]:
        """The systems that are adapters."""
        return [system for system in self.systems if system.folder]

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels of the metrics."""
        return labels(self.config.word_order)

    @cached_property
    def term_results(self) -> dict[str, list[TermResult]]:
        """The terms of the glossary in each system's outputs; empty without a glossary."""
        if not self.glossary:
            return {}
        found = find_terms(self.glossary, self.set.sources)
        return {system.name: check_terms(found, system.outputs) for system in self.systems}

    @cached_property
    def comparisons(self) -> list[SystemComparison]:
        """Each system against the first one."""
        return [_compare(self, system) for system in self.others]

    @cached_property
    def buckets(self) -> dict[str, list[Bucket]]:
        """Scores by source length, by frequency of the reference's words, and by sentence chrF."""
        names = fast_metrics()
        statistics = {s.name: {m: s.statistics[m] for m in names} for s in self.systems}
        outputs = {system.name: system.outputs for system in self.systems}
        chrf = {system.name: system.sentence_scores["chrf"] for system in self.systems}
        return {
            "length": by_length(self.set, self.scorer, statistics),
            "frequency": by_frequency(self.set, outputs, self.frequency_texts),
            "sentence_chrf": by_chrf(chrf),
        }

    @property
    def has_training_texts(self) -> bool:
        """True if word frequencies come from training data."""
        return bool(self.training and self.training.dataset)

    @property
    def frequency_texts(self) -> list[str]:
        """English texts in which words are counted: training data if known, or the references."""
        if self.training and self.training.dataset:
            return [en for _, en in self.training.dataset.train]
        return [text for column in self.set.references for text in column if text]


def _compare(evaluation: Evaluation, system: System) -> SystemComparison:
    first = evaluation.first
    before, after = first.sentence_scores["chrf"], system.sentence_scores["chrf"]
    wins, losses = find_extremes(before, after)
    gained, missed = find_gains(evaluation.set, first.outputs, system.outputs)
    return SystemComparison(
        system=system,
        wins=wins,
        losses=losses,
        better=sum(b > a for a, b in zip(before, after, strict=True)),
        worse=sum(b < a for a, b in zip(before, after, strict=True)),
        gained=gained,
        missed=missed,
    )
