"""The queue of evaluations: one at a time, in a fair order of visitors.

The state of a waiting or running evaluation is only in memory. A folder without an outcome and
without a job was left by an app that was restarted.
"""

import shutil
import threading
from pathlib import Path

from lora_demo.files import read_json, write_json
from lora_demo.formatting import format_duration
from lora_demo.language import N_, _
from lora_demo.service.evaluation_job import FOLDER, OUTCOME, REQUEST, EvaluationJob
from lora_demo.service.evaluation_record import EvaluationRecord
from lora_demo.service.fair_queue import Rounds, fair_order
from lora_demo.service.waiting_time import STARTS_ITSELF, position_message

MAX_RECORDS = 20
"""Evaluations that are stored per visitor."""
LEFT_QUEUE = N_("The evaluation was removed from the queue.")
INTERRUPTED = N_("The app restarted before the evaluation ended. Start it again.")


class EvaluationQueue:
    """Runs queued evaluations in a thread, one at a time."""

    def __init__(self) -> None:
        self._current: EvaluationJob | None = None
        self._waiting: list[EvaluationJob] = []
        self._is_working = False
        self._lock = threading.Lock()
        self._rounds = Rounds()

    def enter(self, job: EvaluationJob) -> None:
        """Queue a job. The oldest ended evaluations of the visitor are deleted.

        Args:
            job: A new job.
        """
        for old in self.records(job.visitor)[MAX_RECORDS - 1 :]:
            if not old.is_active:
                shutil.rmtree(old.folder, ignore_errors=True)
        with self._lock:
            write_json(job.folder / REQUEST, {"title": job.title})
            self._waiting.append(job)
            if not self._is_working:
                self._is_working = True
                threading.Thread(target=self._work, name="evaluations", daemon=True).start()

    def leave(self, job: EvaluationJob) -> bool:
        """Take a job out of the queue and delete its folder.

        Args:
            job: A job.

        Returns:
            False if the job was not waiting.
        """
        with self._lock:
            if job not in self._waiting:
                return False
            self._waiting.remove(job)
        shutil.rmtree(job.folder, ignore_errors=True)
        job.error = _(LEFT_QUEUE)
        job.ended.set()
        return True

    def abandon(self, visitor: Path) -> None:
        """End a visitor's evaluations, whose folders are deleted.

        Args:
            visitor: The visitor's folder.
        """
        with self._lock:
            jobs = [job for job in self._active() if job.visitor == visitor]
        for job in jobs:
            if not self.leave(job):
                job.abandon()

    def waiting(self) -> list[EvaluationJob]:
        """Return the waiting jobs, the next one first.

        Every visitor's first job comes before any visitor's second one.
        """
        with self._lock:
            return self._in_order()

    def is_active(self, visitor: Path) -> bool:
        """Check whether an evaluation of a visitor waits or runs.

        Args:
            visitor: The visitor's folder.
        """
        with self._lock:
            return any(job.visitor == visitor for job in self._active())

    def uses(self, base: str) -> bool:
        """Tell whether the current evaluation translates with a base.

        Args:
            base: Name of the base on the page.
        """
        current = self._current
        return current is not None and current.base == base

    def sources(self, visitor: Path) -> set[str]:
        """Return the data sources that a visitor's evaluations still have to read.

        Args:
            visitor: The visitor's folder.
        """
        with self._lock:
            jobs = [job for job in self._active() if job.visitor == visitor]
        return {source for job in jobs for source in job.sources}

    def records(self, visitor: Path) -> list[EvaluationRecord]:
        """List the evaluations of a visitor, newest first.

        Args:
            visitor: The visitor's folder.
        """
        requests = sorted((visitor / FOLDER).glob(f"*/{REQUEST}"), reverse=True)
        records = [self._record(request.parent) for request in requests]
        return [record for record in records if record is not None]

    def _record(self, folder: Path) -> EvaluationRecord | None:
        with self._lock:
            job = next((job for job in self._active() if job.folder == folder), None)
            is_waiting = job in self._waiting
        try:
            title = str(read_json(folder / REQUEST).get("title"))
            if (folder / OUTCOME).is_file():
                outcome = read_json(folder / OUTCOME)
                state, message = str(outcome.get("state")), str(outcome.get("message"))
                return EvaluationRecord(folder, title, state, message)
        except ValueError:
            return None
        if job is None:
            return EvaluationRecord(folder, title, "interrupted", _(INTERRUPTED))
        if is_waiting:
            return EvaluationRecord(folder, title, "waiting", self._waiting_message(job), job)
        state = "stopping" if job.stopping.is_set() else "running"
        return EvaluationRecord(folder, title, state, job.message, job)

    def _waiting_message(self, job: EvaluationJob) -> str:
        """Say where a job is in the queue and how long the current one will take."""
        waiting, current = self.waiting(), self._current
        position = waiting.index(job) + 1 if job in waiting else 1
        progress = current.progress if current else None
        place = position_message(position)
        if progress and progress.unit == "tokens" and progress.seconds_left is not None:
            place = _(
                "{place}; the current evaluation translates for about {time} more",
                place=place,
                time=format_duration(progress.seconds_left),
            )
        return f"{place}. {_(STARTS_ITSELF)}"

    def _active(self) -> list[EvaluationJob]:
        """Return the jobs that run or wait. The caller holds the lock."""
        return [job for job in (self._current, *self._waiting) if job]

    def _in_order(self) -> list[EvaluationJob]:
        served = self._rounds.served | ({self._current.visitor} if self._current else set())
        return fair_order(self._waiting, lambda job: job.visitor, served)

    def _work(self) -> None:
        while job := self._next():
            job.run()

    def _next(self) -> EvaluationJob | None:
        """Make the next waiting job the current one; None ends the thread."""
        with self._lock:
            self._current = None
            waiting = self._in_order()
            self._is_working = bool(waiting)
            if not waiting:
                self._rounds.reset()
                return None
            self._current = waiting[0]
            self._waiting.remove(self._current)
            self._rounds.begin(self._current.visitor)
            return self._current
