"""The command `inspect`: the description of an adapter, and its fit to a base."""

import argparse
from typing import Any

from lora_demo.cli.options import (
    add_adapter_arguments,
    add_json_argument,
    find_adapter_base,
    find_adapter_config,
    find_base_id,
)
from lora_demo.cli.terminal import print_json, print_status

EXAMPLE = "inspect adapters/mini-r8"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `inspect`.

    Args:
        parser: The command's parser, which gets the arguments.
    """
    add_adapter_arguments(parser)
    add_json_argument(parser)


def run(options: argparse.Namespace) -> None:
    """Inspect the adapter; without the base's weights the relative norms are unknown.

    Args:
        options: The parsed arguments of the command.
    """
    from lora_demo.checkpoints.base import is_on_hub
    from lora_demo.checkpoints.inspecting import inspect_adapter

    id = find_base_id(options)
    base, config = None, None
    try:
        base = find_adapter_base(options)
    except ValueError as error:
        if not is_on_hub(id):
            raise
        config = find_adapter_config(options)
        print_status(
            f"The weights of {id} are not available, so relative norms are unknown. ({error})"
        )
    report = inspect_adapter(options.adapter, base, config) | {"base": id}
    if options.json:
        print_json(report)
    else:
        _print_report(report)


def _print_report(report: dict[str, Any]) -> None:
    from lora_demo.checkpoints.adapter_config import list_problems

    print(f"{report['adapter']}: LoRA adapter for {report['base']}")
    print(f"  rank {report['rank']}, alpha {report['alpha']:g}, on {', '.join(report['targets'])}")
    print(f"  {report['parameters']:,} parameters")
    for note in report["notes"]:
        print(f"  {note}")
    if report["fits"]:
        print("It fits this base. Relative norm of each update, |s A B| / |W|:")
    else:
        print(f"It does not fit this base: {list_problems(report['problems'])}.")
    for layer in report["layers"]:
        norm = layer["relative_norm"]
        print(f"  {layer['name']:<50} " + ("-" if norm is None else f"{norm:.5f}"))
