"""Evaluations that visitors ask for: one at a time, in a fair line, each in its visitor's folder and found again after a reload.

A folder holds `request.json` and, when it has ended, `outcome.json` with the report. What waits or goes on is known to the
app that does it, so a folder without an outcome at which no job works was left behind by a restart.
"""

import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lora_demo.errors import failure
from lora_demo.evaluation.evaluate import Evaluator
from lora_demo.evaluation.report.html import FILES, body, write_report
from lora_demo.evaluation.report.result import Evaluation
from lora_demo.evaluation.report.style import STYLE
from lora_demo.files import read_json, write_json, write_text
from lora_demo.service.archives import outbox
from lora_demo.service.durations import duration

FOLDER = "evaluations"
MOST_KEPT = 20
SHOWN_SENTENCES = 200
ACTIVE = ("waiting", "running", "stopping")
LEFT = "It was taken out of the line before its turn."
RESTARTED = "The app was restarted before this was done: evaluate again."


class Job:
    """One evaluation from the line to its end.

    Args:
        make: the evaluator, once its turn has come; reads: the sources that it reads then, what else it reads lies in the job's folder.
        minutes: after which what is done is scored; None: no limit.
    """

    def __init__(
        self,
        visitor: Path,
        title: str,
        make: Callable[["Job"], Evaluator],
        minutes: float | None = None,
        reads: tuple[str, ...] = (),
    ):
        self.visitor, self.title, self.minutes, self.reads, self._make = (
            visitor,
            title,
            minutes,
            reads,
            make,
        )
        self.folder = visitor / FOLDER / f"{datetime.now():%Y%m%d-%H%M%S-%f}"
        self.stopping, self.ended = threading.Event(), threading.Event()
        self.phase, self.progress = "", None
        self.evaluation: Evaluation | None = None
        self.error = ""

    def run(self):
        """Evaluates, and writes down what came of it; raises nothing."""
        try:
            evaluator, began = self._make(self), time.monotonic()
            evaluator.stop = lambda: (
                self.stopping.is_set()
                or bool(self.minutes)
                and time.monotonic() - began > 60 * self.minutes
            )
            for event in evaluator.run():
                self._hear(event)
            self.evaluation = event["evaluation"]
            self._keep(self.evaluation)
        except Exception as error:
            self.error = failure(error)
            with suppress(
                OSError
            ):  # a full disk keeps nothing, and those in line must not wait behind it
                self._end("stopped" if self.stopping.is_set() else "failed", self.error)
        finally:
            for given in self.folder.glob("given-*"):
                shutil.rmtree(given, ignore_errors=True)
            self.ended.set()

    def _hear(self, event: dict):
        if event["kind"] == "phase":
            self.phase, self.progress = event["message"], None
        elif event["kind"] == "progress":
            self.progress = event

    def _keep(self, evaluation: Evaluation):
        write_report(evaluation, self.folder)
        write_text(
            self.folder / "shown.html", f"<style>{STYLE}</style>{body(evaluation, SHOWN_SENTENCES)}"
        )
        self._end("partial" if evaluation.is_partial else "done", evaluation.verdicts()[0])

    def _end(self, state: str, message: str):
        write_json(self.folder / "outcome.json", {"state": state, "message": message})


@dataclass(frozen=True)
class Kept:
    """An evaluation of a visitor: `state` is waiting, running, stopping, done, partial, stopped, failed or interrupted; `job` while it is active."""

    folder: Path
    title: str
    state: str
    message: str
    job: Job | None = None

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def has_report(self) -> bool:
        return self.state in ("done", "partial")

    @property
    def report(self) -> list[Path]:
        """The report's files, copied to where the page may hand them out; none where there is no report."""
        if not self.has_report:
            return []
        place = outbox()
        return [Path(shutil.copy(self.folder / name, place)) for name in FILES]

    @property
    def html(self) -> str:
        """The report as the page shows it."""
        return (self.folder / "shown.html").read_text(encoding="utf-8")

    @property
    def share(self) -> float:
        """How much of what it does now is done, from 0 to 1."""
        return (
            self.job.progress["done"] / self.job.progress["total"]
            if self.job and self.job.progress
            else 0.0
        )


class EvaluationQueue:
    """Lets one evaluation go on at a time; everybody's first comes before anybody's second."""

    def __init__(self):
        self._going: Job | None = None
        self._arrived: list[Job] = []
        self._is_working, self._lock = False, threading.Lock()

    def enter(self, job: Job):
        """Puts a job at its visitor's end of the line; the oldest reports of the visitor make room."""
        for old in self.kept(job.visitor)[MOST_KEPT - 1 :]:
            if old.state not in ACTIVE:
                shutil.rmtree(old.folder, ignore_errors=True)
        with self._lock:
            write_json(job.folder / "request.json", {"title": job.title})
            self._arrived.append(job)
            if not self._is_working:
                self._is_working = True
                threading.Thread(target=self._work, name="evaluations", daemon=True).start()

    def is_active(self, visitor: Path) -> bool:
        """Whether an evaluation of the visitor waits or goes on."""
        with self._lock:
            return any(job and job.visitor == visitor for job in (self._going, *self._arrived))

    def reads(self, visitor: Path) -> set[str]:
        """The sources that the visitor's evaluations still read."""
        with self._lock:
            return {
                source
                for job in (self._going, *self._arrived)
                if job and job.visitor == visitor
                for source in job.reads
            }

    def leave(self, job: Job) -> bool:
        """Takes a job out of the line; False if it does not wait any more."""
        with self._lock:
            if job not in self._arrived:
                return False
            self._arrived.remove(job)
        shutil.rmtree(job.folder, ignore_errors=True)
        job.error = LEFT
        job.ended.set()
        return True

    def waiting(self) -> list[Job]:
        """The jobs in line, the next one first."""
        with self._lock:
            return self._in_turn()

    def place(self, job: Job) -> str:
        """Where a job stands, and how long the one that goes on will take; in words."""
        waiting, going = self.waiting(), self._going
        number = waiting.index(job) + 1 if job in waiting else 1
        progress = going.progress if going else None
        before = "Next in line" if number == 1 else f"Number {number} in line"
        now = (
            f"; the present one translates for about {duration(progress['seconds_left'])} more"
            if progress and progress["unit"] == "tokens" and progress["seconds_left"] is not None
            else ""
        )
        return f"{before}{now}. It starts by itself; you may close the page."

    def kept(self, visitor: Path) -> list[Kept]:
        """The visitor's evaluations, newest first."""
        folders = sorted((visitor / FOLDER).glob("*/request.json"), reverse=True)
        return [found for file in folders if (found := self._find(file.parent))]

    def _find(self, folder: Path) -> Kept | None:
        with self._lock:
            job = next(
                (job for job in (self._going, *self._arrived) if job and job.folder == folder), None
            )
            is_waiting = job in self._arrived
        try:
            title = str(read_json(folder / "request.json").get("title"))
            if (folder / "outcome.json").is_file():
                outcome = read_json(folder / "outcome.json")
                return Kept(folder, title, str(outcome.get("state")), str(outcome.get("message")))
        except ValueError:
            return None
        if job is None:
            return Kept(folder, title, "interrupted", RESTARTED)
        state = "waiting" if is_waiting else "stopping" if job.stopping.is_set() else "running"
        return Kept(folder, title, state, self.place(job) if is_waiting else told(job), job)

    def _in_turn(self) -> list[Job]:
        ahead = Counter([self._going.visitor] if self._going else [])
        turns = []
        for number, job in enumerate(self._arrived):
            turns.append((ahead[job.visitor], number, job))
            ahead[job.visitor] += 1
        return [job for *_, job in sorted(turns, key=lambda turn: turn[:2])]

    def _work(self):
        while self._advance():
            self._going.run()

    def _advance(self) -> bool:
        with self._lock:
            self._going = None
            if waiting := self._in_turn():
                self._going = waiting[0]
                self._arrived.remove(self._going)
            self._is_working = self._going is not None
            return self._is_working


def told(job: Job) -> str:
    """How far a job is, in words."""
    if job.stopping.is_set():
        return "What is done will be scored …"
    if not job.progress:
        return f"{job.phase or 'Getting ready'} …"
    left = job.progress["seconds_left"]
    return f"{job.phase}: {job.progress['done']:,} of {job.progress['total']:,} {job.progress['unit']}{f', {duration(left)} left' if left is not None else ''}"
