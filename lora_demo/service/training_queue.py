"""The queue of training runs: one run at a time, in a fair order of visitors.

The queue is stored in the run folders, so it survives a restart of the app.
"""

import threading
import time
from collections.abc import Sequence
from pathlib import Path

from lora_demo.errors import describe_error
from lora_demo.language import _, in_language
from lora_demo.service.fair_queue import Rounds, fair_order
from lora_demo.service.limits import Limits
from lora_demo.service.log import report
from lora_demo.service.run_watch import PATIENCE, Patience, RunWatch
from lora_demo.training.run import BUSY, Run
from lora_demo.training.run_files import STARTED_FILE

START_SECONDS = 120
"""Time to load and compile, on top of the minutes that a limit allows."""


class TrainingQueue:
    """Starts queued runs, one at a time.

    Args:
        root: Holds a folder for each visitor, which holds a folder for each run.
        limits: Limits of this app, among them the minutes of a run.
        patience: The time that a process may take to answer.
    """

    def __init__(self, root: Path, limits: Limits, patience: Patience = PATIENCE) -> None:
        self.root = root
        self.limits = limits
        self._lock = threading.Lock()
        self._rounds = Rounds()
        self._watch = RunWatch(patience)

    def start(self, seconds: float = 0.5) -> None:
        """Queue again the runs of an app that died, then start queued runs in the background.

        Args:
            seconds: Time between two checks of the queue.
        """
        self.recover()
        threading.Thread(
            target=self._advance_forever, args=(seconds,), name="training queue", daemon=True
        ).start()

    def _advance_forever(self, seconds: float) -> None:
        while True:
            for step in (self._end_hung_runs, self.advance):
                try:
                    step()
                except Exception as error:  # other visitors' runs must still start
                    report(error, "the training queue")
            time.sleep(seconds)

    def _end_hung_runs(self) -> None:
        with self._lock:
            self._watch.check(self._marked("asked"))

    def recover(self) -> None:
        """Queue the runs of an app that died, before all others.

        Runs on Hugging Face Jobs train elsewhere. They are only unmarked, because following
        them needs a token.
        """
        self._rounds.reset()
        for run in reversed(self._marked("asked")):
            if run.job:
                (run.folder / STARTED_FILE).unlink(missing_ok=True)
            elif not run.is_alive():
                run.enqueue(self._time_before_first())

    def _time_before_first(self) -> int | None:
        """Return a time in nanoseconds that is earlier than every queued run's."""
        queued = self._marked("queued")
        return queued[0].queued_at - 1 if queued else None

    def enter(self, runs: Sequence[Run]) -> None:
        """Queue runs. The first one starts at once if no other run trains.

        Args:
            runs: New or stopped runs.
        """
        for run in runs:
            run.enqueue()
        self.advance()

    def leave(self, run: Run) -> bool:
        """Take a run out of the queue. A run that never started is deleted.

        Args:
            run: A run.

        Returns:
            False if the run was not in the queue.
        """
        with self._lock:
            if not run.dequeue():
                return False
        if not run.events():
            run.delete()
        return True

    def waiting(self) -> list[Run]:
        """Return the queued runs, the next one first.

        Every visitor's first run comes before any visitor's second one.
        """
        current = self.current()
        served = self._rounds.served | ({_visitor(current)} if current else set())
        return fair_order(self._marked("queued"), _visitor, served)

    def place(self, run: Run) -> int:
        """Return the position of a run in the queue.

        Args:
            run: A run.

        Returns:
            1 for the next run, 0 for a run that is not queued.
        """
        folders = [other.folder for other in self.waiting()]
        return folders.index(run.folder) + 1 if run.folder in folders else 0

    def current(self) -> Run | None:
        """Return the run that trains on this machine now."""
        started = self._marked("asked")
        return next((run for run in started if not run.job and run.state in BUSY), None)

    def followed_jobs(self) -> list[Run]:
        """Return the runs on Hugging Face Jobs that a process of this machine follows."""
        return [run for run in self._marked("asked") if run.job and run.state in BUSY]

    def advance(self) -> None:
        """Start the next run if none trains; stop the current one after its time limit."""
        with self._lock:
            current = self.current()
            if current:
                with in_language(current.language):
                    self._stop_after_limit(current)
                return
            waiting = self.waiting()
            if not waiting:
                self._rounds.reset()
            elif waiting[0].dequeue():
                self._launch(waiting[0])

    def _launch(self, run: Run) -> None:
        self._rounds.begin(_visitor(run))
        try:
            run.resume()
        except (ValueError, OSError) as error:
            with in_language(run.language):
                run.fail(describe_error(error))

    def _stop_after_limit(self, run: Run) -> None:
        minutes = self.limits.minutes
        if not minutes or run.state != "running":
            return
        if time.time() - run.asked_at > 60 * minutes + START_SECONDS:
            run.stop(
                _(
                    "Stopped after the limit of {minutes:g} min. The best adapter is kept.",
                    minutes=minutes,
                )
            )

    def _marked(self, name: str) -> list[Run]:
        """Return the runs with a file of that name, the oldest file first."""
        found = []
        for path in self.root.glob(f"*/[!.]*/{name}"):
            try:
                found.append((path.stat().st_mtime_ns, path.parent.name, Run(path.parent)))
            except FileNotFoundError:
                continue
        return [run for *_order, run in sorted(found, key=lambda entry: entry[:2])]


def _visitor(run: Run) -> Path:
    return run.folder.parent
