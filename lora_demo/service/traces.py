"""Temporary copies of visitors' files, remembered so that they can be deleted on request.

Gradio copies each file that is uploaded or handed out to a folder named after its content, and
keeps it for a day.
"""

import hashlib
import os
import re
import shutil
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

KEPT_SECONDS = 100_000
"""Time for which a copy is remembered; Gradio has deleted it by then."""
VISITOR = re.compile("[0-9a-f]{16}")


@dataclass(frozen=True)
class Trace:
    """One temporary copy.

    Args:
        owner: The visitor's folder.
        path: The copy that the app made or received.
        digest: SHA-256 of its content.
        time: Time at which it was made, on the monotonic clock.
    """

    owner: Path
    path: Path
    digest: str
    time: float

    @property
    def content(self) -> tuple[str, str]:
        """Name and hash, by which Gradio's copies are found."""
        return self.path.name, self.digest


class Traces:
    """The temporary copies of all visitors' files."""

    def __init__(self) -> None:
        self._traces: list[Trace] = []
        self._lock = threading.Lock()

    def record(self, source: Path, *copies: Path) -> None:
        """Remember copies.

        Args:
            source: A file or folder inside a visitor's folder, or that folder. Copies of anything
                else, such as a shipped adapter, are not remembered.
            copies: Files in the temporary folder.
        """
        owner = _owner(source)
        if owner is None:
            return
        now = time.monotonic()
        new = [Trace(owner, copy, _digest(copy), now) for copy in copies]
        with self._lock:
            kept = [trace for trace in self._traces if now - trace.time < KEPT_SECONDS]
            self._traces = [*kept, *new]

    def delete(self, owner: Path) -> None:
        """Delete the copies of a visitor's files, except those that another visitor has as well.

        Args:
            owner: The visitor's folder.
        """
        with self._lock:
            own = [trace for trace in self._traces if trace.owner == owner]
            self._traces = [trace for trace in self._traces if trace.owner != owner]
            shared = {trace.content for trace in self._traces}
        for trace in own:
            if trace.content not in shared:
                _remove(trace)


TRACES = Traces()
"""The traces of this process."""


def _owner(source: Path) -> Path | None:
    return next((path for path in (source, *source.parents) if VISITOR.fullmatch(path.name)), None)


def _digest(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _remove(trace: Trace) -> None:
    """Remove a copy and Gradio's copies of it, with the folders that are empty then."""
    temporary = Path(os.environ.get("GRADIO_TEMP_DIR") or os.devnull)
    same_name = [path for path in temporary.glob("*/*") if path.name == trace.path.name]
    for path in (trace.path, *same_name):
        with suppress(OSError):
            if _digest(path) == trace.digest:
                path.unlink()
                path.parent.rmdir()
    if trace.path.parent.name.startswith("lora_demo-out-"):
        shutil.rmtree(trace.path.parent, ignore_errors=True)
