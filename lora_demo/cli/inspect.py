"""The command `inspect`: the description of an adapter, and its fit to a base."""

import argparse
from typing import Any

from lora_demo.cli.options import add_adapter_arguments, add_json_argument, find_base_id
from lora_demo.cli.terminal import print_json, print_status

HELP = "describe an adapter: whether it fits its base, and how far it moves each layer"
EXAMPLE = "inspect adapters/mini-r8"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `inspect`."""
    add_adapter_arguments(parser)
    add_json_argument(parser)


def run(options: argparse.Namespace) -> None:
    """Inspect the adapter; without the base's weights the relative norms are unknown."""
    from lora_demo.checkpoints.base import find_base, find_config
    from lora_demo.checkpoints.inspecting import inspect_adapter

    id = find_base_id(options)
    base, config = None, None
    try:
        base = find_base(id, options.revision)
    except ValueError:
        config = find_config(id, options.revision)
        print_status(f"The weights of {id} are not available, so relative norms are unknown.")
    report = inspect_adapter(options.adapter, base, config) | {"base": id}
    if options.json:
        print_json(report)
    else:
        _print_report(report)


def _print_report(report: dict[str, Any]) -> None:
    print(f"{report['adapter']}: LoRA adapter for {report['base']}")
    print(f"  rank {report['rank']}, alpha {report['alpha']:g}, on {', '.join(report['targets'])}")
    print(f"  {report['parameters']:,} parameters")
    if report["fits"]:
        print("It fits this base. Relative norm of each update, |s A B| / |W|:")
    else:
        print(f"It does not fit this base: {'; '.join(report['problems'])}.")
    for layer in report["layers"]:
        norm = layer["relative_norm"]
        print(f"  {layer['name']:<50} " + ("-" if norm is None else f"{norm:.5f}"))
