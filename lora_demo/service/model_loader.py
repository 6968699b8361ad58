"""Loading the base model in the background, so that the page opens at once and shows progress."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lora_demo.checkpoints.base import Base, find_base
from lora_demo.checkpoints.download import CancelledError, Progress
from lora_demo.formatting import format_duration

if TYPE_CHECKING:
    from lora_demo.translator import Translator

MAX_ERROR_CHARACTERS = 500


class ModelLoader:
    """Loads a base and its translator once, in a thread.

    Args:
        id: The base, as `find_base` takes it.
        revision: Revision of a base on the Hub.
        warm_up: A sentence that is translated after loading, because the first request of a
            size compiles.
        adapters: Folders of the adapters that translate it.
        load: Makes a translator from a base; tests give another one.
    """

    def __init__(
        self,
        id: str,
        revision: str | None = None,
        warm_up: str = "",
        adapters: Sequence[Path] = (),
        load: Callable[[Base], Translator] | None = None,
    ) -> None:
        self.id = id
        self.revision = revision
        self.warm_up = warm_up
        self.adapters = list(adapters)
        self.base: Base | None = None
        self.error = ""
        self.message = f"looking for {id}"
        self.is_downloading = False
        self._load = load or _load_translator
        self._translator: Translator | None = None
        self._settled = threading.Event()
        self._cancelled = threading.Event()
        self._started = time.monotonic()

    def start(self) -> None:
        """Start to load; a cancelled download resumes."""
        self._started = time.monotonic()
        self.error = ""
        self._cancelled = threading.Event()
        self._settled.clear()
        arguments = (self._cancelled,)
        threading.Thread(target=self._run, args=arguments, name="engine", daemon=True).start()

    def cancel(self) -> None:
        """Cancel a download; the part already downloaded is kept for the next start."""
        if not self.is_downloading or self._settled.is_set():
            return
        self._cancelled.set()
        self.is_downloading = False
        self.error = (
            f"The download of {self.id} was cancelled. The part already downloaded is kept. "
            "Resume it at the top of the page."
        )
        self._settled.set()

    @property
    def state(self) -> str:
        """`loading`, `ready`, `failed` or `cancelled`."""
        if self.error:
            return "cancelled" if self._cancelled.is_set() else "failed"
        return "ready" if self._settled.is_set() else "loading"

    @property
    def seconds(self) -> float:
        """Seconds since the loading started."""
        return time.monotonic() - self._started

    def join(self) -> None:
        """Wait until the base is loaded, or loading has failed."""
        self._settled.wait()

    def translator(self) -> Translator:
        """Return the translator; wait until it is loaded.

        Raises:
            ValueError: If the base could not be loaded.
        """
        self._wait()
        assert self._translator is not None
        return self._translator

    def wait_for_base(self) -> Base:
        """Return the base; wait until it is loaded.

        Raises:
            ValueError: If the base could not be loaded.
        """
        self._wait()
        assert self.base is not None
        return self.base

    def _wait(self) -> None:
        self.join()
        if self.error:
            raise ValueError(self.error)

    def _run(self, cancelled: threading.Event) -> None:
        """Load everything and settle; a thread whose download was cancelled changes nothing."""
        try:
            self.base = find_base(self.id, self.revision, self._report_download(cancelled))
            if cancelled.is_set():
                return
            self.is_downloading = False
            self.message = "importing TensorFlow and reading the weights"
            self._translator = self._load(self.base)
            self.message = "compiling the decoder"
            if self.warm_up:
                self._translator.compare([self.warm_up], self.adapters)
        except Exception as error:
            if cancelled.is_set():
                return
            self.error = str(error).split("\n")[0][:MAX_ERROR_CHARACTERS] or type(error).__name__
        self._settled.set()

    def _report_download(self, cancelled: threading.Event) -> Progress:
        """Return a callback that shows how much is downloaded, and how long the rest takes."""
        pace = _Pace()

        def progress(done: int, total: int) -> None:
            if cancelled.is_set():
                raise CancelledError(self.error)
            self.is_downloading = True
            seconds_left = pace.seconds_left(done, total)
            rest = f", {format_duration(seconds_left)} left" if seconds_left else ""
            size = f"{done / 1e6:,.0f} of {total / 1e6:,.0f} MB"
            self.message = f"downloading {self.id}, {size}{rest}"

        return progress


class _Pace:
    """Estimates the rest of a download from its pace so far."""

    def __init__(self) -> None:
        self._total = -1
        self._started = 0.0
        self._done_at_start = 0

    def seconds_left(self, done: int, total: int) -> float | None:
        """Seconds until `total` bytes are there; None if unknown, or if nothing is left."""
        if total != self._total:
            self._total, self._started, self._done_at_start = total, time.monotonic(), done
        bytes_per_second = (done - self._done_at_start) / max(time.monotonic() - self._started, 0.1)
        if bytes_per_second <= 0 or done >= total:
            return None
        return (total - done) / bytes_per_second


def _load_translator(base: Base) -> Translator:
    from lora_demo.translator import Translator

    return Translator(base)
