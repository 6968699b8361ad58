"""Trains a run in a process that was forked with everything imported, without compiling, which takes ten times as long as the rest."""

import multiprocessing

from transformers import AutoTokenizer, PreTrainedTokenizerFast  # noqa: F401  (which transformers only imports where it is named)

IMPORTS = ("tensorflow", "tensorboard.summary", "transformers", "sacrebleu", "lora_demo.training.trainer", "lora_demo.training.steps", "lora_demo.translator", "tests.training.eagerly")


def forks():
    """A context whose processes begin with all of that imported."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(IMPORTS))
    return context


def train(folder):
    """What `python -m lora_demo train --resume` does, with its words in the run's log."""
    import sys

    import tensorflow as tf

    from lora_demo.cli import main

    tf.config.run_functions_eagerly(True)
    sys.stdout = sys.stderr = open(folder / "log.txt", "a", encoding="utf-8")
    sys.exit(main(["train", "--resume", str(folder)]))
