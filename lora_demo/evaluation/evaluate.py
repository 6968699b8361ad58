"""One evaluation as a generator of events: read, translate, score, test, report.

If it is stopped early, it scores the finished sentences.
"""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lora_demo.checkpoints.adapter_names import adapter_name, make_unique
from lora_demo.data.sources import with_columns
from lora_demo.evaluation.analysis.glossary import read_glossary
from lora_demo.evaluation.config import BASE, EvaluationConfig
from lora_demo.evaluation.events import Done, Event, Note, Phase, Progress, translating_words
from lora_demo.evaluation.further_sets import FurtherInput, own_data_inputs, own_data_notes
from lora_demo.evaluation.metrics import fast_metrics
from lora_demo.evaluation.outputs import Translation
from lora_demo.evaluation.overlap import TrainingData, find_overlap, read_training_data
from lora_demo.evaluation.report.data import Evaluation, FurtherSet
from lora_demo.evaluation.report.narrative import notes
from lora_demo.evaluation.scores import Scorer
from lora_demo.evaluation.scoring import (
    Column,
    add_tests,
    count_edits_of,
    find_counted,
    find_done,
    randomise,
    score_columns,
    score_system,
)
from lora_demo.evaluation.sets import SentenceSet, load_set, read_outputs
from lora_demo.evaluation.size_limits import check_edit_work, check_tokens
from lora_demo.language import _

if TYPE_CHECKING:
    from lora_demo.translator import Translator


def evaluate(config: EvaluationConfig, **options: Any) -> Iterator[Event]:
    """Run one evaluation.

    Args:
        config: what to evaluate.
        options: arguments of `Evaluator`.

    Yields:
        The events; the last one is `Done` with the result.

    Raises:
        ValueError: for input that cannot be evaluated.
    """
    yield from Evaluator(config, **options).run()


@dataclass
class Evaluator:
    """Runs one evaluation.

    Attributes:
        config: what to evaluate.
        translator: a loaded translator; None: load one if it is needed.
        stop: checked between batches; when it returns True, what is done is scored.
        names: names of the adapters; None: those of their folders.
        label: name of the set; None: `config.data`. With a label, no path of this machine is shown.
        may_read: whether training data may be read again from a source that a manifest names.
        columns_of: names of the columns of a source that are known apart from the config.
        max_tokens: source tokens times systems times beams; None: no limit.
        max_work: work of counting edits, in the unit of `edits.work`; None: no limit.
        precision: of the translator, if it is loaded here.
    """

    config: EvaluationConfig
    translator: "Translator | None" = None
    stop: Callable[[], bool] = lambda: False
    names: Sequence[str] | None = None
    label: str | None = None
    may_read: Callable[[str], bool] = lambda source: True
    columns_of: Callable[[str], str | None] = lambda source: None
    max_tokens: int | None = None
    max_work: int | None = None
    precision: str = "auto"
    _training_data: dict[Path, TrainingData] = field(default_factory=dict)
    _shown_notes: set[str] = field(default_factory=set)

    def run(self) -> Iterator[Event]:
        """Run the evaluation.

        Yields:
            The events; the last one is `Done` with the result.

        Raises:
            ValueError: for input that cannot be evaluated.
        """
        try:
            yield from self._run()
        except ValueError as error:
            raise ValueError(self._hide_paths(str(error))) from None

    def _hide_paths(self, message: str) -> str:
        """Replace the paths of this machine by names, if there is a label."""
        if self.label is None:
            return message
        names = {self.config.data: self.label}
        names |= {str(path): path.name for _unused, path in self.config.outputs}
        adapters = zip(self.config.adapters, self.names or (), strict=False)
        names |= {str(path): name for path, name in adapters}
        for path, name in names.items():
            message = message.replace(path, name)
        return message

    def _run(self) -> Iterator[Event]:
        started = time.monotonic()
        config = self.config
        yield Phase(_("Reading {source}", source=self.label or config.data))
        sentences = self._load_set()
        glossary = read_glossary(config.glossary) if config.glossary else []
        given = [
            Column(name, "outputs", read_outputs(path, sentences, config.max_pairs))
            for name, path in config.outputs
        ]
        self._check_work(sentences, given)
        also = [self._load_further(data) for data in config.also]
        yield from self._load_base()
        columns, split = yield from self._translate(sentences, config.adapters)
        own = self._name(columns) + given
        evaluation = yield from self._evaluate_set(sentences, _with_unique_names(own), split)
        evaluation = yield from self._evaluate_further_sets(evaluation, also)
        yield from self._new_notes(evaluation)
        seconds = time.monotonic() - started
        yield Done(replace(evaluation, glossary=glossary, seconds=seconds))

    # Reading

    def _load_set(self) -> SentenceSet:
        config = self.config
        sentences = load_set(
            config.data,
            config.split,
            config.references,
            config.max_pairs,
            columns=self.columns_of(config.data) or config.columns,
        )
        return replace(sentences, id=self.label or sentences.id)

    def _load_further(self, data: str) -> SentenceSet:
        def read(columns: str | None) -> SentenceSet:
            return load_set(data, max_pairs=self.config.max_pairs, columns=columns)

        return with_columns(read, self.columns_of(data) or self.config.columns)

    def _check_work(self, sentences: SentenceSet, given: Sequence[Column]) -> None:
        own_systems = 1 + len(self.config.adapters) if self.config.has_base else 0
        outputs = [column.select(range(len(sentences))).outputs for column in given]
        check_edit_work(sentences, outputs, own_systems, self.max_work)

    def _load_base(self) -> Iterator[Event]:
        """Check base and adapters before anything slow, and load the base if it is needed."""
        from lora_demo.checkpoints.adapters import read_adapter
        from lora_demo.checkpoints.base import find_base
        from lora_demo.checkpoints.download import cancel_when

        config = self.config
        if not config.has_base:
            return
        if self.translator:
            base = self.translator.base
        else:
            base = find_base(config.base, config.revision, cancel_when(self.stop, config.base))
        for folder in config.adapters:
            adapter = read_adapter(Path(folder), base.config)
            for note in adapter.notes:
                yield Note(f"{folder}: {note}")
        if self.translator is None:
            yield Phase(_("Loading the base model {base}", base=config.base))
            from lora_demo.translator import Translator

            self.translator = Translator(base, self.precision)
            if self.translator.precision_note:
                yield Note(self.translator.precision_note)

    def _training_data_of(self, folder: Path) -> TrainingData:
        if folder not in self._training_data:
            self._training_data[folder] = read_training_data(folder, self.may_read)
        return self._training_data[folder]

    # Translating

    def _translate(
        self, sentences: SentenceSet, adapters: Sequence[Path]
    ) -> Generator[Event, None, tuple[list[list[str | None]], list[int]]]:
        """Translate with the base and adapters.

        Returns:
            Each system's outputs, and the sentences that were translated in pieces.
        """
        if not self.config.has_base or self.translator is None:
            return [], []
        yield Phase(translating_words(len(sentences), len(adapters)))
        translation = Translation(self.translator, sentences.sources, adapters, self.config.beams)
        check_tokens(sentences, translation, self.max_tokens)
        for done, total, seconds_left in translation.run(self.stop):
            yield Progress(done, total, "tokens", seconds_left)
        return translation.columns, translation.split

    def _name(self, columns: Sequence[Sequence[str | None]]) -> list[Column]:
        """Name the outputs of the base and the adapters."""
        if not columns:
            return []
        adapters = self.config.adapters
        names = self.names or [adapter_name(folder) for folder in adapters]
        base, *others = columns
        return [
            Column(BASE, "base", base),
            *(
                Column(name, "adapter", outputs, folder)
                for name, outputs, folder in zip(names, others, adapters, strict=True)
            ),
        ]

    # Scoring

    def _evaluate_set(
        self, sentences: SentenceSet, columns: Sequence[Column], split: Sequence[int]
    ) -> Generator[Event, None, Evaluation]:
        """Score the sentences that every system has done."""
        config = self.config
        translated = find_done(sentences, columns)
        edits = yield from count_edits_of(sentences, columns, translated, self.stop)
        rows = find_counted(sentences, columns, translated, edits)
        if not rows:
            raise ValueError(_("Stopped before anything was done, so there is nothing to score."))
        part = sentences.part(rows)
        scorer = Scorer(part.references, config.word_order, config.seed)
        systems = yield from score_columns(scorer, part, columns, rows, edits)
        evaluation = Evaluation(
            set=part,
            rows=rows,
            total=len(sentences),
            systems=systems,
            config=config,
            scorer=scorer,
            split_rows=[k for k, i in enumerate(rows) if i in set(split)],
            shows_paths=self.label is None,
            precision=self.translator.precision if self.translator else "float32",
        )
        if config.randomisation:
            evaluation = yield from randomise(evaluation, self.stop)
        return (yield from self._add_overlaps(evaluation))

    def _add_overlaps(self, evaluation: Evaluation) -> Generator[Event, None, Evaluation]:
        """Compare the set with the training data of each adapter."""
        if evaluation.adapters:
            yield Phase(_("Searching the set for training data"))
        data = {s.name: self._training_data_of(s.folder) for s in evaluation.adapters if s.folder}
        evaluation = replace(
            evaluation,
            overlaps=[find_overlap(name, data[name], evaluation.set) for name in data],
            training=next((found for found in data.values() if found.dataset), None),
        )
        yield from self._new_notes(evaluation)
        return evaluation

    def _new_notes(self, evaluation: Evaluation) -> Iterator[Event]:
        """Yield the notes that were not shown before."""
        for message in notes(evaluation):
            if message not in self._shown_notes:
                self._shown_notes.add(message)
                yield Note(message)

    # Further sets

    def _evaluate_further_sets(
        self, evaluation: Evaluation, also: Sequence[SentenceSet]
    ) -> Generator[Event, None, Evaluation]:
        """Score the further sets, until a stop."""
        further_sets, left_out = [], [*evaluation.left_out]
        for further in self._further_inputs(evaluation, also):
            result = None
            if not self.stop():
                result = yield from self._evaluate_further(evaluation, further)
            if result:
                further_sets.append(result)
            else:
                left_out.append(further.title)
        return replace(
            evaluation,
            further_sets=further_sets,
            left_out=left_out,
            own_data_notes=self._own_data_notes(evaluation),
        )

    def _further_inputs(
        self, evaluation: Evaluation, also: Sequence[SentenceSet]
    ) -> list[FurtherInput]:
        if not self.config.has_base:
            return []
        inputs = []
        for system in evaluation.adapters:
            if self.config.own_data and system.folder:
                inputs += own_data_inputs(system, self._training_data_of(system.folder))
        return inputs + [FurtherInput(found.id, found, evaluation.adapters) for found in also]

    def _own_data_notes(self, evaluation: Evaluation) -> list[str]:
        result = []
        for system in evaluation.adapters:
            if self.config.own_data and system.folder:
                result += own_data_notes(system, self._training_data_of(system.folder))
        return result

    def _evaluate_further(
        self, evaluation: Evaluation, further: FurtherInput
    ) -> Generator[Event, None, FurtherSet | None]:
        """Translate and score a further set; None if a stop comes before its first sentence."""
        folders = [system.folder for system in further.adapters if system.folder]
        outputs, _unused = yield from self._translate(further.set, folders)
        columns = [
            Column(system.name, system.kind, texts, system.folder)
            for system, texts in zip([evaluation.first, *further.adapters], outputs, strict=True)
        ]
        rows = find_done(further.set, columns)
        if not rows:
            return None
        part = further.set.part(rows)
        scorer = Scorer(
            part.references, self.config.word_order, self.config.seed, metrics=fast_metrics()
        )
        systems = [score_system(scorer, part, column.select(rows)) for column in columns]
        return FurtherSet(
            set=part,
            rows=rows,
            total=len(further.set),
            systems=add_tests(systems),
            title=further.title,
            is_own_data=further.is_own_data,
            overlaps=[
                find_overlap(s.name, self._training_data_of(s.folder), part, further.title)
                for s in further.adapters
                if s.folder and not further.is_own_data
            ],
        )


def _with_unique_names(columns: Sequence[Column]) -> list[Column]:
    names = make_unique(column.name for column in columns)
    return [replace(column, name=name) for column, name in zip(columns, names, strict=True)]
