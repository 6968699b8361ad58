"""End training processes that no longer answer, so that the queue continues."""

import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lora_demo.files import write_text
from lora_demo.formatting import format_duration
from lora_demo.language import N_, _, in_language
from lora_demo.service.log import LOG
from lora_demo.training.heartbeat import BEAT
from lora_demo.training.run import Run
from lora_demo.training.run_files import ENDED_FILE, STARTED_FILE, STOP_FILE
from lora_demo.training.run_process import find_process, send_signal

MAX_CHECK_SECONDS = 5.0
"""Most time between two checks that counts: an app that was paused does not end its runs."""
KILL_SECONDS = 30.0
"""Most time that the system gets to end a killed process, which frees much memory."""
DID_NOT_STOP = N_(
    "The training process did not stop when asked, so it was ended. Resume to continue from the "
    "last checkpoint."
)
DID_NOT_START = N_(
    "The training process did not start in time and was ended. Resume to start it again."
)


@dataclass(frozen=True)
class Patience:
    """The seconds that a training process gets.

    Args:
        silent: Without a heartbeat, until the process counts as hung.
        asked: From a request to stop until the TERM signal, while the heart beats. A step, an
            evaluation or a compilation may take that long.
        terminated: From the TERM signal until the process is killed.
    """

    silent: float = 120.0
    asked: float = 120.0
    terminated: float = 10.0


PATIENCE = Patience()


@dataclass
class _Observation:
    """Observations of one run.

    Args:
        beat: Time of the last heartbeat, on the clock of the disk.
        silent: Seconds since it was seen.
        asked: Seconds since the request to stop was seen; 0 without one.
        terminated: Seconds since the TERM signal; None before it.
        was_asked: The process was ended because it did not stop, and not because it hung.
    """

    beat: float = 0.0
    silent: float = 0.0
    asked: float = 0.0
    terminated: float | None = None
    was_asked: bool = False

    def update(self, run: Run, seconds: float) -> None:
        beat = _last_beat(run)
        self.silent = 0.0 if beat != self.beat else self.silent + seconds
        self.beat = beat
        self.asked = self.asked + seconds if (run.folder / STOP_FILE).exists() else 0.0
        if self.terminated is not None:
            self.terminated += seconds


class RunWatch:
    """Ends runs that hang or do not stop: first by a TERM signal, then by killing.

    Args:
        patience: The time that a process may take.
    """

    def __init__(self, patience: Patience = PATIENCE) -> None:
        self.patience = patience
        self._observations: dict[Path, _Observation] = {}
        self._checked_at = time.monotonic()

    def check(self, runs: Sequence[Run]) -> None:
        """Look at all runs; call this often.

        Args:
            runs: The runs whose process an app has started.
        """
        now = time.monotonic()
        seconds = min(now - self._checked_at, MAX_CHECK_SECONDS)
        self._checked_at = now
        known = self._observations
        self._observations = {run.folder: known.get(run.folder, _Observation()) for run in runs}
        for run in runs:
            observation = self._observations[run.folder]
            observation.update(run, seconds)
            with in_language(run.language):
                self._check(run, observation)

    def _check(self, run: Run, observation: _Observation) -> None:
        if run.state == "killed":
            if find_process(run.folder):
                self._kill(run, _(DID_NOT_START), is_stopped=False)
        elif not run.is_alive():
            return
        elif observation.terminated is None:
            if self._is_overdue(run, observation):
                self._terminate(run, observation)
        elif observation.terminated >= self.patience.terminated:
            message = _(DID_NOT_STOP) if observation.was_asked else self._hung_message()
            self._kill(run, message, is_stopped=observation.was_asked)

    def _is_overdue(self, run: Run, observation: _Observation) -> bool:
        if observation.silent >= self.patience.silent:
            return True
        if not observation.asked or run.job:  # a Job costs money until its follower has stopped it
            return False
        is_hung = observation.silent >= self.patience.terminated
        return observation.asked >= (self.patience.terminated if is_hung else self.patience.asked)

    def _terminate(self, run: Run, observation: _Observation) -> None:
        observation.terminated = 0.0
        observation.was_asked = observation.asked > 0
        if not observation.was_asked and not run.job:
            run.stop(self._hung_message())  # its reason, if the process stops after all
        if send_signal(run.folder, signal.SIGTERM):
            LOG.warning("run %s does not answer, sent SIGTERM", run.tag)

    def _kill(self, run: Run, message: str, is_stopped: bool) -> None:
        """Kill a run's process and record why; a Job that it followed may still be running."""
        with suppress(OSError):
            write_text(run.folder / ENDED_FILE, message)
        if not send_signal(run.folder, signal.SIGKILL):
            return
        LOG.warning("run %s does not answer, killed its process", run.tag)
        if not _has_ended(run) or run.job:
            return
        if is_stopped and not (run.folder / STOP_FILE).read_text(encoding="utf-8"):
            run.stop(message)
        run.fail(message, "cancelled" if is_stopped else None)
        (run.folder / STARTED_FILE).unlink(missing_ok=True)

    def _hung_message(self) -> str:
        seconds = format_duration(self.patience.silent)
        return _(
            "The training process did not answer for {seconds} and was ended. Resume to "
            "continue from the last checkpoint.",
            seconds=seconds,
        )


def _last_beat(run: Run) -> float:
    try:
        return (run.folder / BEAT).stat().st_mtime
    except OSError:
        return 0.0


def _has_ended(run: Run) -> bool:
    """Wait until the system has freed the lock of a killed process."""
    end = time.monotonic() + KILL_SECONDS
    while run.is_alive() or find_process(run.folder):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
