"""Runs that train in forked processes, and checks of the files that they leave behind.

The processes are forked with all imports done and train without compiling, because imports and
compilation take ten times as long as the rest.
"""

import json
import multiprocessing
import os
import signal
import sys
from pathlib import Path

from safetensors.numpy import load_file
from transformers import (  # noqa: F401 (transformers imports them only when they are named)
    AutoTokenizer,
    PreTrainedTokenizerFast,
)

from lora_demo.training.events import DoneEvent, EvalEvent, StepEvent
from lora_demo.training.run import Run

IMPORTS = (
    "tensorflow",
    "tensorboard.summary",
    "transformers",
    "sacrebleu",
    "lora_demo.training.trainer",
    "lora_demo.training.steps",
    "lora_demo.translator",
    "tests.training.forked_runs",
)
UNREPEATABLE = ("time", "tokens_per_second", "seconds_left", "seconds", "pid")
"""Values of events that differ between two equal runs."""


def start(run: Run, die_at_file: int = 0):
    """Train or resume a run in a process, which may kill itself as it writes a file.

    Args:
        run: The run.
        die_at_file: The number of that file, counted from 1; 0 for none.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(IMPORTS))
    process = context.Process(target=_train, args=(run.folder, die_at_file))
    process.start()
    return process


def _train(folder: Path, die_at_file: int):
    """Do what `python -m lora_demo train --resume` does, with the output in the run's log."""
    import tensorflow as tf

    from lora_demo.cli.main import main

    _die_at_file(die_at_file, folder)
    tf.config.run_functions_eagerly(True)
    log = open(folder / "log.txt", "a", encoding="utf-8")  # noqa: SIM115 (open until exit)
    sys.stdout = sys.stderr = log
    sys.exit(main(["train", "--resume", str(folder)]))


def _die_at_file(number: int, folder: Path):
    """Kill this process when half of the given file of the folder is on the disk."""
    left = number

    def hook(event, arguments):
        nonlocal left
        if event != "os.rename":
            return
        source = Path(arguments[0])
        if source.suffix != ".partial" or not source.is_relative_to(folder):
            return
        left -= 1
        if left == 0:
            os.truncate(source, source.stat().st_size // 2)
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def partial_files(folder: Path) -> list[Path]:
    """List the files that were being written when their process ended."""
    return list(folder.rglob("*.partial"))


def assert_complete_files(folder: Path):
    """Assert that every file is complete, except for partial ones, which have other names."""
    for path in folder.rglob("*"):
        if path.is_dir() or path.name.endswith(".partial"):
            continue
        if path.suffix == ".safetensors":
            assert load_file(path)
        elif path.suffix == ".json":
            assert json.loads(path.read_text())
        elif path.name == "README.md":
            text = path.read_text()
            assert text.startswith("---\n") and text.endswith("\n")
        elif path.name == "events.jsonl":
            complete_lines = path.read_text().split("\n")[:-1]
            assert all(json.loads(line) for line in complete_lines)


def outcome(run: Run) -> dict:
    """Return all that a run makes except times; of a repeated step, what it did last."""
    curve = {}
    for event in run.events():
        if isinstance(event, StepEvent | EvalEvent | DoneEvent):
            document = event.to_json()
            curve[event.kind, event.step] = {
                key: value for key, value in document.items() if key not in UNREPEATABLE
            }
    manifest = json.loads((run.adapter / "manifest.json").read_text())
    manifest["training"].pop("seconds")
    tensors = load_file(run.folder / "checkpoint" / "state.safetensors")
    state = {name: array.tobytes() for name, array in tensors.items()}
    files = {
        path.name: path.read_bytes()
        for path in run.adapter.iterdir()
        if path.name not in ("manifest.json", "README.md")
    }
    return {"curve": curve, "manifest": manifest, "state": state, "files": files}
