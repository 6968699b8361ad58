"""The command `params`: the parameters of adapters, counted from the base's config."""

import argparse

from lora_demo.cli.options import add_base_arguments, add_json_argument
from lora_demo.cli.terminal import print_json
from lora_demo.model.parameters import (
    PARTS,
    Adaptation,
    AdapterCount,
    count_adapter,
    matrix_formulas,
)
from lora_demo.model.shapes import total_parameters

EXAMPLE = "params --base google/flan-t5-base --ranks 4 8 16 --targets attention"
KEYS = ("rank", "targets", "trainable", "percent", "adapter_bytes")
"""Keys of each row in the JSON document."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `params`.

    Args:
        parser: The command's parser, which gets the arguments.
    """
    add_base_arguments(parser)
    parser.add_argument(
        "--ranks",
        type=int,
        nargs="+",
        default=[4, 8, 16],
        metavar="R",
        help="ranks to count (default: 4 8 16)",
    )
    parser.add_argument(
        "--targets",
        default="q,v",
        help="adapted matrices: q,v, attention, all-linear, or T5's names separated by commas "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--layers",
        metavar="N",
        help="count only these blocks of each stack, from 0, such as 0-3,7 (default: all)",
    )
    parser.add_argument(
        "--part",
        choices=tuple(PARTS),
        default="all",
        help="count only this part of the model (default: all)",
    )
    parser.add_argument("--use-dora", action="store_true", help="also count the magnitudes of DoRA")
    add_json_argument(parser)


def run(options: argparse.Namespace) -> None:
    """Count the parameters for each rank and print a table.

    Args:
        options: The parsed arguments of the command.
    """
    from lora_demo.checkpoints.base import find_config

    config = find_config(options.base, options.revision)
    adaptation = Adaptation(options.targets, options.layers, options.part, options.use_dora)
    rows = [count_adapter(config, rank, adaptation) for rank in options.ranks]
    total = total_parameters(config)
    if options.json:
        documents = [{key: getattr(row, key) for key in KEYS} for row in rows]
        document = {"base": options.base, "total": total, "rows": documents}
        print_json(document | adaptation.restrictions())
        return
    print(f"{options.base}: {total:,} parameters")
    print(f"{'rank':>5} {'trainable':>12} {'% of all':>9} {'file':>9} {'AdamW':>9}  targets")
    for row in rows:
        print(_format_row(row))
    for name, count, d_in, d_out in matrix_formulas(config, adaptation):
        magnitudes = f" + {d_out}" if options.use_dora else ""
        print(f"  {count} x {name}: r * ({d_in} + {d_out}){magnitudes}")


def _format_row(row: AdapterCount) -> str:
    file, optimizer = row.adapter_bytes / 1e6, row.optimizer_bytes / 1e6
    counts = f"{row.rank:>5} {row.trainable:>12,} {row.percent:>9.4f}"
    return f"{counts} {file:>6.2f} MB {optimizer:>6.2f} MB  {','.join(row.targets)}"
