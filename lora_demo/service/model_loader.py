"""Loading the base model in the background, so that the page opens at once and shows progress.

The model runs in a process of its own, which starts again if it ends.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lora_demo.checkpoints.base import Base, find_base
from lora_demo.checkpoints.download import CancelledError, Progress
from lora_demo.formatting import format_duration
from lora_demo.language import N_, _
from lora_demo.service.log import LOG
from lora_demo.service.model_process import ModelProcess, ModelStoppedError
from lora_demo.service.model_restarts import Restarts
from lora_demo.service.remote_translator import RemoteTranslator
from lora_demo.translator import Translator

MAX_ERROR_CHARACTERS = 500


CANCELLED = N_(
    "The download of {id} was cancelled. The part already downloaded is kept. Resume it at the "
    "top of the page."
)
ENDING = N_("The app is stopping.")
DOWNLOADING = N_("downloading {id}, {done:,.0f} of {total:,.0f} MB")
DOWNLOADING_LEFT = N_("downloading {id}, {done:,.0f} of {total:,.0f} MB, {time} left")


class ModelLoader:
    """Loads a base and its translator in a thread, and again if the model's process ends.

    Args:
        id: The base, as `find_base` takes it.
        revision: Revision of a base on the Hub.
        warm_up: A sentence that is translated after loading, because the first request of a
            size compiles.
        adapters: Folders of the adapters that translate it.
        precision: Type of the weights, as `Translator` takes it.
        load: Makes a translator from a base; tests give one that needs no process.
        process: The process of the model, if it was started before. None: start it when the base
            is on this machine.

    Attributes:
        last_end: The reason why the process ended, while it starts again; else empty.
    """

    def __init__(
        self,
        id: str,
        revision: str | None = None,
        warm_up: str = "",
        adapters: Sequence[Path] = (),
        precision: str = "float32",
        load: Callable[[Base], Translator] | None = None,
        process: ModelProcess | None = None,
    ) -> None:
        self.id = id
        self.revision = revision
        self.warm_up = warm_up
        self.adapters = list(adapters)
        self.base: Base | None = None
        self.error = ""
        self._describe(N_("looking for {id}"), id=id)
        self.is_downloading = False
        self.precision = self._requested_precision = precision
        self.note = ""
        self.device: str | None = None
        self._process = process
        self._restarts = Restarts()
        self.last_end = ""
        self._load = load or self._load_translator
        self._translator: Translator | None = None
        self._settled = threading.Event()
        self._cancelled = threading.Event()
        self._started = time.monotonic()
        if process:
            process.on_end = self._record_end

    def start(self) -> None:
        """Start to load; a cancelled download resumes."""
        self._started = time.monotonic()
        self.error = ""
        self._cancelled = threading.Event()
        self._settled.clear()
        arguments = (self._cancelled,)
        threading.Thread(target=self._run, args=arguments, name="model-loader", daemon=True).start()

    def cancel(self) -> None:
        """Cancel a download; the part already downloaded is kept for the next start."""
        if not self.is_downloading or self._settled.is_set():
            return
        self._cancelled.set()
        self.is_downloading = False
        self.error = _(CANCELLED, id=self.id)
        self._settled.set()

    def _describe(self, text: str, **values: Any) -> None:
        """Set the message, which is translated when it is read."""
        self._message = text, values

    @property
    def message(self) -> str:
        """The progress of loading, for a reader."""
        text, values = self._message
        if "seconds_left" in values:
            values = values | {"time": format_duration(values["seconds_left"])}
        return _(text, **values)

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

    @property
    def pid(self) -> int | None:
        """The id of the model's process; None if there is none."""
        return self._process.pid if self._process else None

    @property
    def is_idle(self) -> bool:
        """True if the model is loaded and translates nothing now."""
        is_busy = self._process is not None and self._process.is_busy
        return self.state == "ready" and not is_busy

    def close(self, reason: str = ENDING) -> None:
        """End the model's process, which does not start again, and wait until it has ended.

        Args:
            reason: A sentence for those who wait for an answer, marked for translation.
        """
        self.error = self.error or reason
        if self._process:
            self._process.kill(self.error)
            self._process.wait()

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
        """Return the base; wait until its files are on this machine.

        Raises:
            ValueError: If the base could not be loaded.
        """
        if self.base is None:
            self._wait()
        assert self.base is not None
        return self.base

    def _wait(self) -> None:
        self.join()
        if self.error:
            raise ValueError(_(self.error))

    def _run(self, cancelled: threading.Event) -> None:
        """Load everything and settle; a thread whose download was cancelled changes nothing."""
        try:
            self.base = find_base(self.id, self.revision, self._report_download(cancelled))
            if cancelled.is_set():
                return
            self.is_downloading = False
            self._keep_loaded(self.base)
        except Exception as error:
            if cancelled.is_set():
                return
            self.error = str(error).split("\n")[0][:MAX_ERROR_CHARACTERS] or type(error).__name__
            if self._process:
                self._process.kill(self.error)
        self._settled.set()

    def _keep_loaded(self, base: Base) -> None:
        """Load the translator, and again whenever its process ends, unless it ends too often."""
        while True:
            with suppress(ModelStoppedError):
                self._translator = self._load(base)
                self.last_end = ""
                self._settled.set()
            if self._process is None:
                return
            self._process.wait()
            if self.error:
                return
            self._settled.clear()
            time.sleep(self._restarts.pause)

    def _load_translator(self, base: Base) -> Translator:
        """Load the translator in a process; the note and the log say if its precision differs."""
        process = self._process
        if process is None or process.has_ended:
            process = self._process = ModelProcess(self._record_end)
        self._describe(N_("importing TensorFlow and reading the weights"))
        document = asdict(base) | {"folder": str(base.folder)}
        facts = process.call("load", base=document, precision=self._requested_precision)
        self.precision, self.note = facts["precision"], facts["precision_note"]
        self.device = facts["device"]
        if self.note:
            LOG.warning("%s", self.note)
        self._describe(N_("compiling the decoder"))
        if self.warm_up:
            adapters = [str(folder) for folder in self.adapters]
            process.call("compare", texts=[self.warm_up], adapters=adapters)
        return RemoteTranslator(base, self._call, self.precision, self.note)

    def _call(self, name: str, **arguments: Any) -> Any:
        """Call the model's process once it is loaded."""
        self._wait()
        assert self._process is not None
        return self._process.call(name, **arguments)

    def _record_end(self, reason: str) -> str:
        """Decide whether the model starts again, and return a sentence that says so."""
        sentence = self._restarts.record()
        if self.error or self._restarts.ended_too_often:
            self.error = self.error or sentence
        else:
            self.last_end = reason
            self._describe(N_("starting its process"))
            self._started = time.monotonic()
            self._settled.clear()
        return sentence

    def _report_download(self, cancelled: threading.Event) -> Progress:
        """Return a callback that shows how much is downloaded, and how long the rest takes."""
        pace = _Pace()

        def progress(done: int, total: int) -> None:
            if cancelled.is_set():
                raise CancelledError(self.error)
            self.is_downloading = True
            seconds_left = pace.seconds_left(done, total)
            values = {"id": self.id, "done": done / 1e6, "total": total / 1e6}
            if seconds_left:
                self._describe(DOWNLOADING_LEFT, seconds_left=seconds_left, **values)
            else:
                self._describe(DOWNLOADING, **values)

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
