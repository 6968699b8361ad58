"""One evaluation as a generator of events: read, translate, count, compare; stopped early, it judges what is done.

Events are dicts with a `kind`: `phase` (message), `progress` (done, total, unit: tokens, outputs or systems, seconds_left), `note`
(message) and, last, `done` (evaluation). Terminal and page render the same ones.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from pathlib import Path

from lora_demo.evaluation.edits import count_edits, work
from lora_demo.evaluation.outputs import Translation
from lora_demo.evaluation.overlap import TrainingData, find_overlap, read_manifest, training_data
from lora_demo.evaluation.report.result import Beside, Evaluation, System, select
from lora_demo.evaluation.scores import SEED, Scorer, bootstrap_p, differing
from lora_demo.evaluation.sets import SPLITS, SentenceSet, load_set, read_outputs

BASE = "base"
NO_MODEL = "none"
BESIDE_SENTENCES = 200
MAX_BEAMS, MAX_ADAPTERS = 16, 7

Event = dict


@dataclass(frozen=True)
class EvaluationConfig:
    """What to hold against what; checks itself.

    `base` is `none` where only `outputs` are compared; then the first of them takes the base's place. `own_data`
    scores each adapter on parts of the data it was trained on, `also` names further sets for all systems: so
    overfitting and forgetting show. `words` is 2 for chrF++.

    Raises:
        ValueError: listing everything that is wrong.
    """

    base: str = "mini"
    revision: str | None = None
    adapters: tuple[Path, ...] = ()
    data: str = "builtin"
    split: str = "test"
    references: tuple[Path, ...] = ()
    outputs: tuple[tuple[str, Path], ...] = ()
    also: tuple[str, ...] = ()
    own_data: bool = False
    beams: int = 1
    words: int = 0
    randomisation: bool = False
    seed: int = SEED
    max_pairs: int | None = None

    def __post_init__(self):
        names = [name for name, _ in self.outputs]
        checks = [
            (self.split in SPLITS, f"split = {self.split!r} (wanted: {', '.join(SPLITS)})"),
            (1 <= self.beams <= MAX_BEAMS, f"beams = {self.beams!r} (wanted: 1 to {MAX_BEAMS})"),
            (
                len(self.adapters) <= MAX_ADAPTERS,
                f"{len(self.adapters)} adapters (wanted: at most {MAX_ADAPTERS})",
            ),
            (self.seed >= 0, f"seed = {self.seed!r} (wanted: 0 or more)"),
            (
                self.max_pairs is None or self.max_pairs >= 1,
                f"max_pairs = {self.max_pairs!r} (wanted: 1 or more)",
            ),
            (len(set(names)) == len(names), "two outputs of one name"),
            (
                self.base == NO_MODEL or BASE not in names,
                f"outputs named {BASE!r} beside the base itself",
            ),
            (
                self.base != NO_MODEL or not (self.adapters or self.also or self.own_data),
                "adapters, further sets or own data without a base",
            ),
            (
                self.base != NO_MODEL or bool(names),
                "neither a base nor outputs: nothing to evaluate",
            ),
            (all(name.strip() for name in names), "outputs without a name"),
        ]
        wrong = [message for right, message in checks if not right]
        if wrong:
            raise ValueError(f"The evaluation cannot be: {'; '.join(wrong)}.")


@dataclass(frozen=True)
class Further:
    """A set to score beside the one that was asked for, what to call it, and by which adapters; `own` where they were trained on it."""

    title: str
    set: SentenceSet
    systems: list[System]
    own: bool = False


@dataclass
class Evaluator:
    """Runs one evaluation.

    Args:
        translator: a `Translator` that is loaded already; None: one is loaded if it is needed.
        stop: asked between batches; once it says True, what is done is judged and called partial.
        names: what to call the adapters; None: by their folders. label: what to call the set; None: as `data` does.
            With a label no path of this machine shows.
        may_read: whether training data may be read again from a source that a manifest names.
        most_tokens: of the source, times systems, times beams; None: any number. most_work: of counting TER's edits, as
            `edits.work` tells it.
    """

    config: EvaluationConfig
    translator: object = None
    stop: Callable[[], bool] = lambda: False
    names: Sequence[str] | None = None
    label: str | None = None
    may_read: Callable[[str], bool] = lambda source: True
    most_tokens: int | None = None
    most_work: int | None = None
    precision: str = "auto"
    known: dict[Path, TrainingData] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)

    def run(self) -> Iterator[Event]:
        """Yields events; raises ValueError for input that cannot be."""
        try:
            yield from self._run()
        except ValueError as error:
            raise ValueError(self._public(str(error))) from None

    def _public(self, message: str) -> str:
        """A message without the paths of this machine, where none may show."""
        if self.label is None:
            return message
        places = {
            self.config.data: self.label,
            **{str(path): path.name for _, path in self.config.outputs},
        }
        for place, name in (
            places
            | {str(folder): name for folder, name in zip(self.config.adapters, self.names or ())}
        ).items():
            message = message.replace(place, name)
        return message

    def _run(self) -> Iterator[Event]:
        began = time.monotonic()
        yield _phase(f"Reading {self.label or self.config.data}")
        sentences = self._read()
        given = [
            System(name, "outputs", read_outputs(path, sentences, self.config.max_pairs))
            for name, path in self.config.outputs
        ]
        self._check_lengths(sentences, given)
        also = [load_set(data, max_pairs=self.config.max_pairs) for data in self.config.also]
        yield from self._load()
        columns, cut = yield from self._translate(sentences)
        evaluation = yield from self._judge(sentences, self._systems(columns, given), cut)
        for further in self._beside(evaluation, also):
            if self.stop():
                evaluation.left_out.append(further.title)
            else:
                yield from self._further(evaluation, further)
        yield from self._notes(evaluation)
        evaluation.seconds = time.monotonic() - began
        yield {"kind": "done", "evaluation": evaluation}

    def _read(self) -> SentenceSet:
        found = load_set(
            self.config.data, self.config.split, self.config.references, self.config.max_pairs
        )
        return replace(found, id=self.label or found.id)

    def _load(self) -> Iterator[Event]:
        """Everything that can be wrong with base and adapters shows before anything slow."""
        from lora_demo.checkpoints.adapters import read_adapter
        from lora_demo.checkpoints.base import find_base
        from lora_demo.checkpoints.download import cancel_when

        config = self.config
        if config.base == NO_MODEL:
            return
        base = (
            self.translator.base
            if self.translator
            else find_base(config.base, config.revision, cancel_when(self.stop, config.base))
        )
        for folder in config.adapters:
            read_adapter(Path(folder), base.config)
        if self.translator is None:
            yield _phase(f"Loading the base model {config.base}")
            from lora_demo.translator import Translator

            self.translator = Translator(base, self.precision)

    def _translate(
        self, sentences: SentenceSet, adapters: Sequence[Path] | None = None
    ) -> Iterator[Event]:
        """The base's and the adapters' columns of outputs, none without a base; and which sentences were translated in pieces."""
        if self.config.base == NO_MODEL:
            return [], []
        adapters = self.config.adapters if adapters is None else adapters
        yield _phase(
            f"Translating {len(sentences):,} sentences with the base"
            + (f" and {len(adapters)} adapter{'s' * (len(adapters) > 1)}" if adapters else "")
        )
        translation = Translation(self.translator, sentences.sources, adapters, self.config.beams)
        self._check_size(sentences, translation)
        for done, total, left in translation.run(self.stop):
            yield {
                "kind": "progress",
                "done": done,
                "total": total,
                "unit": "tokens",
                "seconds_left": left,
            }
        return translation.columns, translation.cut

    def _check_size(self, sentences: SentenceSet, translation: Translation):
        """Raises ValueError for more than `most_tokens`, with the way out."""
        systems = len(translation.adapters) + 1
        beams = f" with {self.config.beams} beams" if self.config.beams > 1 else ""
        costs = [systems * self.config.beams * tokens for tokens in translation.tokens]
        _check_room(
            f"{sentences.id}: {sum(translation.tokens):,} tokens for {systems} systems{beams} are too many for a page",
            costs,
            self.most_tokens,
        )

    def _check_lengths(self, sentences: SentenceSet, given: Sequence[System]):
        """Raises ValueError for more than `most_work`; our outputs, which are not there yet, are taken to be as long as the first reference."""
        ours = 0 if self.config.base == NO_MODEL else 1 + len(self.config.adapters)
        texts = lambda i: (
            [sentences.references_of(i)[0]] * ours + [system.outputs[i] for system in given]
        )
        costs = [
            sum(work((text, tuple(sentences.references_of(i)))) for text in texts(i))
            for i in range(len(sentences))
        ]
        _check_room(
            f"{sentences.id}: its texts are so long that counting TER's edits would take too long for a page",
            costs,
            self.most_work,
        )

    def _systems(self, columns: Sequence[list], given: Sequence[System]) -> list[System]:
        """All systems, each by a name of its own; outputs that are not there yet are None."""
        ours = (
            []
            if self.config.base == NO_MODEL
            else [BASE, *(self.names or map(adapter_name, self.config.adapters))]
        )
        names = unique([*ours, *(system.name for system in given)])
        made = [
            System(name, "adapter" if folder else "base", column, folder)
            for name, folder, column in zip(names, [None, *self.config.adapters], columns)
        ]
        return made + [
            System(name, system.kind, system.outputs)
            for name, system in zip(names[len(ours) :], given)
        ]

    def _judge(
        self, whole: SentenceSet, systems: list[System], cut: Sequence[int]
    ) -> Iterator[Event]:
        """Scores the sentences that every system has an output for."""
        rows = [
            i for i in range(len(whole)) if all(system.outputs[i] is not None for system in systems)
        ]
        edits = yield from self._count_edits(whole, systems, rows)
        rows = [i for i in rows if all(job in edits for job in _jobs(whole, systems, i))]
        if not rows:
            raise ValueError("Stopped before anything was done: there is nothing to score.")
        sentences = whole.part(rows)
        evaluation = Evaluation(
            self.config,
            sentences,
            len(whole),
            rows,
            select(systems, set(rows)),
            Scorer(sentences.references, self.config.words, self.config.seed),
            cut=[k for k, i in enumerate(rows) if i in set(cut)],
            shows_paths=self.label is None,
        )
        yield from self._score(evaluation, edits)
        if self.config.randomisation:
            yield from self._randomise(evaluation, evaluation.systems[1:])
        yield from self._look_for_overlap(evaluation)
        return evaluation

    def _score(self, evaluation: Evaluation, edits: dict) -> Iterator[Event]:
        """Scores system by system, which a stop does not end: without scores nothing could be judged."""
        began, total = time.monotonic(), len(evaluation.systems)
        yield _phase("Scoring and resampling")
        for done, system in enumerate(evaluation.systems, 1):
            evaluation.score(system, edits)
            yield _progress(began, done, total, "systems")
        evaluation.compare()

    def _randomise(self, evaluation: Evaluation, systems: Sequence[System]) -> Iterator[Event]:
        """The second test of each system, but for those that a stop came before."""
        began = time.monotonic()
        yield _phase("Paired approximate randomisation")
        for done, system in enumerate(systems, 1):
            if self.stop():
                evaluation.left_out.append(f"paired approximate randomisation of {system.name}")
            else:
                evaluation.randomise(system)
                yield _progress(began, done, len(systems), "systems")

    def _look_for_overlap(self, evaluation: Evaluation) -> Iterator[Event]:
        adapters = [system for system in evaluation.systems if system.folder]
        if adapters:
            yield _phase("Looking for sentences that were trained on")
        evaluation.overlaps = [
            find_overlap(system.name, self._data_of(system.folder), evaluation.set)
            for system in adapters
        ]
        evaluation.training = next(
            (found for system in adapters if (found := self._data_of(system.folder)).dataset), None
        )
        yield from self._notes(evaluation)

    def _notes(self, evaluation: Evaluation) -> Iterator[Event]:
        """What is to be known and was not told yet."""
        for message in evaluation.notes():
            if message not in self.told:
                self.told.add(message)
                yield {"kind": "note", "message": message}

    def _count_edits(
        self, sentences: SentenceSet, systems: Sequence[System], rows: Sequence[int]
    ) -> Iterator[Event]:
        """TER's edits of all systems. A stop that came before only made the set smaller; one that comes now ends the counting."""
        stop = (lambda: False) if self.stop() else self.stop
        jobs = {job for i in rows for job in _jobs(sentences, systems, i)}
        edits, began, shown = {}, time.monotonic(), time.monotonic()
        yield _phase(f"Counting the edits in {len(jobs):,} distinct outputs")
        for job, counts in count_edits(jobs, stop):
            edits[job] = counts
            if (now := time.monotonic()) - shown > 0.5:
                shown = now
                yield _progress(began, len(edits), len(jobs), "outputs")
        return edits

    def _data_of(self, folder: Path) -> TrainingData:
        if folder not in self.known:
            self.known[folder] = training_data(folder, self.may_read)
        return self.known[folder]

    def _beside(self, evaluation: Evaluation, also: Sequence[SentenceSet]) -> list[Further]:
        """The further sets: what each adapter was trained on, and those that were named."""
        if self.config.base == NO_MODEL:
            return []
        adapters = [system for system in evaluation.systems if system.folder]
        own = [
            further
            for system in adapters
            if self.config.own_data
            for further in self._own(evaluation, system)
        ]
        return own + [Further(sentences.id, sentences, adapters) for sentences in also]

    def _own(self, evaluation: Evaluation, system: System) -> list[Further]:
        """The parts of an adapter's own data; what is wrong with these is noted."""
        found = self._data_of(system.folder)
        if found.dataset is None:
            evaluation.of_own_data.append(
                f"{system.name} is not scored on its own data: {found.problem}."
            )
        if found.changed:
            evaluation.of_own_data.append(
                f"The own data of {system.name}, {found.source}, has changed since it was trained: its scores there are on what it is now."
            )
        parts = (
            [(split, getattr(found.dataset, split)) for split in ("train", "eval", "test")]
            if found.dataset
            else []
        )
        return [
            Further(
                f"{system.name}'s own {split} data",
                _sample(found.source, split, pairs),
                [system],
                own=True,
            )
            for split, pairs in parts
            if pairs
        ]

    def _further(self, evaluation: Evaluation, further: Further) -> Iterator[Event]:
        """Translates and scores a further set, or notes that a stop came before its first sentence."""
        columns, _ = yield from self._translate(further.set, [s.folder for s in further.systems])
        rows = [
            i for i in range(len(further.set)) if all(column[i] is not None for column in columns)
        ]
        if rows:
            evaluation.beside.append(
                self._scored(
                    evaluation.systems[0],
                    further,
                    rows,
                    [[column[i] for i in rows] for column in columns],
                )
            )
        else:
            evaluation.left_out.append(further.title)

    def _scored(
        self, base: System, further: Further, rows: list[int], outputs: list[list[str]]
    ) -> Beside:
        """The base and some adapters on these sentences of another set, without TER."""
        sentences, systems = further.set.part(rows), further.systems
        scorer = Scorer(
            sentences.references, self.config.words, self.config.seed, metrics=("bleu", "chrf")
        )
        counted = [scorer.count(texts) for texts in outputs]
        scores = [scorer.score(counts) for counts in counted]
        p = [
            {
                metric: bootstrap_p(scores[0][metric], s[metric], counted[0][metric], c[metric])
                for metric in s
            }
            for s, c in zip(scores[1:], counted[1:])
        ]
        differ = [
            {metric: differing(counted[0][metric], c[metric]) for metric in c} for c in counted[1:]
        ]
        chrf = [scorer.sentences(counts)["chrf"] for counts in counted]
        overlaps = (
            []
            if further.own
            else [
                find_overlap(s.name, self._data_of(s.folder), sentences, further.title)
                for s in systems
            ]
        )
        names = [base.name, *(s.name for s in systems)]
        return Beside(
            further.title,
            sentences,
            further.own,
            names,
            outputs,
            chrf,
            scores,
            [None, *p],
            [None, *differ],
            rows,
            len(further.set),
            overlaps,
        )


def _sample(source: str, split: str, pairs: Sequence[tuple[str, str]]) -> SentenceSet:
    """Some of the pairs, the same ones every time."""
    pairs = random.Random(0).sample(pairs, min(len(pairs), BESIDE_SENTENCES))
    return SentenceSet(source, split, [de for de, _ in pairs], [[en for _, en in pairs]])


def _check_room(problem: str, costs: Sequence[int], room: int | None):
    """Raises ValueError where all sentences together cost more than there is room for."""
    if room is not None and sum(costs) > room:
        fits = sum(cost <= room for cost in accumulate(costs))
        raise ValueError(
            f"{problem}{f'; the first {fits:,} sentences fit' if fits else ''}. Take fewer, or shorter ones, or use the command line, which takes any number."
        )


def _jobs(
    sentences: SentenceSet, systems: Sequence[System], i: int
) -> list[tuple[str, tuple[str, ...]]]:
    references = tuple(sentences.references_of(i))
    return [(system.outputs[i], references) for system in systems]


def evaluate(config: EvaluationConfig, **options) -> Iterator[Event]:
    """The events of one evaluation; options are those of `Evaluator`."""
    return Evaluator(config, **options).run()


def adapter_name(folder: Path) -> str:
    """An adapter's folder's name; for a run's, which are all called `adapter`, the name in its manifest."""
    folder = Path(folder).resolve()
    if folder.name != "adapter":
        return folder.name
    name = read_manifest(folder).get("name")
    return name if isinstance(name, str) and name.strip() else folder.parent.name


def unique(names: Sequence[str]) -> list[str]:
    """The names, with a number behind those that were there before."""
    result: list[str] = []
    for name in names:
        result.append(
            next(
                new
                for k in range(1, len(names) + 1)
                if (new := name if k == 1 else f"{name}-{k}") not in result
            )
        )
    return result


def _phase(message: str) -> Event:
    return {"kind": "phase", "message": message}


def _progress(began: float, done: int, total: int, unit: str) -> Event:
    """How much is done of what began then, and how long the rest takes at this speed."""
    return {
        "kind": "progress",
        "done": done,
        "total": total,
        "unit": unit,
        "seconds_left": (time.monotonic() - began) / done * (total - done),
    }
