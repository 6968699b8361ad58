"""The events of a run, as `train` prints them on standard error."""

from typing import TypeGuard

from lora_demo.cli.terminal import print_progress, print_status
from lora_demo.formatting import format_duration, plural
from lora_demo.training.events import (
    EvalEvent,
    Event,
    NoteEvent,
    PhaseEvent,
    PlanEvent,
    ResumeEvent,
    StepEvent,
)

LOG_EVERY = 50
"""Steps between the lines of a log file; a terminal shows every step."""
SHOWN_PHASES = ("base", "replay", "compile", "evaluate", "train", "job")


def show_event(event: Event) -> None:
    """Print one event of a run; on a terminal each step replaces the one before.

    Args:
        event: The event. Phases outside `SHOWN_PHASES` and kinds without a line print nothing.
    """
    if isinstance(event, StepEvent):
        print_progress(_format_step(event), in_log=event.step % LOG_EVERY == 0)
    elif isinstance(event, PlanEvent):
        print_status(_format_plan(event))
        if event.cut_pairs:
            print_status(_format_cut(event))
    elif isinstance(event, NoteEvent):
        print_status(f"! {event.message}")
    elif isinstance(event, EvalEvent):
        _show_evaluation(event)
    elif isinstance(event, ResumeEvent) or _is_shown_phase(event):
        print_status(event.message)


def _is_shown_phase(event: Event) -> TypeGuard[PhaseEvent]:
    return isinstance(event, PhaseEvent) and event.phase in SHOWN_PHASES


def _format_step(event: StepEvent) -> str:
    return (
        f"step {event.step}  loss {event.loss:.4f}  "
        f"{event.tokens_per_second:.0f} tokens/s  {format_duration(event.seconds_left)} left"
    )


def _format_plan(event: PlanEvent) -> str:
    return (
        f"{event.device}, {event.precision}: {plural(event.total_steps, 'step')} on "
        f"{plural(event.train_pairs, 'pair')}, {event.trainable:,} trained parameters "
        f"({event.percent:.3f}%)"
    )


def _format_cut(event: PlanEvent) -> str:
    total = event.train_pairs + event.eval_pairs
    verb = "has" if event.cut_pairs == 1 else "have"
    return (
        f"! {event.cut_pairs:,} of {total:,} pairs {verb} more than {event.max_length} tokens and "
        "lose the rest, so the model learns to stop early. Raise --max-length, or split the pairs."
    )


def _show_evaluation(event: EvalEvent) -> None:
    best = "  kept" if event.best else ""
    scores = f"held-out loss {event.eval_loss:.4f}  chrF {event.chrf:.2f}"
    if event.everyday_chrf is not None:
        scores += f"  everyday chrF {event.everyday_chrf:.2f}"
    if event.base_chrf is not None and event.base_everyday_chrf is not None:
        print_status(
            f"base    held-out loss {event.base_eval_loss:.4f}  chrF {event.base_chrf:.2f}  "
            f"everyday chrF {event.base_everyday_chrf:.2f}"
        )
    print_status(f"step {event.step}  {scores}{best}")
    for probe in event.probes:
        print_status(f"    {probe.de}\n    -> {probe.text}")
