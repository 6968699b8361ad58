"""The translator, loaded in a thread behind the page, so that the page is there at once and can say how far it is."""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from lora_demo.checkpoints.base import Base, Progress, find_base
from lora_demo.ui.answer import EXAMPLES
from lora_demo.ui.line import duration


class Engine:
    """Loads a base and its translator once.

    Args:
        id, revision: the base, as `find_base` takes it.
        adapters: warmed up with on the page's first example, since a request of another size compiles first.
        load: makes a translator of a base; another one in tests.
    """

    def __init__(self, id: str, revision: str | None = None, adapters: Sequence[Path] = (), load: Callable[[Base], object] | None = None):
        self.id, self.revision, self.adapters, self._load = id, revision, list(adapters), load or _load_translator
        self.base: Base | None = None
        self.error = ""
        self.message = f"looking for {id}"
        self._translator, self._settled, self._began = None, threading.Event(), time.monotonic()

    def start(self):
        """Begins to load, in a thread of its own."""
        self._began = time.monotonic()
        threading.Thread(target=self._run, name="engine", daemon=True).start()

    @property
    def state(self) -> str:
        """loading | ready | failed"""
        return "failed" if self.error else "ready" if self._settled.is_set() else "loading"

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

    def _run(self):
        try:
            self.base = find_base(self.id, self.revision, self._download())
            self.message = "TensorFlow and the weights"
            self._translator = self._load(self.base)
            self.message = "compiling the decoder"
            self._translator.compare(EXAMPLES[:1], self.adapters)
            self.message = f"after {self.seconds:.0f} s"
        except Exception as error:
            self.error = str(error).split("\n")[0][:500] or type(error).__name__
        self._settled.set()

    def _download(self) -> Progress:
        """Says how far a large file is, and how long the rest takes at the pace so far."""
        began = []

        def progress(there: int, size: int):
            began[:] = began if began and began[2] == size else [time.monotonic(), there, size]
            pace = (there - began[1]) / max(time.monotonic() - began[0], 0.1)
            left = f", {duration((size - there) / pace)} left" if pace and there < size else ""
            self.message = f"downloading {self.id}, {there / 1e6:,.0f} of {size / 1e6:,.0f} MB{left}"

        return progress


def _load_translator(base: Base):
    from lora_demo.translator import Translator

    return Translator(base)
