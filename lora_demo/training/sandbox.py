"""The sandbox of a training process that an app has started: limits that the process sets itself.

The kernel enforces them for the process and for all processes that it starts. This file is the
only one that calls unshare(2).
"""

import ctypes
import os
import resource
import sys
from pathlib import Path

from lora_demo.checkpoints.embedded import EMBEDDED
from lora_demo.environment import read_limit
from lora_demo.files import expand_home
from lora_demo.process_limits import (
    RUN_MEMORY,
    RUN_OOM_SCORE,
    forbid_new_privileges,
    limit,
    limit_memory,
)
from lora_demo.training.config import TrainConfig

MAX_FILE_GB = 20.0
MAX_PROCESSES = 4096
"""Processes and threads of this user. Linux does not limit those of root."""
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}


def enter_sandbox(config: TrainConfig) -> None:
    """Limit this process; call this before Keras and the Hub's client are imported.

    Memory, the size of a file and the number of processes are limited by
    LORA_DEMO_MAX_RUN_MEMORY_GB, LORA_DEMO_MAX_RUN_FILE_GB and LORA_DEMO_MAX_RUN_PROCESSES.
    Core dumps and new privileges are off. A run that needs nothing of the Hub cannot use
    its client, and has no network where the kernel allows a process to give it up.

    Args:
        config: Settings of the run.

    Raises:
        ValueError: If one of the variables is not a number.
    """
    limit_memory(RUN_MEMORY, RUN_OOM_SCORE)
    file = read_limit("LORA_DEMO_MAX_RUN_FILE_GB", MAX_FILE_GB)
    processes = read_limit("LORA_DEMO_MAX_RUN_PROCESSES", MAX_PROCESSES)
    limit(resource.RLIMIT_FSIZE, file and file * 1e9)
    limit(resource.RLIMIT_NPROC, processes)
    forbid_new_privileges()
    if not needs_hub(config):
        os.environ.update(OFFLINE)
        leave_network()


def needs_hub(config: TrainConfig) -> bool:
    """Check whether a run reads its base, its pairs or its parent from the Hub.

    Args:
        config: Settings of the run.
    """
    sources = [config.data, config.watch, config.replay_data if config.replay else None]
    folders = [path for path in (config.base, config.parent) if path and path != EMBEDDED]
    is_local = all(expand_home(path).is_dir() for path in folders)
    return not (is_local and all(_is_local(source) for source in sources if source))


def _is_local(source: str) -> bool:
    return source.partition(":")[0] == "builtin" or expand_home(source).is_file()


def leave_network() -> bool:
    """Move this process into a network of its own that reaches nothing, not even this machine.

    The kernel allows that to root. Others need a new user namespace, which only a process with one
    thread may enter, and which systems and containers may forbid.

    Returns:
        False if the kernel does not allow it.
    """
    if sys.platform != "linux":
        return False
    if _unshare(CLONE_NEWNET):
        return True
    # A process that enters the namespace but may not name its user there could write no file,
    # so a child tries it first.
    child = os.fork()
    if child == 0:
        os._exit(0 if _enter_user_namespace() else 1)
    _, status = os.waitpid(child, 0)
    return status == 0 and _enter_user_namespace()


def _enter_user_namespace() -> bool:
    """Enter a user namespace, in which this user has the same id, and a network of its own."""
    user, group = os.getuid(), os.getgid()
    if not _unshare(CLONE_NEWUSER | CLONE_NEWNET):
        return False
    try:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    except OSError:
        return False
    return True


def _unshare(flags: int) -> bool:
    status: int = ctypes.CDLL(None).unshare(flags)
    return status == 0
