"""Wait for a state, on a machine that may be ten times as slow as an idle one."""

import os
import time
from pathlib import Path

PATIENCE = 400
"""Seconds. A test that passes waits only as long as it must."""


def wait_for(condition, seconds: float = PATIENCE):
    """Wait until a condition holds, and return its value."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"the condition did not become true within {seconds} s"
        time.sleep(0.05)
    return found


def is_alive(pid: int) -> bool:
    """Check whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def files_below(folder: Path) -> list[Path]:
    """List the files below a folder whose other files may appear and disappear meanwhile."""
    return [Path(here, name) for here, _folders, names in os.walk(folder) for name in names]
