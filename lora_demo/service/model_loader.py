"""The translator, loaded in a thread behind the page, so that the page is there at once and can say how far it is."""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from lora_demo.checkpoints.base import Base, find_base
from lora_demo.checkpoints.download import Cancelled, Progress
from lora_demo.service.comparison import EXAMPLES
from lora_demo.service.durations import duration


class Engine:
    """Loads a base and its translator once.

    Args:
        id, revision: the base, as `find_base` takes it.
        adapters: warmed up with on the page's first example, since a request of another size compiles first.
        load: makes a translator of a base; another one in tests.
    """

    def __init__(
        self,
        id: str,
        revision: str | None = None,
        adapters: Sequence[Path] = (),
        load: Callable[[Base], object] | None = None,
    ):
        self.id, self.revision, self.adapters, self._load = (
            id,
            revision,
            list(adapters),
            load or _load_translator,
        )
        self.base: Base | None = None
        self.error = ""
        self.message = f"looking for {id}"
        self.is_downloading = False
        self._translator, self._settled, self._cancelled, self._began = (
            None,
            threading.Event(),
            threading.Event(),
            time.monotonic(),
        )

    def start(self):
        """Begins to load, in a thread of its own; a download that was cancelled goes on where it ended."""
        self._began, self.error, self._cancelled = time.monotonic(), "", threading.Event()
        self._settled.clear()
        threading.Thread(
            target=self._run, args=(self._cancelled,), name="engine", daemon=True
        ).start()

    def cancel(self):
        """Ends a download at once; what has come stays for the next start."""
        if self.is_downloading and not self._settled.is_set():
            self._cancelled.set()
            self.is_downloading, self.error = (
                False,
                f"The download of {self.id} was cancelled; what has come is kept. Go on with it at the top of the page.",
            )
            self._settled.set()

    @property
    def state(self) -> str:
        """loading | ready | failed | cancelled"""
        return (
            ("cancelled" if self._cancelled.is_set() else "failed")
            if self.error
            else "ready"
            if self._settled.is_set()
            else "loading"
        )

    @property
    def seconds(self) -> float:
        """Since the loading began."""
        return time.monotonic() - self._began

    def join(self):
        """Waits until it is loaded, or has failed."""
        self._settled.wait()

    def translator(self):
        """The translator; waits until it is there.

        Raises:
            ValueError: if the base could not be loaded.
        """
        self.join()
        if self.error:
            raise ValueError(self.error)
        return self._translator

    def _run(self, cancelled: threading.Event):
        try:
            self.base = find_base(self.id, self.revision, self._download(cancelled))
            if cancelled.is_set():
                return
            self.is_downloading = False
            self.message = "TensorFlow and the weights"
            self._translator = self._load(self.base)
            self.message = "compiling the decoder"
            self._translator.compare(EXAMPLES[:1], self.adapters)
            self.message = f"after {self.seconds:.0f} s"
        except Exception as error:
            if cancelled.is_set():
                return
            self.error = str(error).split("\n")[0][:500] or type(error).__name__
        self._settled.set()

    def _download(self, cancelled: threading.Event) -> Progress:
        """Says how far the files are, and how long the rest takes at the pace so far."""
        began = []

        def progress(there: int, size: int):
            if cancelled.is_set():
                raise Cancelled(self.error)
            self.is_downloading = True
            began[:] = began if began and began[2] == size else [time.monotonic(), there, size]
            pace = (there - began[1]) / max(time.monotonic() - began[0], 0.1)
            left = f", {duration((size - there) / pace)} left" if pace and there < size else ""
            self.message = (
                f"downloading {self.id}, {there / 1e6:,.0f} of {size / 1e6:,.0f} MB{left}"
            )

        return progress


def _load_translator(base: Base):
    from lora_demo.translator import Translator

    return Translator(base)
