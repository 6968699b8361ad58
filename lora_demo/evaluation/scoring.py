"""Scores systems on a set and tests them against each other."""

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lora_demo.evaluation.analysis.flaws import find_flaws
from lora_demo.evaluation.edits import EditCounts, Job, count_edits
from lora_demo.evaluation.events import Event, Phase, Progress, Unit
from lora_demo.evaluation.report.data import Evaluation, Kind, System, SystemOutputs
from lora_demo.evaluation.scores import Scorer, bootstrap_test
from lora_demo.evaluation.segment_tests import randomise_segments
from lora_demo.evaluation.sets import SentenceSet
from lora_demo.evaluation.significance import PairedTest
from lora_demo.language import _, ngettext

SECONDS_BETWEEN_PROGRESS = 0.5

Stop = Callable[[], bool]
"""Returns True when the evaluation should end with the translations so far."""


@dataclass(frozen=True)
class PartialOutputs:
    """One system with the outputs that are done; None where a stop came first."""

    name: str
    kind: Kind
    outputs: Sequence[str | None]
    folder: Path | None = None

    def select(self, rows: Sequence[int]) -> SystemOutputs:
        """Select some sentences, all of which are done.

        Args:
            rows: Rows of the set, as `find_done` returns them.
        """
        outputs = [text for i in rows if (text := self.outputs[i]) is not None]
        return SystemOutputs(self.name, self.kind, outputs, self.folder)


def find_done(sentences: SentenceSet, columns: Sequence[PartialOutputs]) -> list[int]:
    """Find the sentences for which every system has an output.

    Args:
        sentences: The set.
        columns: The systems.

    Returns:
        The rows in their order.
    """
    return [
        i for i in range(len(sentences)) if all(column.outputs[i] is not None for column in columns)
    ]


def count_edits_of(
    sentences: SentenceSet, columns: Sequence[PartialOutputs], rows: Sequence[int], stop: Stop
) -> Generator[Event, None, EditCounts]:
    """Count the edits of all outputs.

    A stop during the translation has only made the set smaller. A stop that comes now ends the
    counting.

    Args:
        sentences: The set.
        columns: The systems.
        rows: The sentences for which every system has an output.
        stop: Checked all the time.

    Yields:
        The progress.

    Returns:
        The edits that are counted.
    """
    jobs = {job for i in rows for job in _jobs(sentences, columns, i)}
    if stop():
        stop = _never
    yield Phase(
        ngettext(
            "Counting edits in {count:,} distinct output",
            "Counting edits in {count:,} distinct outputs",
            len(jobs),
        )
    )
    edits: EditCounts = {}
    started = shown = time.monotonic()
    for job, counts in count_edits(jobs, stop):
        edits[job] = counts
        now = time.monotonic()
        if now - shown > SECONDS_BETWEEN_PROGRESS:
            shown = now
            yield _progress(started, len(edits), len(jobs), "outputs")
    return edits


def find_counted(
    sentences: SentenceSet,
    columns: Sequence[PartialOutputs],
    rows: Sequence[int],
    edits: EditCounts,
) -> list[int]:
    """Find the sentences for which the edits of every system are counted.

    Args:
        sentences: The set.
        columns: The systems.
        rows: The sentences for which every system has an output.
        edits: The edits that are counted.

    Returns:
        The rows in their order.
    """
    return [i for i in rows if all(job in edits for job in _jobs(sentences, columns, i))]


def _jobs(sentences: SentenceSet, columns: Sequence[PartialOutputs], i: int) -> list[Job]:
    references = tuple(sentences.references_of(i))
    return [(output, references) for column in columns for output in column.select([i]).outputs]


def _never() -> bool:
    return False


def score_columns(
    scorer: Scorer,
    sentences: SentenceSet,
    columns: Sequence[PartialOutputs],
    rows: Sequence[int],
    edits: EditCounts,
) -> Generator[Event, None, list[System]]:
    """Score and test all systems. A stop does not end this, because results need all scores.

    Args:
        scorer: The scorer of these sentences.
        sentences: The sentences to score.
        columns: The systems.
        rows: The positions of the sentences in the columns.
        edits: The edits of all outputs.

    Yields:
        The progress.

    Returns:
        The systems with scores and tests.
    """
    yield Phase(_("Scoring and resampling"))
    systems: list[System] = []
    started = time.monotonic()
    for column in columns:
        systems.append(score_system(scorer, sentences, column.select(rows), edits))
        yield _progress(started, len(systems), len(columns), "systems")
    return add_tests(systems)


def score_system(
    scorer: Scorer,
    sentences: SentenceSet,
    system: SystemOutputs,
    edits: EditCounts | None = None,
) -> System:
    """Score one system.

    Args:
        scorer: The scorer of the set.
        sentences: The set.
        system: The system with one output for each sentence.
        edits: Edits that are counted already; None: count them now if a metric needs them.

    Returns:
        The system with scores and flaws, but without tests.
    """
    statistics = scorer.count(system.outputs, edits)
    return System(
        name=system.name,
        kind=system.kind,
        outputs=system.outputs,
        folder=system.folder,
        statistics=statistics,
        scores=scorer.score(statistics),
        sentence_scores=scorer.score_sentences(statistics),
        flaws=find_flaws(sentences, system.outputs, statistics["bleu"]),
    )


def add_tests(systems: Sequence[System]) -> list[System]:
    """Test every system against every other one by the paired bootstrap.

    Args:
        systems: The scored systems of one set.

    Returns:
        The systems with their tests.
    """
    return [
        replace(
            system,
            tests={other.name: _test(other, system) for other in systems if other is not system},
        )
        for system in systems
    ]


def _test(base: System, other: System) -> dict[str, PairedTest]:
    return {
        metric: bootstrap_test(
            base.scores[metric],
            other.scores[metric],
            base.statistics[metric],
            other.statistics[metric],
        )
        for metric in other.scores
    }


def randomise(evaluation: Evaluation, stop: Stop) -> Generator[Event, None, Evaluation]:
    """Test each system against the first one by approximate randomisation, until a stop.

    Args:
        evaluation: The evaluation.
        stop: Checked before each system.

    Yields:
        The progress.

    Returns:
        The evaluation with the tests, and with those that were left out.
    """
    yield Phase(_("Testing by paired approximate randomisation"))
    systems, left_out = [evaluation.first], [*evaluation.left_out]
    started = time.monotonic()
    for done, system in enumerate(evaluation.others, 1):
        if stop():
            left_out.append(_("paired approximate randomisation of {name}", name=system.name))
            systems.append(system)
            continue
        tests = evaluation.scorer.randomise(evaluation.first.statistics, system.statistics)
        systems.append(replace(system, randomisation=tests))
        yield _progress(started, done, len(evaluation.others), "systems")
    results = [randomise_segments(result) for result in evaluation.segment_results]
    return replace(evaluation, systems=systems, segment_results=results, left_out=left_out)


def _progress(started: float, done: int, total: int, unit: Unit) -> Progress:
    """Make a progress event whose time left follows from the speed so far."""
    seconds_left = (time.monotonic() - started) / done * (total - done)
    return Progress(done, total, unit, seconds_left)
