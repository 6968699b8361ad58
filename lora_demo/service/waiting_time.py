"""The waiting time of a queued run, estimated from the runs before it."""

import math
import time
from collections.abc import Callable

from lora_demo.formatting import format_duration
from lora_demo.language import N_, _, ngettext
from lora_demo.service.training_queue import TrainingQueue
from lora_demo.training.config import TrainConfig
from lora_demo.training.progress import RunProgress
from lora_demo.training.run import Run

RunSeconds = Callable[[TrainConfig], float | None]
"""Estimates the seconds of a whole run; None if they are not known."""

STARTS_ITSELF = N_("It starts automatically. You can close this page.")


def waiting_message(queue: TrainingQueue, run: Run, run_seconds: RunSeconds) -> str:
    """Say where a run is in the queue and when it will start.

    Args:
        queue: The queue.
        run: A run.
        run_seconds: Estimates the seconds of a whole run.

    Returns:
        A sentence or two; empty for a run that does not wait.
    """
    waiting = queue.waiting()
    folders = [other.folder for other in waiting]
    if run.folder not in folders:
        return ""
    index = folders.index(run.folder)
    seconds = [_seconds_left(other, _progress(other), run_seconds) for other in waiting[:index]]
    current = queue.current()
    if current:
        seconds.append(_seconds_left_now(current, run_seconds))
    return f"{_start_message(index + 1, seconds)}. {_(STARTS_ITSELF)}"


def position_message(position: int) -> str:
    """Say where something is in a queue.

    Args:
        position: 1 for the next one.
    """
    return ngettext("Next in the queue", "Number {count} in the queue", position)


def _start_message(position: int, seconds: list[float | None]) -> str:
    place = position_message(position)
    known = sum(each for each in seconds if each is not None)
    if not known:
        return place
    rounded = format_duration(5 * math.ceil(known / 5))
    if None in seconds:
        return _("{place}: starts in about {time} or later", place=place, time=rounded)
    return _("{place}: starts in about {time}", place=place, time=rounded)


def _seconds_left(run: Run, progress: RunProgress, run_seconds: RunSeconds) -> float | None:
    """Return the seconds that a run needs from its start, or from its last step on."""
    if progress.last_step:
        return progress.last_step.seconds_left
    total = run_seconds(run.config)
    return total * (1 - progress.fraction) if total else total


def _seconds_left_now(run: Run, run_seconds: RunSeconds) -> float | None:
    """Return the seconds that the current run still needs; None if it is overdue."""
    progress = _progress(run)
    left = _seconds_left(run, progress, run_seconds)
    since = progress.last_step.time if progress.last_step else run.asked_at
    passed = time.time() - since
    return left - passed if left and left > passed else None


def _progress(run: Run) -> RunProgress:
    return RunProgress.from_events(run.events())
