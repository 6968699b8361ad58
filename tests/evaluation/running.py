"""Ways to run an evaluation in tests."""

import threading

from lora_demo.evaluation.config import EvaluationConfig
from lora_demo.evaluation.evaluate import evaluate
from lora_demo.evaluation.events import Done, Note, Phase
from lora_demo.evaluation.scores import Scorer
from lora_demo.evaluation.sets import read_lines


def finished(config: EvaluationConfig, **options):
    """Return the evaluation and all its events."""
    events = list(evaluate(config, **options))
    assert isinstance(events[-1], Done)
    return events[-1].evaluation, events


def noted(events, message: str) -> int:
    """Count the notes with this message among the events."""
    return events.count(Note(message))


def stopped(config: EvaluationConfig, when, **options):
    """The result of an evaluation that is stopped at the first event for which `when` is true."""
    stop = threading.Event()
    for event in evaluate(config, stop=stop.is_set, **options):
        if when(event):
            stop.set()
    return event.evaluation


def after_scoring(kind: type):
    """Return a check that an event is of this kind and comes after the scores of the main set."""
    scored = []

    def when(event) -> bool:
        if event == Phase("Searching the set for training data"):
            scored.append(event)
        return bool(scored) and isinstance(event, kind)

    return when


def files_only(files, **more) -> EvaluationConfig:
    """Return the settings that compare two files of outputs without a model."""
    return EvaluationConfig(
        base="none",
        data=str(files.table),
        outputs=(("weak", files.weak), ("strong", files.strong)),
        **more,
    )


def scored(files, references, outputs, **options):
    """Score files of outputs: the scorer, and the counts and scores of each file."""
    scorer = Scorer([read_lines(getattr(files, name)) for name in references], **options)
    counted = [scorer.count(read_lines(getattr(files, name))) for name in outputs]
    return scorer, counted, [scorer.score(c) for c in counted]
