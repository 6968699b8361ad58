"""Trains a run in a process that was forked with everything imported, without compiling, which takes ten times as long as the rest."""

import multiprocessing
import os
import signal
import sys
from pathlib import Path

from transformers import AutoTokenizer, PreTrainedTokenizerFast  # noqa: F401  (which transformers only imports where it is named)

IMPORTS = (
    "tensorflow",
    "tensorboard.summary",
    "transformers",
    "sacrebleu",
    "lora_demo.training.trainer",
    "lora_demo.training.steps",
    "lora_demo.translator",
    "tests.training.eagerly",
)


def forks():
    """A context whose processes begin with all of that imported."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(IMPORTS))
    return context


def die_at(number: int, folder: Path):
    """Kills this process as it writes its file of that number in the folder, counted from 1, when half of it is on the disk."""
    left = number

    def hook(event, arguments):
        nonlocal left
        if (
            event == "os.rename"
            and str(arguments[0]).endswith(".partial")
            and Path(arguments[0]).is_relative_to(folder)
        ):
            left -= 1
            if not left:
                os.truncate(arguments[0], os.path.getsize(arguments[0]) // 2)
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def train(folder, dies_at: int = 0):
    """What `python -m lora_demo train --resume` does, with its words in the run's log; killed at its file `dies_at`, if that is not 0."""
    import tensorflow as tf

    from lora_demo.cli.main import main

    die_at(dies_at, folder)
    tf.config.run_functions_eagerly(True)
    sys.stdout = sys.stderr = open(folder / "log.txt", "a", encoding="utf-8")
    sys.exit(main(["train", "--resume", str(folder)]))
