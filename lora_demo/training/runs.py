"""The runs in a folder: create, start, list and find them."""

import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from lora_demo.files import write_json, write_text
from lora_demo.language import ENGLISH, _, current_language
from lora_demo.training.config import TrainConfig
from lora_demo.training.parent import FOLDER as PARENT
from lora_demo.training.parent import keep_copy
from lora_demo.training.run import Run
from lora_demo.training.run_files import LANGUAGE_FILE, RUN_FILE, SWEEP_FILE
from lora_demo.training.run_process import launch

MAX_SAME_NAME = 10_000


def create(config: TrainConfig, root: Path, folder: Path | None = None) -> Run:
    """Make the folder of a new run.

    Args:
        config: The settings.
        root: Parent of the new folder, which is named `<time>-<name of the adapter>`.
        folder: The folder itself, instead of a new one in `root`.

    Returns:
        The run.

    Raises:
        ValueError: If the adapter to start from cannot be used.
    """
    if folder is None:
        folder = _new_folder(root, f"{time.strftime('%Y%m%d-%H%M%S')}-{config.adapter_name}")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        config = keep_copy(config, folder)
        write_json(folder / RUN_FILE, config.to_json())
        if current_language() != ENGLISH:
            write_text(folder / LANGUAGE_FILE, current_language())
    except (OSError, ValueError):
        shutil.rmtree(folder / PARENT, ignore_errors=True)
        with suppress(OSError):
            folder.rmdir()
        raise
    return Run(folder)


def start(config: TrainConfig, root: Path) -> Run:
    """Start a new run in its own process and return at once.

    Args:
        config: The settings.
        root: Parent of the new run folder.

    Raises:
        ValueError: If the adapter to start from cannot be used.
    """
    run = create(config, root)
    launch(run.folder, run.tag)
    return run


def start_sweep(runs: Sequence[Run]) -> None:
    """Note in each run of a sweep which others it is compared with.

    Args:
        runs: All runs of the sweep; their folders exist.
    """
    for run in runs:
        write_text(run.folder / SWEEP_FILE, " ".join(other.id for other in runs))


def list_runs(root: Path) -> list[Run]:
    """List the runs in a folder, newest first.

    Args:
        root: Parent of the run folders; it may be missing, and hold other folders.
    """
    if not root.is_dir():
        return []
    folders = sorted(root.glob("[!.]*"), reverse=True)
    return [Run(folder) for folder in folders if (folder / RUN_FILE).is_file()]


def find_run(root: Path, id: str) -> Run:
    """Find a run by its id, which is compared with existing names and not used as a path.

    Args:
        root: Parent of the run folders.
        id: Name of a run folder, as a client sent it.

    Raises:
        ValueError: If it does not exist.
    """
    for run in list_runs(root):
        if run.id == id:
            return run
    raise ValueError(_("Run {id!r} was not found. Choose one of your runs.", id=id[:80]))


def _new_folder(root: Path, stem: str) -> Path:
    """Make a folder with a name that is not taken, also by a process that runs at the same time."""
    for number in range(MAX_SAME_NAME):
        folder = root / (f"{stem}-{number}" if number else stem)
        with suppress(FileExistsError):
            folder.mkdir(parents=True)
            return folder
    raise ValueError(
        _("There are too many runs named {name} in {folder}. Delete some.", name=stem, folder=root)
    )
