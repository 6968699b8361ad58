"""The heartbeat of a run: it shows that the run advances, and notices that its folder is gone."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO

from lora_demo.environment import read_limit
from lora_demo.training.run_files import LOCK_FILE

BEAT = "beat"
"""File of a run folder; it was modified at the last beat."""
BEAT_SECONDS = 2.0
MAX_SILENT_MINUTES = 30.0
"""Time without progress until the beats end; LORA_DEMO_MAX_RUN_SILENT_MINUTES changes it.

A step, an evaluation, a compilation and each part of a download are progress.
"""


class Heartbeat:
    """Touches a file while a run advances.

    A stopped process and one in a deadlock touch nothing. So an app can distinguish a slow run
    from a hung one.

    Args:
        folder: The run folder.
        lock: Its open lock file.
        lose: Called in the heartbeat's thread once the folder has disappeared or was replaced.
        max_silent: Seconds without progress after which the beats end; None for no limit.
    """

    def __init__(
        self,
        folder: Path,
        lock: IO[bytes],
        lose: Callable[[], None],
        max_silent: float | None = None,
    ) -> None:
        self.folder = folder
        self.is_lost = False
        self._lock = lock
        self._lose = lose
        self._max_silent = max_silent
        self._advanced_at = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> "Heartbeat":
        """Start beating."""
        (self.folder / BEAT).touch()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop beating."""
        self._ended.set()
        self._thread.join()

    def advance(self) -> None:
        """Record progress."""
        self._advanced_at = time.monotonic()

    def _beat(self) -> None:
        while not self._ended.wait(BEAT_SECONDS):
            if not self._has_folder():
                self.is_lost = True
                self._lose()
                return
            if not self._is_silent():
                _touch(self.folder / BEAT)

    def _is_silent(self) -> bool:
        if not self._max_silent:
            return False
        return time.monotonic() - self._advanced_at > self._max_silent

    def _has_folder(self) -> bool:
        """Check that the lock file under the folder's name is still the one that is open."""
        try:
            found = os.stat(self.folder / LOCK_FILE)
        except FileNotFoundError:
            return False
        except OSError:  # such as a network disk that does not answer
            return True
        return os.path.samestat(found, os.fstat(self._lock.fileno()))


def _touch(path: Path) -> None:
    try:
        os.utime(path)
    except OSError:
        return


def max_silent_seconds() -> float | None:
    """Return the seconds without progress after which a run's heartbeat ends; None for no limit.

    Raises:
        ValueError: If LORA_DEMO_MAX_RUN_SILENT_MINUTES is not a number.
    """
    minutes = read_limit("LORA_DEMO_MAX_RUN_SILENT_MINUTES", MAX_SILENT_MINUTES)
    return 60 * minutes if minutes else None


def end_process(folder: Path) -> None:
    """End this process at once: its run folder is gone, and nothing may be written to it.

    Args:
        folder: The run folder, for the message.
    """
    message = f"lora_demo: {folder} has disappeared, so the training ends.\n"
    os.write(2, message.encode("utf-8", "replace"))
    os._exit(1)
