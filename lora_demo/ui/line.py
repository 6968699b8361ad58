"""The line before the one place to train: first come, first served, and everybody can see where they stand."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lora_demo.training.runs import Run

BUSY = ("starting", "running", "stopping")


@dataclass(frozen=True)
class Place:
    """Whose turn it will be, and what then begins."""

    who: str
    job: Callable[[], Run]


class Line:
    """Lets one run train at a time.

    Args:
        going: runs found going on when the app started; they hold the place until they end.
    """

    def __init__(self, going: Sequence[Run] = ()):
        self._lock, self._waiting, self._going, self._errors = threading.Lock(), [], list(going), {}

    def start(self, seconds: float = 0.5):
        """Begins to look for a free place every so often, in a thread of its own."""

        def watch():
            while True:
                self.advance()
                time.sleep(seconds)

        threading.Thread(target=watch, name="line", daemon=True).start()

    def enter(self, who: str, job: Callable[[], Run]) -> Run | None:
        """Starts at once where the place is free, else waits in line.

        Raises:
            ValueError: if `who` waits or trains already, or the start fails.
        """
        with self._lock:
            if any(place.who == who for place in self._waiting):
                raise ValueError("You are in line already; one run at a time.")
            if not self._waiting and self._is_free():
                self._going = [run := job()]
                return run
            self._waiting.append(Place(who, job))
            self._errors.pop(who, None)
        return None

    def leave(self, who: str) -> bool:
        """Gives up the place in line; False if there was none."""
        with self._lock:
            before = len(self._waiting)
            self._waiting = [place for place in self._waiting if place.who != who]
            return len(self._waiting) < before

    def place(self, who: str) -> int:
        """1 for the next one, 0 for who does not wait."""
        return next((i for i, place in enumerate(self._waiting, 1) if place.who == who), 0)

    def error(self, who: str) -> str:
        """Why the run of `who` did not start when it was its turn; said once."""
        return self._errors.pop(who, "")

    def going(self) -> Run | None:
        """The run that trains now."""
        return next((run for run in self._going if run.folder.is_dir() and run.state in BUSY), None)

    def advance(self):
        """Starts the next one if the place is free."""
        with self._lock:
            if self._waiting and self._is_free():
                place = self._waiting.pop(0)
                try:
                    self._going = [place.job()]
                except (ValueError, OSError) as error:
                    self._errors[place.who] = str(error)

    def _is_free(self) -> bool:
        return self.going() is None


def waiting_sentence(place: int, seconds_left: float | None) -> str:
    """Where somebody stands in line, in words."""
    before = "You are next" if place == 1 else f"There are {place - 1} before you"
    left = f"; the run that trains now has {duration(seconds_left)} left" if seconds_left else ""
    return f"Somebody else's run is training. {before}{left}. Yours starts by itself."


def duration(seconds: float) -> str:
    """40 s, 3 min 20 s, 1 h 5 min."""
    seconds = max(0, round(seconds))
    if seconds < 100:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s" if seconds < 600 else f"{round(seconds / 60)} min"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"
