"""Short recorded runs for the tests of the lessons."""

from lora_demo.training.events import DoneEvent, EvalEvent, Event, PlanEvent, Probe, StepEvent
from lora_demo.training.progress import RunProgress


def evaluation(step: int, eval_loss: float, chrf: float = 20.0, **more) -> EvalEvent:
    """An evaluation with one probe sentence, whose translation names the step."""
    probe = Probe("Es regnet.", "It is raining.", f"It rains {step}.")
    values = {"train_loss": None if step == 0 else 3.0 / step, "probes": (probe,), **more}
    return EvalEvent(time=0.0, step=step, eval_loss=eval_loss, chrf=chrf, **values)


def events(*evaluations: EvalEvent, pairs: int = 160) -> list[Event]:
    """The events of a finished run."""
    last = evaluations[-1].step
    plan = PlanEvent(
        time=0.0,
        step=0,
        train_pairs=pairs,
        eval_pairs=20,
        total_steps=last,
        trainable=100,
        percent=1.0,
    )
    steps = [
        StepEvent(
            time=0.0,
            step=step,
            loss=3.0 / step,
            learning_rate=1e-3,
            tokens_per_second=1.0,
            seconds_left=0.0,
        )
        for step in range(1, last + 1)
    ]
    done = DoneEvent(time=0.0, step=last, steps=last, seconds=12.0, reason="finished")
    by_step = sorted([*steps, *evaluations], key=lambda event: event.step)
    return [plan, *by_step, done]


def run(*evaluations: EvalEvent, pairs: int = 160) -> RunProgress:
    """A finished run."""
    return RunProgress.from_events(events(*evaluations, pairs=pairs))


def overfitting_run() -> RunProgress:
    """A run whose held-out loss is lowest at step 2 of 4."""
    return run(evaluation(0, 3.0), evaluation(2, 2.0), evaluation(4, 2.5))


def all_recorded(names) -> dict[str, RunProgress]:
    """A run for each name; each is a little better than the one before."""
    return {
        name: run(
            evaluation(0, 3.0, 20.0, everyday_chrf=30.0),
            evaluation(4, 2.0 - number / 100, 30.0 + number, everyday_chrf=25.0),
        )
        for number, name in enumerate(names)
    }
