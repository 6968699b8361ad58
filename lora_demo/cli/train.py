"""The command `train`: one run, in a run folder, here or on Hugging Face Jobs; or a sweep."""

import argparse

from lora_demo.cli.options import add_json_argument
from lora_demo.cli.train_options import add_train_arguments

EXAMPLE = "train --data builtin:weather --rank 8 --targets all-linear --minutes 1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `train`.

    Args:
        parser: The command's parser, which gets the arguments.
    """
    add_train_arguments(parser)
    add_json_argument(parser)


def run(options: argparse.Namespace) -> None:
    """Train, and print the result.

    Args:
        options: The parsed arguments of the command.

    Raises:
        ValueError: If a setting, the data or the base is wrong.
    """
    from lora_demo.cli.train_run import train

    train(options)
