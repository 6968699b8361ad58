"""The disk space that visitors use."""

import functools
import secrets
import shutil
import time
from contextlib import suppress
from pathlib import Path

from lora_demo.files import size_on_disk
from lora_demo.language import N_

REMEASURE_SECONDS = 5
DISK_FULL = N_("The disk is full, so nothing was saved. Try again in an hour.")
"""The message for a visitor, who cannot free any space."""


def recent_size(folder: Path) -> int:
    """Return the bytes of all files in a folder, measured within the last 5 seconds.

    Args:
        folder: A folder, whose subfolders count as well. A missing one has 0 bytes.
    """
    return _size_at(folder, int(time.time() // REMEASURE_SECONDS))


@functools.lru_cache(8)
def _size_at(folder: Path, moment: int) -> int:
    return size_on_disk(folder)


def discard(path: Path, root: Path) -> None:
    """Remove a file or a folder in one step: no reader finds a part of it.

    Args:
        path: The file or folder to remove; it may be gone already.
        root: A folder of the same disk. The path is first moved to a hidden name in it.
    """
    hidden = root / f".{secrets.token_hex(8)}.partial"
    with suppress(FileNotFoundError):
        path.rename(hidden)
        if hidden.is_dir():
            shutil.rmtree(hidden, ignore_errors=True)
        else:
            hidden.unlink()
