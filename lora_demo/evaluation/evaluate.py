"""One evaluation as a generator of events: read, translate, score, test, report.

If it is stopped early, it scores the finished sentences.
"""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lora_demo.evaluation.comet.scorer import CometScorer
from lora_demo.evaluation.comet.step import check_name, score_with_comet
from lora_demo.evaluation.config import EvaluationConfig
from lora_demo.evaluation.events import Done, Event, Note, Phase, Progress, describe_translating
from lora_demo.evaluation.further_sets import FurtherInput, own_data_inputs, own_data_notes
from lora_demo.evaluation.inputs import Inputs, read_inputs
from lora_demo.evaluation.metrics import fast_metrics
from lora_demo.evaluation.outputs import Translation
from lora_demo.evaluation.overlap import TrainingData, find_overlap, read_training_data
from lora_demo.evaluation.report.data import Evaluation, FurtherSet, Kind
from lora_demo.evaluation.report.narrative import describe_skipped, notes
from lora_demo.evaluation.scores import Scorer
from lora_demo.evaluation.scoring import (
    PartialOutputs,
    add_tests,
    count_edits_of,
    find_counted,
    find_done,
    randomise,
    score_columns,
    score_system,
)
from lora_demo.evaluation.segment_tests import score_segments
from lora_demo.evaluation.sets import SentenceSet
from lora_demo.evaluation.size_limits import check_edit_work, check_tokens
from lora_demo.language import _

if TYPE_CHECKING:
    from lora_demo.translator import Translator


def evaluate(config: EvaluationConfig, **options: Any) -> Iterator[Event]:
    """Run one evaluation.

    Args:
        config: The settings of the evaluation.
        options: Arguments of `Evaluator`.

    Yields:
        The events; the last one is `Done` with the result.

    Raises:
        ValueError: For input that cannot be evaluated.
    """
    yield from Evaluator(config, **options).run()


@dataclass
class Evaluator:
    """Runs one evaluation.

    Attributes:
        config: The settings of the evaluation.
        translator: A loaded translator; None: load one if it is needed.
        stop: A function that is called between batches; once it returns True, what is done is
            scored.
        names: Names of the adapters; None: those of their folders.
        label: Name of the set; None: `config.data`. With a label, no path of this machine is shown.
        may_read: True if training data may be read again from a source that a manifest names.
        columns_of: Names of the columns of a source that are known apart from the config.
        max_tokens: Source tokens times systems times beams; None: no limit.
        max_work: Work of counting edits, in the unit of `edits.work`; None: no limit.
        precision: Precision of the translator, if it is loaded here.
        comet: A scorer with COMET; None: no such scores.
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
    comet: CometScorer | None = None
    _training_data: dict[Path, TrainingData] = field(default_factory=dict)
    _shown_notes: set[str] = field(default_factory=set)

    def run(self) -> Iterator[Event]:
        """Run the evaluation.

        Yields:
            The events; the last one is `Done` with the result.

        Raises:
            ValueError: For input that cannot be evaluated.
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
        files = (*self.config.outputs, *self.config.segment_scores)
        names |= {str(path): path.name for _unused, path in files}
        adapters = zip(self.config.adapters, self.names or (), strict=False)
        names |= {str(path): name for path, name in adapters}
        if self.comet:
            names |= {str(self.comet.model.folder): self.comet.model.name}
            names |= {str(self.comet.python.path.parents[1]): "COMET"}
        for path, name in names.items():
            message = message.replace(path, name)
        return message

    def _run(self) -> Iterator[Event]:
        started = time.monotonic()
        config = self.config
        if self.comet:
            check_name(config.segment_files)
        yield Phase(_("Reading {source}", source=self.label or config.data))
        inputs = read_inputs(config, self.names, self.label, self.columns_of)
        for sentences in (inputs.sentences, *inputs.also):
            yield from self._show(describe_skipped(sentences))
        self._check_work(inputs)
        yield from self._load_base()
        own, split = yield from self._translate(inputs.sentences, config.adapters)
        columns = self._make_columns(inputs, own)
        evaluation = yield from self._evaluate_set(inputs, columns, split)
        evaluation = yield from self._evaluate_further_sets(evaluation, inputs.also)
        yield from self._new_notes(evaluation)
        yield Done(replace(evaluation, seconds=time.monotonic() - started))

    def _check_work(self, inputs: Inputs) -> None:
        own_systems = 1 + len(self.config.adapters) if self.config.has_base else 0
        check_edit_work(inputs.sentences, inputs.outputs, own_systems, self.max_work)

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
        yield Phase(describe_translating(len(sentences), len(adapters)))
        translation = Translation(self.translator, sentences.sources, adapters, self.config.beams)
        check_tokens(sentences, translation, self.max_tokens)
        for done, total, seconds_left in translation.run(self.stop):
            yield Progress(done, total, "tokens", seconds_left)
        return translation.columns, translation.split

    def _make_columns(
        self, inputs: Inputs, own: Sequence[Sequence[str | None]]
    ) -> list[PartialOutputs]:
        """Name the outputs of the base and the adapters, and add those made elsewhere."""
        kinds: list[tuple[Kind, Path | None]] = []
        if own:
            kinds = [("base", None), *(("adapter", folder) for folder in self.config.adapters)]
        kinds += [("outputs", None)] * len(inputs.outputs)
        return [
            PartialOutputs(name, kind, outputs, folder)
            for name, (kind, folder), outputs in zip(
                inputs.names, kinds, [*own, *inputs.outputs], strict=True
            )
        ]

    # Scoring

    def _evaluate_set(
        self, inputs: Inputs, columns: Sequence[PartialOutputs], split: Sequence[int]
    ) -> Generator[Event, None, Evaluation]:
        """Score the sentences that every system has done."""
        config, sentences = self.config, inputs.sentences
        translated = find_done(sentences, columns)
        edits = yield from count_edits_of(sentences, columns, translated, self.stop)
        rows = find_counted(sentences, columns, translated, edits)
        if not rows:
            raise ValueError(_("Stopped before anything was done, so there is nothing to score."))
        part = sentences.part(rows)
        scorer = Scorer(part.references, config.word_order, config.seed)
        systems = yield from score_columns(scorer, part, columns, rows, edits)
        comet = yield from score_with_comet(self.comet, part, systems, self.stop)
        given = [metric.part(rows) for metric in inputs.segment_metrics]
        results = [
            score_segments(metric, range(len(rows)), config.seed)
            for metric in (*given, *comet.metrics)
        ]
        evaluation = Evaluation(
            set=part,
            rows=rows,
            total=len(sentences),
            systems=systems,
            config=config,
            scorer=scorer,
            segment_results=results,
            left_out=comet.left_out,
            comet_problem=self._hide_paths(comet.problem),
            split_rows=[k for k, i in enumerate(rows) if i in set(split)],
            glossary=inputs.glossary,
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
        yield from self._show(notes(evaluation))

    def _show(self, messages: Sequence[str]) -> Iterator[Event]:
        for message in messages:
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
            PartialOutputs(system.name, system.kind, texts, system.folder)
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
