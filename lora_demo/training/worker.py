"""Work on a run in this process: hold its lock, train, record its events."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import IO

from lora_demo.errors import describe_error
from lora_demo.files import remove_partials
from lora_demo.language import _
from lora_demo.training.events import BeginEvent, Event, FailedEvent, now
from lora_demo.training.heartbeat import Heartbeat, max_silent_seconds
from lora_demo.training.run import Run, drop_unfinished_line
from lora_demo.training.run_files import EVENTS_FILE, LOCK_FILE, STOP_FILE
from lora_demo.training.tensorboard import Board

LOCK_TRIES = 20
LOCK_PAUSE_SECONDS = 0.05
Stop = Callable[[], bool]


def never() -> bool:
    """Return False: nothing stops the run."""
    return False


def do_nothing() -> None:
    """Do nothing: the run notices the loss of its folder at its next event."""


def train_here(run: Run, stop: Stop) -> Iterator[Event]:
    """Train in this process.

    Args:
        run: The run.
        stop: Ends the training after the current step once it returns True.

    Yields:
        The events, the last one a `DoneEvent` or a `FailedEvent`.
    """
    from lora_demo.training.trainer import Trainer

    yield BeginEvent(time=now(), step=0, pid=os.getpid())
    trainer = Trainer(run.config, run.folder, lambda: stop() or (run.folder / STOP_FILE).exists())
    try:
        yield from trainer.run()
    except Exception as error:
        yield FailedEvent(time=now(), step=trainer.state.step, message=describe_error(error))
        raise


def work(
    run: Run,
    stop: Stop = never,
    source: Callable[[Run, Stop], Iterator[Event]] = train_here,
    lose: Callable[[], None] = do_nothing,
) -> Iterator[Event]:
    """Do a run: append its events to `events.jsonl` and yield them.

    Args:
        run: The run, new or with a checkpoint to resume from.
        stop: Ends the run after the current step once it returns True.
        source: Makes the events.
        lose: Called in another thread once the run folder has disappeared.

    Yields:
        The events.

    Raises:
        ValueError: If another process works on the run, or its folder has disappeared; whatever the
            training raises, after a `FailedEvent`.
    """
    with open(run.folder / LOCK_FILE, "ab") as lock:
        _acquire(lock, run.folder)
        remove_partials(run.folder)
        drop_unfinished_line(run.folder / EVENTS_FILE)
        max_silent = None if run.job else max_silent_seconds()
        last_kind = ""
        try:
            with (
                open(run.folder / EVENTS_FILE, "a", encoding="utf-8") as file,
                closing(Board(run.folder / "tensorboard")) as board,
                Heartbeat(run.folder, lock, lose, max_silent) as heart,
            ):
                for event in source(run, _with_progress(stop, heart)):
                    _check_folder(heart)
                    heart.advance()
                    file.write(event.to_line())
                    file.flush()
                    last_kind = event.kind
                    board.show(event)
                    yield event
        except OSError as error:
            if last_kind != FailedEvent.kind:
                run.fail(describe_error(error))
            raise


def _with_progress(stop: Stop, heart: Heartbeat) -> Stop:
    """Record progress whenever the run asks if it should stop: after a step, in a download."""

    def asked() -> bool:
        heart.advance()
        return stop() or heart.is_lost

    return asked


def _check_folder(heart: Heartbeat) -> None:
    if heart.is_lost:
        raise ValueError(_("{folder} has disappeared, so the training ended.", folder=heart.folder))


def _acquire(lock: IO[bytes], folder: Path) -> None:
    """Lock the run; a process that reads its state holds the lock for an instant, so retry."""
    for _attempt in range(LOCK_TRIES):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(LOCK_PAUSE_SECONDS)
        else:
            return
    raise ValueError(
        _("Another process is training in {folder}. Wait until it ends, or stop it.", folder=folder)
    )
