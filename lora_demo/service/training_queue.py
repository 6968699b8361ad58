"""The line before the one place to train, in which visitors take turns; it stands in the runs' folders, so a restart keeps it."""

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from lora_demo.errors import failure
from lora_demo.service.durations import duration
from lora_demo.service.limits import Limits
from lora_demo.service.log import report
from lora_demo.training.config import TrainConfig
from lora_demo.training.progress import RunProgress
from lora_demo.training.runs import BUSY, Run

START_SECONDS = 120
"""How long a run may take to load and compile on top of the time that a limit gives it."""


class TrainingQueue:
    """Lets one run train at a time.

    Args:
        root: holds a folder for each visitor, and in it a folder for each run.
        limits: of the time that a run may take.
    """

    def __init__(self, root: Path, limits: Limits):
        self.root, self.limits, self._lock = root, limits, threading.Lock()

    def start(self, seconds: float = 0.5):
        """Puts the runs that an app left behind when it died first in line, then looks for a free place every so often."""
        self.recover()

        def watch():
            while True:
                try:
                    self.advance()
                except Exception as error:  # whatever it is, others wait behind it
                    report(error, "the line")
                time.sleep(seconds)

        threading.Thread(target=watch, name="line", daemon=True).start()

    def recover(self):
        """Runs whose app is gone go back in line, before all that wait; those on Jobs train elsewhere, and need a token to be followed."""
        for run in reversed(self._marked("asked")):
            if run.job:
                (run.folder / "asked").unlink(missing_ok=True)
            elif not run.is_alive():
                first = next((other.folder / "queued" for other in self._marked("queued")), None)
                run.enqueue(first.stat().st_mtime_ns - 1 if first else None)

    def enter(self, runs: Sequence[Run]):
        """Puts runs at the end of the line; the first starts at once where the place is free."""
        for run in runs:
            run.enqueue()
        self.advance()

    def leave(self, run: Run) -> bool:
        """Gives up the run's place; one that never began is removed. False if it did not wait."""
        with self._lock:
            if not run.dequeue():
                return False
        if not run.events():
            run.delete()
        return True

    def waiting(self) -> list[Run]:
        """The runs in line, the next one first: everybody's first comes before anybody's second."""
        going, waiting = self.current(), self._marked("queued")
        ahead = Counter([going.folder.parent] if going else [])
        turns = []
        for number, run in enumerate(waiting):
            turns.append((ahead[run.folder.parent], number))
            ahead[run.folder.parent] += 1
        return [waiting[number] for _, number in sorted(turns)]

    def place(self, run: Run) -> int:
        """1 for the next one, 0 for one that does not wait."""
        return next(
            (i for i, other in enumerate(self.waiting(), 1) if other.folder == run.folder), 0
        )

    def current(self) -> Run | None:
        """The run that trains here now."""
        return next(
            (run for run in self._marked("asked") if not run.job and run.state in BUSY), None
        )

    def followed_jobs(self) -> list[Run]:
        """The runs on Jobs that are followed now."""
        return [run for run in self._marked("asked") if run.job and run.state in BUSY]

    def advance(self):
        """Starts the next one if the place is free; ends the present one if it is over its time."""
        with self._lock:
            if going := self.current():
                self._hold_to_limits(going)
            elif (waiting := self.waiting()) and waiting[0].dequeue():
                self._launch(waiting[0])

    def _launch(self, run: Run):
        try:
            run.resume()
        except (ValueError, OSError) as error:
            run.fail(failure(error))

    def _hold_to_limits(self, run: Run):
        minutes = self.limits.minutes
        if (
            minutes
            and run.state == "running"
            and time.time() - run.asked_at > 60 * minutes + START_SECONDS
        ):
            run.stop(
                f"It was ended at the limit of {minutes:g} minutes here; the best so far is kept."
            )

    def _marked(self, name: str) -> list[Run]:
        """The runs with a file of that name, the oldest file first."""
        found = []
        for path in self.root.glob(f"*/[!.]*/{name}"):
            try:
                found.append((path.stat().st_mtime_ns, path.parent.name, Run(path.parent)))
            except FileNotFoundError:
                continue
        return [run for _, _, run in sorted(found, key=lambda entry: entry[:2])]


def waiting_sentence(
    line: TrainingQueue, run: Run, estimate: Callable[[TrainConfig], float | None]
) -> str:
    """Where a run stands in line and how long that will take, in words; empty for one that does not wait.

    Args:
        estimate: seconds of a whole run; None where nobody knows.
    """
    waiting, going = line.waiting(), line.current()
    place = next((i for i, other in enumerate(waiting) if other.folder == run.folder), None)
    if place is None:
        return ""
    ahead = [
        _left(other, RunProgress.from_events(other.events()), estimate) for other in waiting[:place]
    ]
    if going:
        ahead.append(_still(going, estimate))
    known = sum(seconds for seconds in ahead if seconds is not None)
    more = "" if None not in ahead else " or more"
    before = "Next in line" if place == 0 else f"Number {place + 1} in line"
    left = f": about {duration(5 * math.ceil(known / 5))}{more} until it starts" if known else ""
    return f"{before}{left}. It starts by itself; you may close the page."


def _left(
    run: Run, progress: RunProgress, estimate: Callable[[TrainConfig], float | None]
) -> float | None:
    """Seconds that a run needs from its start or last step on."""
    if progress.last_step:
        return progress.last_step.seconds_left
    whole = estimate(run.config)
    return whole and whole * (1 - progress.fraction)


def _still(run: Run, estimate: Callable[[TrainConfig], float | None]) -> float | None:
    """Seconds that the run which goes on still needs; None, too, once it has taken longer than was thought."""
    progress = RunProgress.from_events(run.events())
    left, passed = (
        _left(run, progress, estimate),
        time.time() - (progress.last_step.time if progress.last_step else run.asked_at),
    )
    return left - passed if left and left > passed else None
