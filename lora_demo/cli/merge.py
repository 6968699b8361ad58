"""The command `merge`: a full checkpoint out of a base model and an adapter."""

import argparse

from lora_demo.cli.options import (
    add_adapter_arguments,
    add_output_argument,
    check_new_folder,
    find_adapter_base,
)
from lora_demo.cli.terminal import print_notes

EXAMPLE = "merge adapters/mini-r8 --output merged"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `merge`.

    Args:
        parser: The command's parser, which gets the arguments.
    """
    add_adapter_arguments(parser)
    add_output_argument(parser)


def run(options: argparse.Namespace) -> None:
    """Write a float32 Hugging Face checkpoint and print its folder.

    Args:
        options: The parsed arguments of the command.
    """
    from lora_demo.checkpoints.adapters import read_adapter
    from lora_demo.checkpoints.merging import merge_adapter

    check_new_folder(options.output)
    base = find_adapter_base(options)
    adapter = read_adapter(options.adapter, base.config)
    print_notes(adapter.folder, adapter.notes)
    merge_adapter(base, adapter, options.output)
    print(options.output)
