"""What visitors leave goes: some days after they last were here, or the oldest first once it fills the disk.

Never what somebody used within the hour, nor anything of whom a run or an evaluation waits or goes on.
"""

import functools
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from lora_demo.checkpoints.tensors import remove_partials
from lora_demo.service.limits import Limits
from lora_demo.service.log import LOG, report
from lora_demo.service.visitors import NOBODY, USED, changed_at
from lora_demo.training.runs import BUSY, list_runs

RECENT_SECONDS = 3600
SWEEP_SECONDS = 60
MEASURED_SECONDS = 5
MOST_CACHED_GB = 10
"""Of files on their way, where nothing else is said."""
UPLOAD_SECONDS = 1200
"""After which a file that nobody writes to any more has come, or never will."""
KINDS = ("uploads", "adapters", "evaluations")


class Keeper:
    """Keeps the folder of all visitors, and that of files on their way, within limits.

    Args:
        root: holds a folder for each visitor; cache: where Gradio keeps what is sent and fetched; None: not looked after.
        is_active: whether an evaluation in a visitor's folder waits or goes on.
    """

    def __init__(
        self,
        root: Path,
        cache: Path | None,
        limits: Limits,
        is_active: Callable[[Path], bool] = lambda visitor: False,
    ):
        self.root, self.cache, self.limits, self._is_active, self._began = (
            root,
            cache,
            limits,
            is_active,
            time.time(),
        )

    def start(self):
        """Removes what a killed app left, then looks after the disk every minute."""

        def watch():
            while True:
                try:
                    self.sweep()
                except Exception as error:  # the next time it may go well
                    report(error, "expiry")
                time.sleep(SWEEP_SECONDS)

        self._clear_leftovers()
        threading.Thread(target=watch, name="expiry", daemon=True).start()

    def sweep(self):
        """Drops what has expired, then the oldest until the rest fits."""
        now = time.time()
        if self.limits.days:
            since = now - 86400 * self.limits.days
            for visitor in self._idle(since):
                if self._is_idle(visitor, since):  # somebody may have come back meanwhile
                    discard(visitor, self.root)
                    LOG.info("visitor %s expired", visitor.name[:8])
        if self.limits.disk_gb:
            self._shrink(now - RECENT_SECONDS, self.limits.disk_gb * 1e9)
        if self.cache:
            self._clear_cache(now)

    def check_room(self):
        """Raises ValueError where there is no room for anything new."""
        most = (self.limits.disk_gb or 0) * 1e9
        if most and _measured(self.root, time.time() // MEASURED_SECONDS) > most:
            raise ValueError(
                "The room for visitors' runs and files is used up here. Delete what you no longer need, or come back in an hour, or run it on your own machine."
            )

    def check_cache(self):
        """Raises ValueError where no more files may be sent for now."""
        if (
            self.cache
            and _measured(self.cache, time.time() // MEASURED_SECONDS) > self._cache_bytes
        ):
            raise ValueError("Too many files are on their way here: try again in a while.")

    @property
    def _cache_bytes(self) -> float:
        return (self.limits.disk_gb or MOST_CACHED_GB) * 1e9

    def _idle(self, since: float) -> list[Path]:
        """Visitors who were not here since then and for whom nothing waits or goes on; who is away longest comes first."""
        return sorted(
            (visitor for visitor in self._visitors() if self._is_idle(visitor, since)),
            key=last_used,
        )

    def _is_idle(self, visitor: Path, since: float) -> bool:
        return last_used(visitor) < since and not self._is_busy(visitor)

    def _visitors(self) -> list[Path]:
        return [path for path in self.root.glob("*") if re.fullmatch("[0-9a-f]{16}", path.name)]

    def _is_busy(self, visitor: Path) -> bool:
        return self._is_active(visitor) or any(
            (run.folder / "asked").exists() or run.state in (*BUSY, "waiting")
            for run in list_runs(visitor)
        )

    def _shrink(self, since: float, most: float):
        over = size(self.root) - most
        for visitor in self._idle(since) if over > 0 else ():
            for thing in things(visitor):
                if over <= 0:
                    return
                if not self._is_idle(visitor, since):
                    break
                over -= size(thing)
                discard(thing, self.root)
                LOG.info("visitor %s lost something to make room", visitor.name[:8])

    def _clear_leftovers(self):
        """What was half written, half thrown away or on its way when an app died."""
        for visitor in self._visitors():
            if not any(run.is_alive() for run in list_runs(visitor)):
                remove_partials(visitor)
            for waiting in (visitor / "adapters").glob(".*"):
                shutil.rmtree(waiting, ignore_errors=True)
        for gone in (*self.root.glob(".*.partial"), *self.root.glob(NOBODY)):
            shutil.rmtree(gone, ignore_errors=True)
        for path in _files(self.cache) if self.cache else ():
            if changed_at(path) < self._began:
                path.unlink(missing_ok=True)

    def _clear_cache(self, now: float):
        """Uploads that broke off, and the oldest files until the rest fits."""
        files = sorted(_files(self.cache), key=changed_at)
        over = sum(map(_size, files)) - self._cache_bytes
        for path in files:
            age = now - changed_at(path)
            if age > UPLOAD_SECONDS and (over > 0 or path.parent == self.cache):
                over -= _size(path)
                path.unlink(missing_ok=True)


def things(visitor: Path) -> list[Path]:
    """What a visitor has, the oldest first: runs, files of pairs, adapters, evaluations."""
    found = [run.folder for run in list_runs(visitor)] + [
        path for kind in KINDS for path in (visitor / kind).glob("[!.]*")
    ]
    return sorted(found, key=changed_at)


def last_used(visitor: Path) -> float:
    """When the visitor was here last."""
    marker = visitor / USED
    with suppress(FileNotFoundError):
        return marker.stat().st_mtime if marker.exists() else visitor.stat().st_mtime
    return time.time()


def discard(path: Path, root: Path):
    """Removes a file or a folder: whole at once, by way of a name that nobody looks for, so that nobody finds a part of it."""
    gone = root / f".{secrets.token_hex(8)}.partial"
    with suppress(FileNotFoundError):
        path.rename(gone)
        shutil.rmtree(gone, ignore_errors=True) if gone.is_dir() else gone.unlink()


def size(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    return path.stat().st_size if path.is_file() else sum(_size(file) for file in _files(path))


@functools.lru_cache(8)
def _measured(folder: Path, moment: float) -> int:
    """The size of a folder at a moment."""
    return size(folder)


def _files(folder: Path) -> list[Path]:
    return [Path(place, name) for place, _, names in os.walk(folder) for name in names]


def _size(path: Path) -> int:
    with suppress(FileNotFoundError):
        return path.lstat().st_size
    return 0
