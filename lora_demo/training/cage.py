"""The cage of a training process that an app has started: limits that the process sets itself.

The kernel enforces them for the process and for all processes that it starts. This file is the
only one that calls prctl(2).
"""

import ctypes
import os
import resource
import sys
from contextlib import suppress
from pathlib import Path

from lora_demo.checkpoints.base import EMBEDDED
from lora_demo.training.config import TrainConfig
from lora_demo.training.run_limits import read_limit
from lora_demo.training.speed import total_bytes

MIN_MEMORY_GB = 4.0
"""The default limit of memory is never lower: TensorFlow reserves more than it uses."""
MAX_FILE_GB = 20.0
MAX_PROCESSES = 4096
"""Processes and threads of this user. Linux does not limit those of root."""
PR_SET_NO_NEW_PRIVS = 38
OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}


def enter_cage(config: TrainConfig) -> None:
    """Limit this process; call this before Keras and the Hub's client are imported.

    Memory, the size of a file and the number of processes are limited by
    LORA_DEMO_MAX_RUN_MEMORY_GB, LORA_DEMO_MAX_RUN_FILE_GB and LORA_DEMO_MAX_RUN_PROCESSES.
    Core dumps and new privileges are off. A run that needs nothing of the Hub cannot use
    its client.

    Args:
        config: settings of the run.

    Raises:
        ValueError: if one of the variables is not a number.
    """
    memory = read_limit("LORA_DEMO_MAX_RUN_MEMORY_GB", max(MIN_MEMORY_GB, total_bytes() / 1e9))
    file = read_limit("LORA_DEMO_MAX_RUN_FILE_GB", MAX_FILE_GB)
    processes = read_limit("LORA_DEMO_MAX_RUN_PROCESSES", MAX_PROCESSES)
    _limit(resource.RLIMIT_DATA, memory and memory * 1e9)
    _limit(resource.RLIMIT_FSIZE, file and file * 1e9)
    _limit(resource.RLIMIT_NPROC, processes)
    _limit(resource.RLIMIT_CORE, 0)
    _forbid_new_privileges()
    if not needs_hub(config):
        os.environ.update(OFFLINE)


def needs_hub(config: TrainConfig) -> bool:
    """Check whether a run reads its base, its pairs or its parent from the Hub.

    Args:
        config: settings of the run.
    """
    sources = [config.data, config.watch, config.replay_data if config.replay else None]
    folders = [path for path in (config.base, config.parent) if path and path != EMBEDDED]
    is_local = all(Path(path).expanduser().is_dir() for path in folders)
    return not (is_local and all(_is_local(source) for source in sources if source))


def _is_local(source: str) -> bool:
    return source.partition(":")[0] == "builtin" or Path(source).expanduser().is_file()


def _limit(kind: int, value: float | None) -> None:
    """Lower a limit, which may have a lower maximum already; None leaves it."""
    if value is None:
        return
    _, maximum = resource.getrlimit(kind)
    limit = int(value) if maximum == resource.RLIM_INFINITY else min(int(value), maximum)
    with suppress(OSError):  # some systems do not have every limit
        resource.setrlimit(kind, (limit, limit))


def _forbid_new_privileges() -> None:
    """Keep this process and its children from gaining privileges by programs with setuid."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
