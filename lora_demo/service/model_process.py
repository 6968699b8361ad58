"""The page's end of the process of the model: start it, call it, notice that it ended or hangs."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from lora_demo.environment import read_limit
from lora_demo.language import N_, _, current_language
from lora_demo.process_limits import MODEL_MEMORY
from lora_demo.processes import package_environment
from lora_demo.service.log import LOG

MODULE = "lora_demo.service.model_worker"
MAX_SILENT_SECONDS = 120.0
"""Time without any computing in a call; LORA_DEMO_MAX_MODEL_SILENT_SECONDS changes it."""
WATCH_SECONDS = 0.5
OUT_OF_MEMORY = N_("The model stopped, most likely because memory ran out.")
HUNG = N_("The model did not respond for a long time, so it was stopped.")
FAILED = N_("The model stopped because of an error.")


class ModelStoppedError(ValueError):
    """The process of the model ended before it answered."""


class ModelProcess:
    """A process that answers calls, one at a time. It ends when this process ends.

    Args:
        on_end: Gets the reason once the process has ended, and returns a sentence that says what
            happens next.

    Raises:
        ValueError: If an environment variable with a limit of the process is not a number.
    """

    def __init__(self, on_end: Callable[[str], str] = lambda reason: "") -> None:
        self.on_end = on_end
        self._max_silent = read_limit("LORA_DEMO_MAX_MODEL_SILENT_SECONDS", MAX_SILENT_SECONDS)
        read_limit(MODEL_MEMORY, None)  # the process reads it; a wrong value is refused here
        self._calling = threading.Lock()
        self._is_busy = threading.Event()
        self._replies: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self._reason = ""
        self._ended = threading.Event()
        # A process group of its own: Ctrl-C in a terminal is for the page. Not a session of its
        # own, because then the kernel would leave a stopped process behind when the page is killed.
        self._process = subprocess.Popen(
            [sys.executable, "-m", MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=package_environment(),
            encoding="ascii",
            process_group=0,
        )
        self.pid = self._process.pid
        threading.Thread(target=self._read_replies, name="model", daemon=True).start()
        threading.Thread(target=self._watch, name="model watch", daemon=True).start()

    def call(self, name: str, **arguments: Any) -> Any:
        """Call a function of the process; calls of several threads wait for each other.

        Args:
            name: One of `model_worker.Model`.
            arguments: Values that JSON can hold.

        Raises:
            ModelStoppedError: If the process has ended or ends.
            ValueError: With the sentence that the function gives.
        """
        line = json.dumps({"name": name, "arguments": arguments, "language": current_language()})
        with self._calling:
            self._is_busy.set()
            assert self._process.stdin is not None
            with suppress(OSError, ValueError):  # the process has ended; the reply says why
                self._process.stdin.write(f"{line}\n")
                self._process.stdin.flush()
            reply = self._replies.get()
            self._is_busy.clear()
        if "stopped" in reply:
            self._replies.put(reply)  # for the next caller
            raise ModelStoppedError(" ".join(_(sentence) for sentence in reply["stopped"]).strip())
        if "error" in reply:
            raise ValueError(reply["error"])
        return reply["result"]

    @property
    def is_busy(self) -> bool:
        """True while it computes an answer."""
        return self._is_busy.is_set()

    @property
    def has_ended(self) -> bool:
        """True once the process has ended and `on_end` has returned."""
        return self._ended.is_set()

    def wait(self) -> None:
        """Wait until the process has ended."""
        self._ended.wait()

    def kill(self, reason: str) -> None:
        """End the process.

        Args:
            reason: A sentence for those who wait for an answer, marked for translation.
        """
        self._reason = self._reason or reason
        self._process.kill()

    def _read_replies(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            for line in self._process.stdout:
                self._replies.put(json.loads(line))
        except ValueError:  # such as half a line of a process that was killed
            self._process.kill()
        status = self._process.wait()
        with suppress(OSError):
            self._process.stdin.close()
        reason = self._reason or describe_end(status)
        LOG.error("model process %d ended with status %d: %s", self.pid, status, reason)
        self._replies.put({"stopped": [reason, self.on_end(reason)]})
        self._ended.set()

    def _watch(self) -> None:
        """End the process if it computes nothing for a long time although it is called."""
        seen, since = None, time.monotonic()
        while self._max_silent and not self._ended.wait(WATCH_SECONDS):
            used = _cpu_ticks(self.pid) if self._is_busy.is_set() else None
            if used is None or used != seen:
                seen, since = used, time.monotonic()
            elif time.monotonic() - since > self._max_silent:
                self.kill(HUNG)


def describe_end(status: int) -> str:
    """Describe the end of the process.

    Args:
        status: As `subprocess` returns it: a signal's number is negative.
    """
    return OUT_OF_MEMORY if -status == signal.SIGKILL else FAILED


def _cpu_ticks(pid: int) -> int | None:
    """Return the processor time that a process has used; None where /proc does not say it."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])
    except (OSError, ValueError, IndexError):
        return None
