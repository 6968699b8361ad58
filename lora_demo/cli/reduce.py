"""The command `reduce`: an adapter of lower rank, by truncated SVD."""

import argparse

from lora_demo.cli.options import (
    add_adapter_arguments,
    add_json_argument,
    add_output_argument,
    check_new_folder,
    find_adapter_config,
)
from lora_demo.cli.terminal import print_json, print_notes

EXAMPLE = "reduce adapters/mini-r16 --rank 4 --output reduced"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `reduce`.

    Args:
        parser: The command's parser, which gets the arguments.
    """
    add_adapter_arguments(parser)
    parser.add_argument(
        "--rank", type=int, required=True, help="new rank, lower than the adapter's rank"
    )
    add_output_argument(parser)
    add_json_argument(parser)


def run(options: argparse.Namespace) -> None:
    """Write the nearest adapter of the given rank and print its distance in Frobenius norm.

    Args:
        options: The parsed arguments of the command.
    """
    from lora_demo.checkpoints.adapters import read_adapter
    from lora_demo.checkpoints.reducing import reduce_adapter

    config = find_adapter_config(options)
    check_new_folder(options.output)
    adapter = read_adapter(options.adapter, config)
    print_notes(adapter.folder, adapter.notes)
    name = options.output.name
    loss = reduce_adapter(adapter, options.rank, options.output, config, name)
    if options.json:
        document = {
            "adapter": str(options.output),
            "rank": loss.rank,
            "frobenius_lost": loss.lost,
            "frobenius_whole": loss.whole,
        }
        print_json(document)
        return
    print(
        f"{options.output}: rank {loss.rank}, loses {loss.share:.2%} of the update's "
        f"Frobenius norm ({loss.lost:.4g} of {loss.whole:.4g})"
    )
