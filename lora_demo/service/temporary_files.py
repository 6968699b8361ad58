"""Gradio's temporary files: uploads that are being received, and files to download."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from lora_demo.language import _
from lora_demo.service.disk_usage import recent_size
from lora_demo.service.limits import Limits
from lora_demo.service.visitor_folders import modified_at

DEFAULT_GB = 10
"""The limit of their size where `Limits.disk_gb` is not set."""
UPLOAD_SECONDS = 1200
"""Time without new data after which an upload is complete or was interrupted."""


class TemporaryFiles:
    """Keeps Gradio's temporary files within limits.

    Args:
        folder: The folder of Gradio's files; None if another program also uses it, which is
            not limited then.
        limits: Limits of this app.
    """

    def __init__(self, folder: Path | None, limits: Limits) -> None:
        self.folder = folder
        self.max_bytes = (limits.disk_gb or DEFAULT_GB) * 1e9
        self._opened_at = time.time()

    def check_room(self) -> None:
        """Check that another upload may be received.

        Raises:
            ValueError: If the files are larger than the limit.
        """
        if self.folder and recent_size(self.folder) > self.max_bytes:
            raise ValueError(_("Too many files are being uploaded. Try again in a few minutes."))

    def clean(self) -> None:
        """Remove interrupted uploads, then the oldest files until the rest is within the limit."""
        now = time.time()
        files = sorted(self._files(), key=modified_at)
        excess = sum(map(_size, files)) - self.max_bytes
        for file in files:
            if now - modified_at(file) <= UPLOAD_SECONDS:
                continue
            is_interrupted = file.parent == self.folder  # complete ones are in subfolders
            if excess > 0 or is_interrupted:
                excess -= _size(file)
                file.unlink(missing_ok=True)

    def clean_leftovers(self) -> None:
        """Remove the files that an earlier app left."""
        for file in self._files():
            if modified_at(file) < self._opened_at:
                file.unlink(missing_ok=True)

    def _files(self) -> Iterator[Path]:
        if self.folder:
            for place, _unused, names in os.walk(self.folder):
                yield from (Path(place, name) for name in names)


def _size(path: Path) -> int:
    with suppress(FileNotFoundError):
        return path.lstat().st_size
    return 0
