"""An evaluation in a visitor's list: queued, active or ended."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lora_demo.evaluation.report.files import FILES
from lora_demo.service.archives import outbox
from lora_demo.service.evaluation_job import PAGE, EvaluationJob
from lora_demo.service.traces import TRACES

ACTIVE = ("waiting", "running", "stopping")
"""States of an evaluation that has not ended."""


@dataclass(frozen=True)
class EvaluationRecord:
    """The state of one evaluation at one moment.

    Args:
        folder: Folder of the evaluation.
        title: Sets and systems, in words.
        state: Waiting, running, stopping, done, partial, stopped, failed or interrupted.
        message: The progress, then the verdict, or the reason why there is none.
        job: The job while the evaluation is active, else None.
    """

    folder: Path
    title: str
    state: str
    message: str
    job: EvaluationJob | None = None

    @property
    def id(self) -> str:
        """Id of the evaluation: the time of the request."""
        return self.folder.name

    @property
    def is_active(self) -> bool:
        """True until the evaluation has ended."""
        return self.state in ACTIVE

    @property
    def has_report(self) -> bool:
        """True if there is a report, of all sentences or of a part of them."""
        return self.state in ("done", "partial")

    @property
    def report(self) -> list[Path]:
        """Copies of the report's files that the page may serve; empty without a report."""
        if not self.has_report:
            return []
        place = outbox()
        # A report of an earlier release has fewer files.
        files = [self.folder / name for name in FILES if (self.folder / name).is_file()]
        copies = [Path(shutil.copy(file, place)) for file in files]
        TRACES.record(self.folder, *copies)
        return copies

    @property
    def html(self) -> str:
        """The report as the page shows it."""
        return (self.folder / PAGE).read_text(encoding="utf-8")

    @property
    def share(self) -> float:
        """The finished part of the current phase, from 0 to 1."""
        return self.job.share if self.job else 0.0


def most_relevant(records: Sequence[EvaluationRecord]) -> EvaluationRecord | None:
    """Return the oldest active evaluation, else the newest one.

    Args:
        records: Evaluations of a visitor, newest first.
    """
    active = [record for record in records if record.is_active]
    if active:
        return active[-1]
    return records[0] if records else None
