"""All data of one visitor: the notice about it, and its deletion."""

import signal
import time
from dataclasses import dataclass

from lora_demo.language import _, ngettext
from lora_demo.service.data_previews import forget_previews
from lora_demo.service.disk_usage import discard
from lora_demo.service.evaluation_queue import EvaluationQueue
from lora_demo.service.log import LOG
from lora_demo.service.traces import TRACES
from lora_demo.service.training_queue import TrainingQueue
from lora_demo.service.visitor_folders import VisitorFolders
from lora_demo.training.run import BUSY, Run
from lora_demo.training.run_files import STARTED_FILE
from lora_demo.training.run_process import find_process, send_signal
from lora_demo.training.runs import list_runs

END_SECONDS = 30.0
"""Time that a killed training process gets to end."""
JOB_SECONDS = 60.0
"""Time that a run on Jobs gets to cancel its Job."""
PAUSE_SECONDS = 0.1


@dataclass(frozen=True)
class VisitorData:
    """The data of visitors.

    Args:
        visitors: The visitors' folders.
        training_queue: Queues and trains their runs.
        evaluation_queue: Queues and runs their evaluations.
    """

    visitors: VisitorFolders
    training_queue: TrainingQueue
    evaluation_queue: EvaluationQueue

    @property
    def notice(self) -> str:
        """A notice about the data of a visitor that this page keeps, and for how long."""
        kept = _(
            "This page keeps your uploads, runs, adapters and evaluations under a secret key that "
            "is stored in your browser. It does not store texts that you translate, and it writes "
            "none of your texts to its log."
        )
        days = self.visitors.limits.days
        if not days:
            stay = _("Your data stays on this machine until you delete it.")
            return f"{kept} {stay}"
        deleted = ngettext(
            "Your data is deleted a day after your last visit, or earlier if the disk fills up.",
            "Your data is deleted {count:g} days after your last visit, or earlier if the disk "
            "fills up.",
            days,
        )
        return f"{kept} {deleted}"

    def delete_all(self, visitor: str) -> dict[str, int]:
        """Delete everything of a visitor. Active runs and evaluations are ended.

        Args:
            visitor: The visitor's key.

        Returns:
            The number of runs and evaluations that were deleted.

        Raises:
            ValueError: If a run on Jobs cannot be ended, which may cost money. Nothing is deleted
                then.
        """
        folder = self.visitors.folder(visitor)
        self._end_jobs(list_runs(folder))
        runs = list_runs(folder)
        for run in runs:
            self.training_queue.leave(run)
        for run in runs:
            _end_run(run)
        evaluations = len(self.evaluation_queue.records(folder))
        self.evaluation_queue.abandon(folder)
        discard(folder, self.visitors.root)
        TRACES.delete(folder)
        forget_previews()
        LOG.info("visitor %s deleted everything", folder.name[:8])
        return {"runs": len(runs), "evaluations": evaluations}

    def _end_jobs(self, runs: list[Run]) -> None:
        jobs = [run for run in runs if "id" in (run.job or {})]
        if any(run.state == "killed" for run in jobs):
            raise ValueError(
                _(
                    "A Job of yours may still be running and cost money. Resume its run and "
                    "stop it, then delete everything."
                )
            )
        following = [run for run in jobs if run.state in BUSY]
        for run in following:
            run.stop()
        if not all(_wait_until_ended(run, JOB_SECONDS) for run in following):
            raise ValueError(_("A Job of yours is still being cancelled. Try again in a minute."))


def _end_run(run: Run) -> None:
    if run.state not in BUSY and not find_process(run.folder):
        return
    send_signal(run.folder, signal.SIGKILL)
    if not _wait_until_ended(run, END_SECONDS):
        raise ValueError(_("The run {id} is still running. Stop it, then try again.", id=run.id))


def _wait_until_ended(run: Run, seconds: float) -> bool:
    """Wait until a run has no process and its app has noticed that."""
    end = time.monotonic() + seconds
    while run.is_alive() or (run.folder / STARTED_FILE).exists():
        if time.monotonic() > end:
            return not run.is_alive()
        time.sleep(PAUSE_SECONDS)
    return True
