"""A run folder: the files of a run, and its state, which is derived from them alone.

A page, a terminal and an app that has restarted therefore see the same state. The files are:

- `run.json`: the settings.
- `parent/NAME/`: a copy of the adapter that it starts from.
- `events.jsonl`: the events, append-only.
- `lock`: held by the process that trains.
- `stop`: asks that process to stop; it may hold the reason.
- `queued`: the run waits in a queue; the file's time is its place.
- `asked`: an app has started the process and has not seen its end. It outlives a crash of the app,
  so that the next app continues the run.
- `beat`: its time shows when the process last advanced.
- `ended`: how the process ended, if it could not write an event.
- `sweep`: ids of the runs that were started together with it.
- `language`: the code of the language of its visitor, if that is not English.
- `job.json`: machine and price of a run on Hugging Face Jobs and, once started, its Job.
"""

import fcntl
import functools
import logging
import os
import secrets
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lora_demo.errors import DISK_FULL
from lora_demo.files import read_json, write_text
from lora_demo.language import ENGLISH, _
from lora_demo.training.config import TrainConfig
from lora_demo.training.event_lines import parse_event
from lora_demo.training.events import BeginEvent, DoneEvent, Event, FailedEvent, now
from lora_demo.training.run_files import (
    ENDED_FILE,
    EVENTS_FILE,
    JOB_FILE,
    LANGUAGE_FILE,
    LOCK_FILE,
    QUEUED_FILE,
    RUN_FILE,
    STARTED_FILE,
    STOP_FILE,
    SWEEP_FILE,
)
from lora_demo.training.run_process import launch

LOG = logging.getLogger("lora_demo")
MAX_STARTING_SECONDS = 120
"""Time after which a process that was started and has not taken the lock is given up."""
MIN_FREE_BYTES = 1_000_000
"""Free space below which a disk is full."""
STATES = ("waiting", "starting", "running", "stopping", "stopped", "done", "failed", "killed")
BUSY = ("starting", "running", "stopping")
"""States in which a run has a process, or will have one at once."""


@dataclass(frozen=True)
class Run:
    """One run folder.

    Args:
        folder: Its path; the name is the run's id.
    """

    folder: Path

    @property
    def id(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def config(self) -> TrainConfig:
        """The settings.

        Raises:
            ValueError: If `run.json` is damaged.
        """
        return TrainConfig.from_json(read_json(self.folder / RUN_FILE))

    @property
    def state(self) -> str:
        """One of STATES.

        A stopped, killed or failed run can be resumed. A killed one has lost its process without an
        event.
        """
        if self.is_alive():
            return "stopping" if (self.folder / STOP_FILE).exists() else "running"
        if (self.folder / QUEUED_FILE).exists():
            return "waiting"
        last = _last_change(self, self.length)
        if self.asked_at > (last.time if last else 0):
            is_starting = time.time() - self.asked_at < MAX_STARTING_SECONDS
            return "starting" if is_starting else "killed"
        if isinstance(last, DoneEvent | FailedEvent):
            return "stopped" if last.reason in ("stopped", "cancelled") else last.kind
        return "killed"

    @property
    def message(self) -> str:
        """The reason why the run failed, was stopped or lost its process; "" otherwise."""
        state = self.state
        if state in ("stopping", "stopped"):
            return self._read(STOP_FILE)
        if state == "killed":
            return _(DISK_FULL) if _is_full(self.folder) else self._read(ENDED_FILE)
        if state != "failed":
            return ""
        failures = [event for event in self.events() if isinstance(event, FailedEvent)]
        return failures[-1].message if failures else ""

    @property
    def sweep(self) -> list[str]:
        """Ids of the runs of its sweep, its own among them; empty for a single run."""
        return self._read(SWEEP_FILE).split()

    @property
    def language(self) -> str:
        """Code of the language in which its texts are written."""
        return self._read(LANGUAGE_FILE) or ENGLISH

    @property
    def job(self) -> dict[str, Any] | None:
        """Machine and price of a run on Jobs, with `id` and `url` once the Job is started."""
        path = self.folder / JOB_FILE
        return read_json(path) if path.is_file() else None

    @property
    def adapter(self) -> Path | None:
        """The folder of the kept adapter; None before there is one."""
        folder = self.folder / "adapter"
        return folder if (folder / "README.md").is_file() else None

    @property
    def queued_at(self) -> int:
        """The time in nanoseconds that gives a waiting run its place in the queue."""
        return (self.folder / QUEUED_FILE).stat().st_mtime_ns

    @property
    def tag(self) -> str:
        """Name of the run in a log: a hash of its owner and the time, without its given name."""
        created = "-".join(self.id.split("-")[:2])[:15]
        return f"{self.folder.parent.name[:8]}/{created}"

    def events(self, after: int = 0) -> list[Event]:
        """Read the events.

        Args:
            after: Number of lines to skip.

        Returns:
            The events; a line that is still being written is left for the next call.
        """
        try:
            text = (self.folder / EVENTS_FILE).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return []
        lines = text.split("\n")[:-1]
        events = map(parse_event, lines[after:])
        return [event for event in events if event]

    @property
    def length(self) -> int:
        """Size of the events file in bytes; it grows with every event."""
        path = self.folder / EVENTS_FILE
        return path.stat().st_size if path.is_file() else 0

    @property
    def asked_at(self) -> float:
        """When an app started its process, in seconds since the epoch; 0 once that has ended."""
        try:
            return (self.folder / STARTED_FILE).stat().st_mtime
        except FileNotFoundError:
            return 0.0

    def is_alive(self) -> bool:
        """Check whether a process holds the lock; the system frees it when the process ends."""
        try:
            with open(self.folder / LOCK_FILE, "rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                return False
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True

    def stop(self, reason: str = "") -> None:
        """Ask the run to stop after the current step and keep the best adapter.

        Args:
            reason: The reason that the owner reads; lost if the disk is full.
        """
        try:
            write_text(self.folder / STOP_FILE, reason)
        except OSError:
            (self.folder / STOP_FILE).touch()

    def forget_stop(self) -> None:
        """Withdraw an earlier request to stop, before the run is resumed."""
        (self.folder / STOP_FILE).unlink(missing_ok=True)

    def resume(self, token: str | None = None) -> None:
        """Start the run's process, from the last checkpoint if there is one.

        For a run on Jobs the process starts the Job, or follows the one that exists.

        Args:
            token: Token of the Hub; it goes into the environment of that process and nowhere else.

        Raises:
            ValueError: If the run has a process.
        """
        self._check_not_alive()
        self.forget_stop()
        launch(self.folder, self.tag, on_jobs=self.job is not None, token=token)

    def enqueue(self, at_ns: int | None = None) -> None:
        """Put the run into the queue.

        Args:
            at_ns: Its place, as a time in nanoseconds; None for the end of the queue.

        Raises:
            ValueError: If the run has a process.
        """
        self._check_not_alive()
        path, at = self.folder / QUEUED_FILE, at_ns or time.time_ns()
        path.touch()
        os.utime(path, ns=(at, at))
        (self.folder / STARTED_FILE).unlink(missing_ok=True)
        LOG.info("run %s queued", self.tag)

    def dequeue(self) -> bool:
        """Take the run out of the queue; False if it was not in it any more."""
        try:
            (self.folder / QUEUED_FILE).unlink()
        except FileNotFoundError:
            return False
        return True

    def fail(self, message: str, reason: str | None = None) -> None:
        """Record a failure event. On a full disk it is lost, but the state shows the failure.

        Args:
            message: The cause in one sentence.
            reason: `cancelled` for a run that its owner asked to stop.
        """
        event = FailedEvent(time=now(), step=0, message=message, reason=reason)
        with suppress(OSError):
            drop_unfinished_line(self.folder / EVENTS_FILE)
            with open(self.folder / EVENTS_FILE, "a", encoding="utf-8") as file:
                file.write(event.to_line())

    def delete(self) -> None:
        """Remove the run and its adapter.

        Raises:
            ValueError: If the run has a process, or a Job that may still cost money.
        """
        if self.is_alive():
            raise ValueError(_("The run {id} is still running. Stop it first.", id=self.id))
        if self.state == "killed" and self.job and "id" in self.job:
            raise ValueError(
                _("Its Job may still be running and cost money. Resume the run and stop it first.")
            )
        trash = self.folder.with_name(f".{secrets.token_hex(8)}.partial")
        with suppress(FileNotFoundError):
            self.folder.rename(trash)  # at once, so that no reader finds a part of it
            shutil.rmtree(trash, ignore_errors=True)

    def _check_not_alive(self) -> None:
        if self.is_alive():
            raise ValueError(
                _("The run {id} is still running. Wait until it ends, or stop it.", id=self.id)
            )

    def _read(self, name: str) -> str:
        try:
            return (self.folder / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""


def drop_unfinished_line(path: Path) -> None:
    """Drop the last line of a file if a killed process has not finished it.

    Args:
        path: A file of lines, such as the events of a run; it may be missing.
    """
    data = path.read_bytes() if path.is_file() else b""
    if data and not data.endswith(b"\n"):
        with open(path, "r+b") as file:
            file.truncate(data.rfind(b"\n") + 1)


@functools.lru_cache(1024)
def _last_change(run: Run, length: int) -> Event | None:
    """Start or end of the run's last process; cached until the events have another `length`."""
    for event in reversed(run.events()):
        if isinstance(event, BeginEvent | FailedEvent | DoneEvent):
            return event
    return None


def _is_full(folder: Path) -> bool:
    return shutil.disk_usage(folder).free < MIN_FREE_BYTES
