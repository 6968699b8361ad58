"""The progress of a run, computed from its events."""

from dataclasses import replace

from lora_demo.training.events import BeginEvent, EvalEvent, ResumeEvent, StepEvent
from lora_demo.training.progress import RunProgress


def evaluation(step, train, loss, chrf):
    return EvalEvent(
        time=0.0, step=step, train_loss=train, eval_loss=loss, chrf=chrf, best=False, probes=()
    )


def everyday(step, loss, chrf, **values):
    return replace(evaluation(step, 1.0 if step else None, loss, 20), everyday_chrf=chrf, **values)


def test_a_sentence_says_that_the_kept_adapter_is_worse_on_everyday_sentences():
    start = everyday(0, 3.0, 60.0)
    worse = everyday(5, 2.0, 50.0, everyday_p=0.001, everyday_worse=True)
    noise = everyday(5, 2.0, 59.5, everyday_p=0.4, everyday_worse=False)
    sentence = "is worse on everyday sentences than at its start: chrF 60.0 → 50.0"
    assert sentence in RunProgress.from_events([start, worse]).summary()
    assert "On everyday sentences, chrF 60.0 → 59.5." in (
        RunProgress.from_events([start, noise]).summary()
    )
    assert RunProgress.from_events([start, noise]).forgetting == ""
    later = everyday(10, 2.5, 40.0, everyday_p=0.001, everyday_worse=True)
    assert RunProgress.from_events([start, noise, later]).forgetting == "", "it is not kept"


def update(step, loss):
    return StepEvent(
        time=0.0,
        step=step,
        loss=loss,
        learning_rate=1e-3,
        tokens_per_second=1.0,
        seconds_left=1.0,
    )


def test_progress_finds_the_best_evaluation_and_overfitting():
    progress = RunProgress.from_events(
        [evaluation(0, None, 3.0, 10), evaluation(5, 2.0, 2.0, 20), evaluation(10, 1.0, 2.5, 18)]
    )
    assert progress.best.step == 5 and progress.is_overfitting
    assert "overfits" in progress.summary()
    falling = [evaluation(0, None, 3.0, 10), evaluation(5, 2.0, 2.0, 20)]
    assert not RunProgress.from_events(falling).is_overfitting


def test_steps_repeated_by_a_resumed_run_replace_the_earlier_ones():
    progress = RunProgress.from_events(
        [
            update(1, 3.0),
            update(2, 2.0),
            BeginEvent(time=0.0, step=0),
            ResumeEvent(time=0.0, step=1),
            update(2, 1.9),
        ]
    )
    assert progress.curve("loss") == [(1, 3.0), (2, 1.9)] and progress.step == 2


def test_a_run_killed_before_its_first_checkpoint_starts_over():
    began = [BeginEvent(time=0.0, step=0), evaluation(0, None, 3.0, 10)]
    progress = RunProgress.from_events(
        [
            *began,
            update(1, 3.0),
            update(2, 2.0),
            evaluation(2, 2.0, 2.5, 12),
            *began,
            update(1, 2.9),
        ]
    )
    assert progress.curve("loss") == [(1, 2.9)]
    assert [e.step for e in progress.evaluations] == [0]
    assert progress.step == 1
