"""One evaluation that a visitor asked for, from the queue to its report."""

import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from lora_demo.errors import describe_error
from lora_demo.evaluation.evaluate import Evaluator
from lora_demo.evaluation.events import Done, Phase, Progress
from lora_demo.evaluation.report.data import Evaluation
from lora_demo.evaluation.report.files import write_report
from lora_demo.evaluation.report.narrative import verdicts
from lora_demo.evaluation.report.page import body
from lora_demo.evaluation.report.style import STYLE
from lora_demo.files import write_json, write_text
from lora_demo.formatting import format_duration
from lora_demo.language import N_, _, current_language, in_language

FOLDER = "evaluations"
REQUEST = "request.json"
OUTCOME = "outcome.json"
PAGE = "shown.html"
"""The report as the Evaluate tab shows it."""
INPUTS = "given-{}"
"""Folder of an uploaded file of translations, until the evaluation ends."""
STARTING = N_("Starting")
UNITS = (N_("tokens"), N_("outputs"), N_("systems"))
"""Units of the progress of an evaluation."""
ABANDON_SECONDS = 20


class EvaluationJob:
    """One evaluation in its own folder.

    The folder holds `request.json`, and `outcome.json` with the report once the job has ended.

    Args:
        visitor: The visitor's folder.
        title: Title in the list of evaluations.
        make_evaluator: Makes the evaluator when the job starts.
        minutes: Time after which the job stops and scores what is translated; None for no limit.
        sources: Data sources that the job reads when it starts.
        base: Name of its base on the page.
    """

    def __init__(
        self,
        visitor: Path,
        title: str,
        make_evaluator: Callable[["EvaluationJob"], Evaluator],
        minutes: float | None = None,
        sources: tuple[str, ...] = (),
        base: str = "",
    ) -> None:
        self.visitor = visitor
        self.title = title
        self.minutes = minutes
        self.sources = sources
        self.base = base
        self._make_evaluator = make_evaluator
        self.folder = visitor / FOLDER / f"{datetime.now():%Y%m%d-%H%M%S-%f}"
        self.language = current_language()
        self.stopping = threading.Event()
        self.ended = threading.Event()
        self.is_abandoned = False
        self.phase = ""
        self.progress: Progress | None = None
        self.evaluation: Evaluation | None = None
        self.error = ""

    @property
    def share(self) -> float:
        """The finished part of the current phase, from 0 to 1."""
        return self.progress.done / self.progress.total if self.progress else 0.0

    @property
    def message(self) -> str:
        """The current phase and its progress, in words."""
        if self.stopping.is_set():
            return _("Stopping. The translations so far will be scored …")
        if not self.progress:
            return f"{self.phase or _(STARTING)} …"
        progress = self.progress
        values = {
            "phase": self.phase,
            "done": progress.done,
            "total": progress.total,
            "unit": _(progress.unit),
        }
        if progress.seconds_left is None:
            return _("{phase}: {done:,} of {total:,} {unit}", **values)
        return _(
            "{phase}: {done:,} of {total:,} {unit}, {time} left",
            time=format_duration(progress.seconds_left),
            **values,
        )

    def abandon(self) -> None:
        """Stop, and delete the folder at the end, which is awaited for a short time."""
        self.is_abandoned = True
        self.stopping.set()
        self.ended.wait(ABANDON_SECONDS)

    def run(self) -> None:
        """Evaluate and store the outcome. Raises nothing: an error becomes the outcome."""
        try:
            with in_language(self.language):
                self._evaluate()
        except Exception as error:
            self.error = describe_error(error)
            # On a full disk nothing is stored, and the next job in the queue starts anyway.
            with suppress(OSError):
                state = "stopped" if self.stopping.is_set() else "failed"
                self._store_outcome(state, self.error)
        finally:
            for folder in self.folder.glob(INPUTS.format("*")):
                shutil.rmtree(folder, ignore_errors=True)
            if self.is_abandoned:
                self._remove_folder()
            self.ended.set()

    def _remove_folder(self) -> None:
        """Remove the folder, and the visitor's if nothing else is in it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        with suppress(OSError):
            self.folder.parent.rmdir()
            self.visitor.rmdir()

    def _evaluate(self) -> None:
        evaluator = self._make_evaluator(self)
        began = time.monotonic()
        evaluator.stop = lambda: self.stopping.is_set() or self._is_over_time(began)
        for event in evaluator.run():
            if isinstance(event, Phase):
                self.phase, self.progress = event.message, None
            elif isinstance(event, Progress):
                self.progress = event
            elif isinstance(event, Done):
                self.evaluation = event.evaluation
                self._store_report(event.evaluation)

    def _is_over_time(self, began: float) -> bool:
        return bool(self.minutes) and time.monotonic() - began > 60 * (self.minutes or 0)

    def _store_report(self, evaluation: Evaluation) -> None:
        write_report(evaluation, self.folder)
        html = f"<style>{STYLE}</style>{body(evaluation)}"
        write_text(self.folder / PAGE, html)
        state = "partial" if evaluation.is_partial else "done"
        self._store_outcome(state, verdicts(evaluation)[0])

    def _store_outcome(self, state: str, message: str) -> None:
        write_json(self.folder / OUTCOME, {"state": state, "message": message})
