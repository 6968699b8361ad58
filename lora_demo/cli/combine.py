"""The command `combine`: one adapter from the weighted sum of several."""

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lora_demo.cli.options import (
    add_json_argument,
    add_output_argument,
    add_revision_argument,
    base_id_of,
    check_new_folder,
)
from lora_demo.cli.terminal import print_json, print_notes

if TYPE_CHECKING:
    from lora_demo.checkpoints.combining import Combined, Part

EXAMPLE = "combine adapters/mini-r8=0.7 adapters/mini-r16=0.3 --output both"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `combine`.

    Args:
        parser: The command's parser, which gets the arguments.
    """
    parser.add_argument(
        "parts",
        nargs="+",
        metavar="ADAPTER=WEIGHT",
        help="folder of a LoRA adapter, or a shipped one such as mini-r8, and the factor of its "
        "update; a negative one subtracts it",
    )
    parser.add_argument(
        "--rank",
        type=int,
        help="reduce the sum to this rank by truncated SVD (default: the sum of the ranks, exact)",
    )
    parser.add_argument(
        "--base",
        help="base model of the adapters, if they name it differently "
        "(default: the base that they name)",
    )
    add_revision_argument(parser)
    add_output_argument(parser)
    add_json_argument(parser)


def run(options: argparse.Namespace) -> None:
    """Write the combined adapter, and print its rank and what a reduction lost.

    Args:
        options: The parsed arguments of the command.
    """
    from lora_demo.checkpoints.adapters import read_adapter
    from lora_demo.checkpoints.base import find_config
    from lora_demo.checkpoints.combination_checks import check_folders
    from lora_demo.checkpoints.combining import Part, combine_adapters

    given = [_parse_part(text) for text in options.parts]
    check_new_folder(options.output)
    check_folders([folder for folder, _ in given], any_name=bool(options.base))
    config = find_config(options.base or base_id_of(given[0][0]), options.revision)
    parts = [Part(read_adapter(folder, config), weight) for folder, weight in given]
    for part in parts:
        print_notes(part.adapter.folder, part.adapter.notes)
    name = options.output.name
    combined = combine_adapters(parts, options.output, config, name, options.rank, options.base)
    if options.json:
        print_json(_document(options.output, parts, combined))
    else:
        _print_combined(options.output, combined)


def _parse_part(text: str) -> tuple[Path, float]:
    from lora_demo.checkpoints.adapter_files import find_adapter

    folder, _, weight = text.rpartition("=")
    try:
        value = float(weight)
    except ValueError:
        value = math.nan
    if not folder or not math.isfinite(value):
        raise ValueError(
            f"{text!r} (must be ADAPTER=WEIGHT with a number as weight, such as adapters/a=0.7)."
        )
    return find_adapter(folder), value


def _document(folder: Path, parts: "Sequence[Part]", combined: "Combined") -> dict[str, Any]:
    from lora_demo.checkpoints.combining import matrix_entries

    return {
        "adapter": str(folder),
        "rank": combined.rank,
        "exact_rank": combined.exact_rank,
        "exact": combined.is_exact,
        "frobenius_lost": combined.loss.lost,
        "frobenius_whole": combined.loss.whole,
        "from": [
            {"adapter": str(part.adapter.folder), "weight": part.weight, "rank": part.adapter.r}
            for part in parts
        ],
        "matrices": matrix_entries(combined),
    }


def _print_combined(folder: Path, combined: "Combined") -> None:
    if combined.is_exact:
        print(f"{folder}: rank {combined.rank}, the exact sum")
        return
    loss = combined.loss
    print(
        f"{folder}: rank {combined.rank} of {combined.exact_rank}, loses {loss.share:.2%} of the "
        f"sum's Frobenius norm ({loss.lost:.4g} of {loss.whole:.4g})"
    )
    for path, part in combined.matrices.items():
        print(f"  {path:<50} {part.share:.2%}")
