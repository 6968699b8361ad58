"""The step of an evaluation that scores every system with COMET."""

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field

from lora_demo.evaluation.comet.scorer import CometError, CometScorer, CometScores, Row
from lora_demo.evaluation.events import Event, Note, Phase, Progress
from lora_demo.evaluation.report.data import System
from lora_demo.evaluation.segment_scores import SegmentFile, SegmentMetric
from lora_demo.evaluation.sets import SentenceSet
from lora_demo.language import _, ngettext

METRIC = "COMET"


@dataclass(frozen=True)
class CometOutcome:
    """The result of scoring with COMET.

    Attributes:
        metrics: One metric with the scores of all systems, or none.
        problem: The reason for a failure, else empty.
        left_out: The name of the metric, if the evaluation was stopped before it had scores.
    """

    metrics: list[SegmentMetric] = field(default_factory=list)
    problem: str = ""
    left_out: list[str] = field(default_factory=list)


def check_name(files: Sequence[SegmentFile]) -> None:
    """Check that no given scores have the name of those that are to be computed.

    Args:
        files: The given scores.

    Raises:
        ValueError: If some are named COMET.
    """
    if METRIC in {file.metric for file in files}:
        raise ValueError(
            _(
                "The given segment scores are named {metric}, like the scores that this "
                "evaluation computes. Give them another name.",
                metric=METRIC,
            )
        )


def score_with_comet(
    comet: CometScorer | None,
    sentences: SentenceSet,
    systems: Sequence[System],
    stop: Callable[[], bool],
) -> Generator[Event, None, CometOutcome]:
    """Score the outputs of all systems. A failure of COMET does not end the evaluation.

    Args:
        comet: The scorer; None: no COMET.
        sentences: The set. Its first references are used.
        systems: The systems with an output for each sentence.
        stop: Checked all the time; a stop ends COMET.

    Yields:
        The progress.

    Returns:
        The scores of all systems, or why there are none.
    """
    if comet is None:
        return CometOutcome()
    if stop():
        return CometOutcome(left_out=[METRIC])
    yield Phase(_("Loading COMET ({model})", model=comet.model.name))
    try:
        scores = yield from _score(comet, _rows(sentences, systems), stop)
    except CometError as error:
        return CometOutcome(problem=str(error))
    if scores is None:
        return CometOutcome(left_out=[METRIC])
    references = len(sentences.references)
    if scores.uses_references and references > 1:
        yield Note(_("COMET uses the first of the {count} references.", count=references))
    signature = f"{scores.signature}|references:{int(scores.uses_references)}"
    n = len(sentences)
    by_system = {
        system.name: scores.values[k * n : (k + 1) * n] for k, system in enumerate(systems)
    }
    return CometOutcome([SegmentMetric(METRIC, False, by_system, signature)])


def _rows(sentences: SentenceSet, systems: Sequence[System]) -> list[Row]:
    """List what COMET scores: all sentences of the first system, then those of the next."""
    references = [sentences.references_of(i)[0] for i in range(len(sentences))]
    return [
        row
        for system in systems
        for row in zip(sentences.sources, system.outputs, references, strict=True)
    ]


def _score(
    comet: CometScorer, rows: Sequence[Row], stop: Callable[[], bool]
) -> Generator[Event, None, CometScores | None]:
    """Score rows, and turn the counts of the scorer into events."""
    scoring = comet.score(rows, stop)
    started = 0.0
    while True:
        try:
            done, total = next(scoring)
        except StopIteration as end:
            scores: CometScores | None = end.value
            return scores
        if not started:
            started = time.monotonic()
            yield Phase(
                ngettext(
                    "Scoring {count:,} distinct output with COMET",
                    "Scoring {count:,} distinct outputs with COMET",
                    total,
                )
            )
        if done:
            seconds_left = (time.monotonic() - started) / done * (total - done)
            yield Progress(done, total, "outputs", seconds_left)
