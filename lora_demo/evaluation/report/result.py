"""What an evaluation found: systems with scores, comparisons with the base, and all of it as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from lora_demo.evaluation import analysis
from lora_demo.evaluation.outputs import MAX_TOKENS
from lora_demo.evaluation.overlap import Overlap, TrainingData
from lora_demo.evaluation.report.verdict import p_text, phrase, verdict, warning
from lora_demo.evaluation.scores import (
    LABELS,
    LEVEL,
    METRICS,
    SAMPLES,
    TRIALS,
    Score,
    Scorer,
    Statistics,
    bootstrap_p,
    differing,
)
from lora_demo.evaluation.sets import SentenceSet

COMMON = 0.05
"""A flaw in more than this share of the sentences is pointed out."""
NAMED = 10
"""Sentences that a remark names by their numbers."""


@dataclass
class System:
    """One system: `kind` is base, adapter or outputs.

    Against every other system, by its name and metric, `p` holds the paired bootstrap's p-values, and `differ` in how many
    sentences the two differ.
    """

    name: str
    kind: str
    outputs: list[str]
    folder: Path | None = None
    counted: dict[str, Statistics] = field(default_factory=dict)
    scores: dict[str, Score] = field(default_factory=dict)
    sentences: dict[str, list[float]] = field(default_factory=dict)
    flaws: analysis.Flaws | None = None
    p: dict[str, dict[str, float]] = field(default_factory=dict)
    differ: dict[str, dict[str, int]] = field(default_factory=dict)
    randomised: dict[str, tuple[float, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Beside:
    """A further set, what systems made of it, each sentence's chrF, and scores; `own` where an adapter was trained on it. The first system is the base.

    Args:
        title: what to call it in a sentence.
        p, differ: against the base, by metric, as in `System`; None for the base.
        rows: its sentences' places in the whole set, which has `asked`.
        overlaps: what the adapters were trained on of a set that is not their own data.
    """

    title: str
    set: SentenceSet
    own: bool
    names: list[str]
    outputs: list[list[str]]
    chrf: list[list[float]]
    scores: list[dict[str, Score]]
    p: list[dict[str, float] | None]
    differ: list[dict[str, int] | None]
    rows: list[int]
    asked: int
    overlaps: Sequence[Overlap] = ()

    @property
    def is_partial(self) -> bool:
        """Whether it was stopped before all sentences were done."""
        return len(self.rows) < self.asked

    def number(self, i: int) -> int:
        """What a reader calls sentence `i`: its place in the set, from 1."""
        return self.rows[i] + 1

    def to_json(self) -> dict:
        systems = [
            {
                "name": name,
                **{metric: score.to_json() for metric, score in scores.items()},
                "against_base": p and {f"{metric}_p": value for metric, value in p.items()},
            }
            for name, scores, p in zip(self.names, self.scores, self.p)
        ]
        partial = {"partial": True, "asked": self.asked} if self.is_partial else {}
        return {
            "data": self.set.id,
            "split": self.set.split,
            "n": len(self.set),
            **partial,
            "own_training_data": self.own,
            "systems": systems,
        }

    def document(self) -> dict:
        """Everything, down to each sentence."""
        return self.to_json() | {
            "overlaps": [overlap.to_json(self.number) for overlap in self.overlaps],
            "sentences": self.sentences(),
        }

    def sentences(self) -> list[dict]:
        """Each sentence with each system's output and chrF."""
        made = lambda i: {
            name: {"output": outputs[i], "chrf": chrf[i]}
            for name, outputs, chrf in zip(self.names, self.outputs, self.chrf)
        }
        return [
            {
                "number": self.number(i),
                "source": self.set.sources[i],
                "references": self.set.references_of(i),
                "systems": made(i),
            }
            for i in range(len(self.set))
        ]


@dataclass(frozen=True)
class Comparison:
    """One system against the first, sentence by sentence."""

    system: System
    wins: list[int]
    losses: list[int]
    better: int
    worse: int
    gained: list[analysis.Gain]
    missed: list[analysis.Gain]


@dataclass
class Evaluation:
    """The whole of it. `systems[0]` is what the others are held against, the base as a rule.

    Args:
        asked: sentences that the set has; `rows` are those that were done, by their place in it; `cut` those of them that
            were too long to be translated in one piece.
        left_out: what a stop came before, each as a part of a sentence.
        of_own_data: what to know of the adapters' own data, in sentences.
    """

    config: object
    set: SentenceSet
    asked: int
    rows: list[int]
    systems: list[System]
    scorer: Scorer
    cut: list[int] = field(default_factory=list)
    overlaps: list[Overlap] = field(default_factory=list)
    training: TrainingData | None = None
    beside: list[Beside] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    of_own_data: list[str] = field(default_factory=list)
    seconds: float = 0.0
    shows_paths: bool = True

    @property
    def n(self) -> int:
        return len(self.rows)

    @property
    def is_cut(self) -> bool:
        """Whether it was stopped before all sentences of the set were done."""
        return self.n < self.asked

    @property
    def is_partial(self) -> bool:
        """Whether it was stopped before all was done, of this set or of the further ones."""
        return (
            self.is_cut or bool(self.left_out) or any(beside.is_partial for beside in self.beside)
        )

    def number(self, i: int) -> int:
        """What a reader calls sentence `i`: its place in the set, from 1."""
        return self.rows[i] + 1

    @property
    def labels(self) -> dict[str, str]:
        """What to call the metrics."""
        return LABELS | ({"chrf": "chrF2++"} if self.config.words else {})

    def place(self, system: System) -> str:
        """Where a system comes from."""
        if system.folder:
            return str(system.folder) if self.shows_paths else f"adapter {system.name}"
        return f"the base {self.config.base}" if system.kind == "base" else "outputs made elsewhere"

    def score(self, system: System, edits: dict | None = None):
        """Scores one system."""
        system.counted = self.scorer.count(system.outputs, edits)
        system.scores = self.scorer.score(system.counted)
        system.sentences = self.scorer.sentences(system.counted)
        system.flaws = analysis.find_flaws(self.set, system.outputs, system.counted["bleu"])

    def compare(self):
        """Tests all pairs of the systems, once each has its scores."""
        for a in self.systems:
            a.p = {
                b.name: {
                    m: bootstrap_p(b.scores[m], a.scores[m], b.counted[m], a.counted[m])
                    for m in METRICS
                }
                for b in self.systems
                if a is not b
            }
            a.differ = {
                b.name: {m: differing(b.counted[m], a.counted[m]) for m in METRICS}
                for b in self.systems
                if a is not b
            }

    def randomise(self, system: System):
        """Tests a system against the first by paired approximate randomisation, too."""
        system.randomised = self.scorer.randomisation(self.systems[0].counted, system.counted)

    def against(self, system: System) -> dict[str, float]:
        """p-values against the first system, by metric."""
        return system.p[self.systems[0].name]

    def differing(self, system: System) -> dict[str, int]:
        """In how many sentences it differs from the first system, by metric."""
        return system.differ[self.systems[0].name]

    @property
    def reference_name(self) -> str:
        """What to call the first system in a sentence."""
        return "the base" if self.systems[0].kind == "base" else self.systems[0].name

    def verdicts(self) -> list[str]:
        """A sentence for each system but the first; or, where there is one alone, what it scores."""
        base = self.systems[0]
        if len(self.systems) == 1:
            return [
                f"{base.name} alone: "
                + ", ".join(f"{self.labels[m]} {s.score:.2f}" for m, s in base.scores.items())
                + "; add an adapter, or translations made elsewhere, to compare."
            ]
        return [
            verdict(
                s.name,
                base.scores,
                s.scores,
                self.against(s),
                self.reference_name,
                self.labels,
                self.differing(s),
            )
            for s in self.systems[1:]
        ]

    def alarms(self) -> list[str]:
        """What makes the scores mean less than they seem to."""
        partial = (
            [
                f"PARTIAL: stopped after {self.n:,} of {self.asked:,} sentences, a random part of the set; every number is of that part alone."
            ]
            if self.is_cut
            else []
        )
        partial += [
            f"PARTIAL: stopped after {len(b.set):,} of {b.asked:,} sentences of {b.title}, a random part; its numbers are of that part alone."
            for b in self.beside
            if b.is_partial
        ]
        partial += (
            [f"PARTIAL: stopped before these, which are left out: {'; '.join(self.left_out)}."]
            if self.left_out
            else []
        )
        return partial + [
            o.sentence
            for o in (*self.overlaps, *(o for b in self.beside for o in b.overlaps))
            if o.is_loud
        ]

    def remarks(self) -> list[str]:
        """Further things to know."""
        empty = sum(not text for text in self.set.references[0] if text is not None)
        blank = sum(not text.strip() for text in self.set.sources)
        said = [warning(self.n), *(o.sentence for o in self.overlaps if not o.is_loud)]
        said += [
            f"{empty} sentence(s) have an empty reference, and count as such." if empty else "",
            f"{blank} source(s) are empty." if blank else "",
        ]
        said += [self._said_of_cut()] if self.cut else []
        return (
            [text for text in said if text]
            + self.of_own_data
            + [
                text
                for system in self.systems
                for text in (*self._visible(system), *self._disagreements(system))
            ]
        )

    def _said_of_cut(self) -> str:
        named = ", ".join(f"{self.number(i)}" for i in self.cut[:NAMED])
        many, more = (
            len(self.cut) > 1,
            f" and {len(self.cut) - NAMED:,} more" if len(self.cut) > NAMED else "",
        )
        return f"{len(self.cut):,} source{'s have' if many else ' has'} more than {MAX_TOKENS} tokens and {'were' if many else 'was'} translated in pieces, cut where sentences end: number {named}{more}."

    def _visible(self, system: System) -> list[str]:
        """Flaws that are too common to be left to a table."""
        words = {
            "empty": "says nothing",
            "copied": "copies the German source",
            "repeated": "repeats itself",
        }
        return [
            f"{system.name} {verb} in {len(rows):,} of {self.n:,} sentences."
            for kind, verb in words.items()
            if len(rows := getattr(system.flaws, kind)) > COMMON * self.n
        ]

    def _disagreements(self, system: System) -> list[str]:
        """By which metrics one of a system's two tests finds a difference and the other does not."""
        pairs = {m: (self.against(system)[m], p) for m, (p, _) in system.randomised.items()}
        said = [
            f"{self.labels[m]} " + " and ".join(p_text(p, self.differing(system)[m]) for p in pair)
            for m, pair in pairs.items()
            if min(pair) < LEVEL <= max(pair)
        ]
        return (
            [
                f"The two tests of {system.name} disagree, paired bootstrap and paired approximate randomisation: {'; '.join(said)}."
            ]
            if said
            else []
        )

    def notes(self) -> list[str]:
        """Alarms and remarks."""
        return self.alarms() + self.remarks()

    @cached_property
    def comparisons(self) -> list[Comparison]:
        """Each system against the first: wins, losses, words right and missed."""
        return [self._compare(system) for system in self.systems[1:]]

    def _compare(self, system: System) -> Comparison:
        base = self.systems[0]
        before, after = base.sentences["chrf"], system.sentences["chrf"]
        wins, losses = analysis.extremes(before, after)
        better, worse = (sum(sign * (b - a) > 0 for a, b in zip(before, after)) for sign in (1, -1))
        return Comparison(
            system,
            wins,
            losses,
            better,
            worse,
            *analysis.gains(self.set, base.outputs, system.outputs),
        )

    @cached_property
    def buckets(self) -> dict[str, list[analysis.Bucket]]:
        """By length of the source, by frequency of the reference's words, by sentence score."""
        outputs = {system.name: system.outputs for system in self.systems}
        return {
            "length": analysis.by_length(
                self.set,
                self.scorer,
                {s.name: {m: s.counted[m] for m in ("bleu", "chrf")} for s in self.systems},
            ),
            "frequency": analysis.by_frequency(self.set, outputs, self.frequency_texts),
            "sentence_chrf": analysis.by_chrf({s.name: s.sentences["chrf"] for s in self.systems}),
        }

    @property
    def frequency_texts(self) -> list[str]:
        """English texts that the frequency of words is counted in: the first known training data, else the references."""
        if self.training and self.training.dataset:
            return [en for _, en in self.training.dataset.train]
        return [text for column in self.set.references for text in column if text]

    @property
    def frequency_source(self) -> str:
        """Where that is."""
        return (
            f"the training data {self.training.source}"
            if self.training and self.training.dataset
            else "the references themselves, as no training data is known"
        )

    def summary(self) -> dict:
        """What `--json` prints."""
        document = {
            "data": self.set.id,
            "n": self.n,
            "seed": self.scorer.seed,
            "systems": [self._system(system) for system in self.systems],
        }
        document |= {"partial": True, "asked": self.asked} if self.is_partial else {}
        document |= {"left_out": self.left_out} if self.left_out else {}
        return document | (
            {"beside": [beside.to_json() for beside in self.beside]} if self.beside else {}
        )

    def _system(self, system: System) -> dict:
        p = (
            None
            if system is self.systems[0]
            else {f"{m}_p": self.against(system)[m] for m in ("bleu", "chrf")}
        )
        p = p and p | {
            f"{m}_ar_p": system.randomised[m][0] for m in ("bleu", "chrf") if system.randomised
        }
        return {
            "name": system.name,
            **{m: system.scores[m].to_json() for m in METRICS},
            "length_ratio": system.flaws.length_ratio,
            "against_base": p,
        }

    def document(self) -> dict:
        """Everything, down to each sentence."""
        return self.summary() | {
            "split": self.set.split,
            "sha256": self.set.sha256,
            "partial": self.is_partial,
            "asked": self.asked,
            "samples": SAMPLES,
            "level": LEVEL,
            "beams": self.config.beams,
            "base": self.config.base,
            "verdicts": self.verdicts(),
            "alarms": self.alarms(),
            "remarks": self.remarks(),
            "systems": [self._system(system) | self._more(system) for system in self.systems],
            "translated_in_pieces": analysis.numbers(self.cut, self.number),
            "overlaps": [overlap.to_json(self.number) for overlap in self.overlaps],
            "frequency_source": self.frequency_source,
            "buckets": {
                kind: [bucket.to_json(self.number) for bucket in buckets]
                for kind, buckets in self.buckets.items()
            },
            "comparisons": [self._comparison(comparison) for comparison in self.comparisons],
            "beside": [beside.document() for beside in self.beside],
            "versions": versions(),
            "seconds": round(self.seconds, 1),
            "sentences": [self._sentence(i) for i in range(self.n)],
        }

    def _more(self, system: System) -> dict:
        more = {
            "kind": system.kind,
            "adapter": self.place(system) if system.folder else None,
            "flaws": system.flaws.to_json(self.number),
            "p": system.p,
            "differing_sentences": system.differ,
        }
        if system.randomised:
            more["randomisation"] = {
                m: {"p": p, "trials": TRIALS, "signature": signature}
                for m, (p, signature) in system.randomised.items()
            }
        if system is not self.systems[0]:
            more["findings"] = {
                m: phrase(
                    m,
                    self.systems[0].scores[m].score,
                    system.scores[m].score,
                    self.against(system)[m],
                    self.reference_name,
                    self.differing(system)[m],
                )
                for m in METRICS
            }
        return more

    def _comparison(self, c: Comparison) -> dict:
        words = {
            "right_here_only": [g.to_json(self.number) for g in c.gained],
            "right_there_only": [g.to_json(self.number) for g in c.missed],
        }
        numbers = lambda rows: analysis.numbers(rows, self.number)
        return {
            "system": c.system.name,
            "against": self.systems[0].name,
            "sentences_better": c.better,
            "sentences_worse": c.worse,
            "wins": numbers(c.wins),
            "losses": numbers(c.losses),
            "ngrams": words,
        }

    def _sentence(self, i: int) -> dict:
        systems = {
            s.name: {"output": s.outputs[i], **{m: scores[i] for m, scores in s.sentences.items()}}
            for s in self.systems
        }
        return {
            "number": self.number(i),
            "source": self.set.sources[i],
            "references": self.set.references_of(i),
            "systems": systems,
        }


def versions() -> dict[str, str]:
    """Of what the numbers depend on."""
    from importlib.metadata import version

    from lora_demo.version import __version__

    return {"lora_demo": __version__, **{name: version(name) for name in ("sacrebleu", "numpy")}}


def select(systems: Sequence[System], done: set[int]) -> list[System]:
    """The systems with these sentences alone."""
    return [
        System(s.name, s.kind, [text for i, text in enumerate(s.outputs) if i in done], s.folder)
        for s in systems
    ]
