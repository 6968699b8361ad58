"""The start of a run as a list of steps: what is done, what happens now, and for how long."""

import statistics
import time
from collections.abc import Iterable
from html import escape

from lora_demo.formatting import format_duration
from lora_demo.language import N_, _
from lora_demo.training.events import BeginEvent, Event, StepEvent
from lora_demo.training.progress import RunProgress
from lora_demo.training.run import Run
from lora_demo.training.speed import recall

STEPS = {
    "data": N_("Data"),
    "base": N_("Base"),
    "compile": N_("Compile"),
    "evaluate": N_("First scores"),
    "train": N_("Train"),
}
"""The steps by the phase of a run in which they begin."""
PART_OF = {"begin": "data", "replay": "base"}
"""Phases that are a part of another step."""
STARTING = ("starting", "running", "stopping")
RECENT = 5
"""Starts of recent runs whose median is the estimate."""


def is_starting(progress: RunProgress, state: str) -> bool:
    """Check whether a run works but has made no step yet.

    Args:
        progress: The run so far.
        state: State of the run.
    """
    return state in STARTING and not progress.step


def seconds_to_show(run: Run, state: str) -> int | None:
    """Return the whole seconds that the view of a run shows; None if it does not start now.

    Args:
        run: The run.
        state: State of the run.
    """
    if state not in STARTING:
        return None
    events = list(run.events())
    if any(isinstance(event, StepEvent) for event in events):
        return None
    return int(_seconds_since_begin(events))


def _seconds_since_begin(events: Iterable[Event]) -> float:
    """Return the seconds since the process of a run began; 0 before that."""
    begins = [event.time for event in events if isinstance(event, BeginEvent)]
    return max(0.0, time.time() - begins[-1]) if begins else 0.0


def steps_html(run: Run, progress: RunProgress) -> str:
    """Render the steps of a run that starts.

    Args:
        run: The run.
        progress: The run so far.
    """
    phase = PART_OF.get(progress.phase, progress.phase or "data")
    if phase not in STEPS:  # the phases of a Job
        return ""
    now = list(STEPS).index(phase)
    items = "".join(
        _item_html(number, _(label), now) for number, label in enumerate(STEPS.values())
    )
    time_line = _time_line(_seconds_since_begin(run.events()), _usual_seconds(run))
    return f'<ol class="stepper">{items}</ol><p class="small">{time_line}</p>'


def _item_html(number: int, label: str, now: int) -> str:
    if number == now:
        return f'<li class="now" aria-current="step">{escape(label)}</li>'
    state = "done" if number < now else ""
    return f'<li class="{state}">{escape(label)}</li>'


def _usual_seconds(run: Run) -> float | None:
    """Return the median time that recent runs of the same base needed to start."""
    base = run.config.base
    starts = [measured.start_seconds for measured in recall() if measured.base == base]
    return statistics.median(starts[-RECENT:]) if starts else None


def _time_line(seconds: float, usual: float | None) -> str:
    done = format_duration(seconds)
    if usual is None:
        return _(
            "{done} so far. The first start of a base takes longest, because it compiles.",
            done=done,
        )
    return _(
        "{done} of about {usual} before the first step, judging by recent runs.",
        done=done,
        usual=format_duration(usual),
    )
