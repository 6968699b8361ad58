"""Ways to run an evaluation in tests."""

import threading

from lora_demo.evaluation.config import EvaluationConfig
from lora_demo.evaluation.evaluate import evaluate
from lora_demo.evaluation.events import Done, Note, Phase
from lora_demo.evaluation.scores import Scorer
from lora_demo.evaluation.sets import read_lines


def run_evaluation(config: EvaluationConfig, **options):
    """Run an evaluation, and return it with all its events."""
    events = list(evaluate(config, **options))
    assert isinstance(events[-1], Done)
    return events[-1].evaluation, events


def count_notes(events, message: str) -> int:
    """Count the notes with this message among the events."""
    return events.count(Note(message))


def run_until(config: EvaluationConfig, when, **options):
    """Stop an evaluation at the first event for which `when` is true, and return its result."""
    stop = threading.Event()
    for event in evaluate(config, stop=stop.is_set, **options):
        if when(event):
            stop.set()
    return event.evaluation


def after_scoring(kind: type):
    """Return a check that an event is of this kind and comes after the scores of the main set."""
    is_scored = False

    def when(event) -> bool:
        nonlocal is_scored
        is_scored = is_scored or event == Phase("Searching the set for training data")
        return is_scored and isinstance(event, kind)

    return when


def config_of_files(files, **more) -> EvaluationConfig:
    """Return the settings that compare two files of outputs without a model."""
    return EvaluationConfig(
        base="none",
        data=str(files.table),
        outputs=(("weak", files.weak), ("strong", files.strong)),
        **more,
    )


def score_files(files, references, outputs, **options):
    """Score files of outputs.

    Returns:
        The scorer, and the counts and the scores of each file.
    """
    scorer = Scorer([read_lines(getattr(files, name)) for name in references], **options)
    counts = [scorer.count(read_lines(getattr(files, name))) for name in outputs]
    scores = [scorer.score(each) for each in counts]
    return scorer, counts, scores
