"""Processes beside the page: they step back for it, and end with what started them."""

import os
import threading
from contextlib import suppress
from pathlib import Path

NICENESS = 5
"""How far a training process steps back for the page that translates beside it."""


def end_with_parent():
    """Ends this process at once when whoever holds its standard input is gone; a checkpoint is never older than half a minute."""

    def watch():
        while os.read(0, 1):
            pass
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def step_back(pid: int):
    """Lets others go first; Linux may schedule each session as a group, whose own niceness then is the one that counts."""
    os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, pid) + NICENESS)
    with suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(NICENESS))
