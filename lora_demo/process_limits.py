"""Limits that a process sets for itself, and that the kernel enforces for it and its children.

This file is the only one that calls prctl(2).
"""

import ctypes
import os
import resource
import sys
from contextlib import suppress
from pathlib import Path

from lora_demo.environment import read_limit

RUN_MEMORY, MODEL_MEMORY = "LORA_DEMO_MAX_RUN_MEMORY_GB", "LORA_DEMO_MAX_MODEL_MEMORY_GB"
"""Environment variables with the limits of a training process and of the model's."""
MIN_MEMORY_GB = 4.0
"""The default limit of memory is never lower: TensorFlow reserves more than it uses."""
RUN_OOM_SCORE, MODEL_OOM_SCORE = 800, 500
"""When memory runs out, Linux first ends the process with the largest score. The app has 0."""
PR_SET_NO_NEW_PRIVS = 38
MACHINE_MEMORY, CONTAINER = Path("/proc/meminfo"), Path("/sys/fs/cgroup")
"""Places of Linux with the memory of the machine, and with that of the container."""


def limit_memory(variable: str, oom_score: int) -> None:
    """Limit the memory of this process, by default to that of the machine.

    Args:
        variable: The environment variable with the limit in GB.
        oom_score: Linux's `oom_score_adj`.

    Raises:
        ValueError: If the variable is not a number.
    """
    memory = read_limit(variable, max(MIN_MEMORY_GB, total_bytes() / 1e9))
    limit(resource.RLIMIT_DATA, memory and memory * 1e9)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(oom_score))


def limit(kind: int, value: float | None) -> None:
    """Lower a limit, which may have a lower maximum already.

    Args:
        kind: One of `resource.RLIMIT_...`.
        value: The limit; None leaves it.
    """
    if value is None:
        return
    _, maximum = resource.getrlimit(kind)
    lower = int(value) if maximum == resource.RLIM_INFINITY else min(int(value), maximum)
    with suppress(OSError):  # some systems do not have every limit
        resource.setrlimit(kind, (lower, lower))


def forbid_new_privileges() -> None:
    """Keep this process and its children from gaining privileges, and from dumping their memory."""
    limit(resource.RLIMIT_CORE, 0)
    if sys.platform == "linux":  # programs with setuid then run without it
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def total_bytes() -> int:
    """Return the memory of this machine, or of the container if that is less."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        return min(machine, int((CONTAINER / "memory.max").read_text()))
    except (OSError, ValueError):
        return machine


def free_bytes() -> int:
    """Return the memory that a new process can use, on this machine or in the container.

    Files that the kernel caches count as free. Where the system does not state it, all memory does.
    """
    try:
        machine = 1024 * int(_read_table(MACHINE_MEMORY)["MemAvailable:"])
    except (OSError, ValueError, KeyError):
        machine = total_bytes()
    try:
        used = int((CONTAINER / "memory.current").read_text())
        cached = int(_read_table(CONTAINER / "memory.stat")["inactive_file"])
    except (OSError, ValueError, KeyError):
        return machine
    return min(machine, total_bytes() - used + cached)


def _read_table(file: Path) -> dict[str, str]:
    """Read the first value of each line by its name."""
    rows = (line.split() for line in file.read_text().splitlines())
    return {row[0]: row[1] for row in rows if len(row) > 1}
