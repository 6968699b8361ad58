"""Removal of visitors' data: some days after their last visit, earlier if the disk fills up.

Data that was used within the last hour stays, and so does everything of a visitor who has a queued
or running run or evaluation.
"""

import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from lora_demo.files import remove_partials, size_on_disk
from lora_demo.service.disk_usage import discard
from lora_demo.service.log import LOG, report
from lora_demo.service.temporary_files import TemporaryFiles
from lora_demo.service.visitor_folders import LAST_USED, WITHOUT_KEY, VisitorFolders, modified_at
from lora_demo.training.run import BUSY
from lora_demo.training.run_files import STARTED_FILE
from lora_demo.training.runs import list_runs

RECENT_SECONDS = 3600
CLEANUP_SECONDS = 60
SECONDS_PER_DAY = 86400
KINDS = ("uploads", "adapters", "evaluations")
"""Subfolders of a visitor's folder whose entries are removed one by one; runs are the others."""


class Retention:
    """Removes visitors' data when it expires or when the disk limit is exceeded.

    Args:
        visitors: The visitors' folders, with the limits.
        is_active: Returns True if an evaluation in a visitor's folder is queued or running.
    """

    def __init__(
        self, visitors: VisitorFolders, is_active: Callable[[Path], bool] = lambda folder: False
    ) -> None:
        self.visitors = visitors
        self._is_active = is_active

    def clean(self) -> None:
        """Remove what has expired, then the oldest data until the rest is within the limit."""
        limits = self.visitors.limits
        if limits.days:
            self._remove_expired(time.time() - limits.days * SECONDS_PER_DAY)
        if limits.disk_gb:
            self._make_room(limits.disk_gb * 1e9, time.time() - RECENT_SECONDS)

    def clean_leftovers(self) -> None:
        """Remove files that a killed app had not finished writing or removing."""
        for folder in self.visitors.all():
            if not any(run.is_alive() for run in list_runs(folder)):
                remove_partials(folder)
            for unfinished in (folder / "adapters").glob(".*"):
                shutil.rmtree(unfinished, ignore_errors=True)
        root = self.visitors.root
        for leftover in (*root.glob(".*.partial"), *root.glob(WITHOUT_KEY)):
            shutil.rmtree(leftover, ignore_errors=True)

    def _remove_expired(self, since: float) -> None:
        for folder in self._idle_folders(since):
            if not self._is_idle(folder, since):  # the visitor may have come back meanwhile
                continue
            discard(folder, self.visitors.root)
            LOG.info("visitor %s expired", folder.name[:8])

    def _make_room(self, max_bytes: float, since: float) -> None:
        excess = size_on_disk(self.visitors.root) - max_bytes
        if excess <= 0:
            return
        for folder in self._idle_folders(since):
            for entry in stored_entries(folder):
                if excess <= 0:
                    return
                if not self._is_idle(folder, since):
                    break
                excess -= size_on_disk(entry)
                discard(entry, self.visitors.root)
                LOG.info("visitor %s lost an entry to make room", folder.name[:8])

    def _idle_folders(self, since: float) -> list[Path]:
        """List the folders of absent visitors, the longest absent one first."""
        idle = [folder for folder in self.visitors.all() if self._is_idle(folder, since)]
        return sorted(idle, key=last_used)

    def _is_idle(self, folder: Path, since: float) -> bool:
        return last_used(folder) < since and not self._is_busy(folder)

    def _is_busy(self, folder: Path) -> bool:
        if self._is_active(folder):
            return True
        return any(
            (run.folder / STARTED_FILE).exists() or run.state in (*BUSY, "waiting")
            for run in list_runs(folder)
        )


def start_cleanup(retention: Retention, temporary_files: TemporaryFiles) -> None:
    """Remove what a killed app left, then clean up every minute in a thread.

    Args:
        retention: Deletes visitors' data.
        temporary_files: Deletes Gradio's files.
    """
    retention.clean_leftovers()
    temporary_files.clean_leftovers()

    def clean_forever() -> None:
        while True:
            try:
                retention.clean()
                temporary_files.clean()
            except Exception as error:  # try again in a minute
                report(error, "cleanup")
            time.sleep(CLEANUP_SECONDS)

    threading.Thread(target=clean_forever, name="cleanup", daemon=True).start()


def stored_entries(folder: Path) -> list[Path]:
    """List the data of a visitor, the oldest first: runs, uploads, adapters and evaluations.

    Args:
        folder: The visitor's folder.
    """
    entries = [run.folder for run in list_runs(folder)]
    for kind in KINDS:
        entries += (folder / kind).glob("[!.]*")
    return sorted(entries, key=modified_at)


def last_used(folder: Path) -> float:
    """Return when a visitor was last here; now, if the folder was removed meanwhile.

    Args:
        folder: The visitor's folder.
    """
    marker = folder / LAST_USED
    with suppress(FileNotFoundError):
        return (marker if marker.exists() else folder).stat().st_mtime
    return time.time()
