"""The app's temporary folder: removed when the app ends, or by the next app if it was killed."""

import atexit
import fcntl
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO

PREFIX = "lora_demo-app-"
LOCK = "lock"
_HELD: list[IO[bytes]] = []
"""Open lock files; the system frees the locks when this process ends."""


def open_app_folder() -> Path:
    """Make a folder for all temporary files of this process and of those that it starts.

    Folders of apps that were killed are removed. `tempfile` uses the new folder from now on.

    Returns:
        The folder, which only this user can read.
    """
    root = Path(tempfile.gettempdir())
    with _locked(root):
        remove_orphans(root)
        folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getuid()}-", dir=root))
        lock = open(folder / LOCK, "ab")  # noqa: SIM115 (held until the process ends)
        fcntl.flock(lock, fcntl.LOCK_EX)
        _HELD.append(lock)
    inner = folder / "tmp"
    inner.mkdir()
    os.environ["TMPDIR"] = tempfile.tempdir = str(inner)
    _remove_at_end(folder)
    return folder


def remove_orphans(root: Path) -> None:
    """Remove the folders of this user's apps whose process has ended.

    Args:
        root: The system's temporary folder.
    """
    for folder in root.glob(f"{PREFIX}{os.getuid()}-*"):
        if not folder.is_symlink() and not _is_in_use(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _is_in_use(folder: Path) -> bool:
    try:
        with open(folder / LOCK, "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return False
    except BlockingIOError:
        return True
    except OSError:
        return False


@contextmanager
def _locked(root: Path) -> Iterator[None]:
    """Let one app at a time look for orphans and make its folder."""
    flags = os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW
    descriptor = os.open(root / f"{PREFIX}{os.getuid()}.lock", flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _remove_at_end(folder: Path) -> None:
    owner = os.getpid()

    def remove() -> None:
        if os.getpid() == owner:  # and not a forked child
            shutil.rmtree(folder, ignore_errors=True)

    def end(number: int, frame: FrameType | None) -> None:
        remove()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    atexit.register(remove)
    if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
        signal.signal(signal.SIGTERM, end)
