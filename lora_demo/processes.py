"""Priority, lifetime and environment of child processes."""

import os
import threading
from contextlib import suppress
from pathlib import Path

NICENESS = 5
"""Added to the niceness of a training process, so that translations in the app go first."""
PACKAGE_ROOT = Path(__file__).parents[1]


def package_environment() -> dict[str, str]:
    """Return this process's environment, with this package on Python's path."""
    paths = [str(PACKAGE_ROOT), os.environ.get("PYTHONPATH", "")]
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}


def end_with_parent() -> None:
    """End this process as soon as the parent process closes its standard input.

    The process ends without cleaning up; at most half a minute since the last checkpoint is lost.
    """

    def watch() -> None:
        while os.read(0, 1):
            pass
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def lower_priority(pid: int) -> None:
    """Lower a process's scheduling priority by `NICENESS`.

    Args:
        pid: The process; it must lead its own session, whose autogroup is lowered with it. Linux
            may schedule each session as a group, and then only the niceness of the group counts.
    """
    os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, pid) + NICENESS)
    with suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(NICENESS))
