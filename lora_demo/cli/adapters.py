"""The commands `inspect`, `merge` and `reduce`: their arguments, what they do and print."""

import sys
from pathlib import Path

from lora_demo.cli.options import base_of, check_new, json_argument, print_json


def inspect_parser(p):
    p.set_defaults(run=inspect)
    p.add_argument("adapter", type=Path, metavar="ADAPTER")
    p.add_argument("--base", help="hold it against this base (default: the one that it names)")
    p.add_argument("--revision")
    json_argument(p)


def inspect(options):
    """Prints what an adapter is, whether it fits its base, and how far it moves each layer."""
    from lora_demo.checkpoints.adapters import inspect_adapter
    from lora_demo.checkpoints.base import find_base, find_config

    id = base_of(options)
    try:
        base, config = find_base(id, options.revision), None
    except ValueError:
        base, config = None, find_config(id, options.revision)
        print(
            f"The weights of {id} are not at hand, so relative norms are unknown.", file=sys.stderr
        )
    report = inspect_adapter(options.adapter, base, config) | {"base": id}
    if options.json:
        print_json(report)
        return
    print(
        f"{report['adapter']}: LoRA of rank {report['rank']}, alpha {report['alpha']:g}, on {', '.join(report['targets'])}, {report['parameters']:,} parameters, for {id}"
    )
    print(
        "It fits." if report["fits"] else "It does not fit: " + "; ".join(report["problems"]) + "."
    )
    for layer in report["layers"]:
        print(
            f"  {layer['name']:<50} "
            + (f"{layer['relative_norm']:.5f}" if layer["relative_norm"] is not None else "-")
        )


def merge_parser(p):
    p.set_defaults(run=merge)
    p.add_argument("adapter", type=Path, metavar="ADAPTER")
    p.add_argument("--output", type=Path, required=True, metavar="DIR")
    p.add_argument("--base", help="the base to fold it into (default: the one that it names)")
    p.add_argument("--revision")


def merge(options):
    """Writes the base with the adapter folded in, as a float32 Hugging Face checkpoint."""
    from lora_demo.checkpoints.adapters import read_adapter
    from lora_demo.checkpoints.base import find_base
    from lora_demo.checkpoints.merging import merge_adapter

    id = base_of(options)
    check_new(options.output)
    base = find_base(id, options.revision)
    merge_adapter(base, read_adapter(options.adapter, base.config), options.output)
    print(options.output)


def reduce_parser(p):
    p.set_defaults(run=reduce)
    p.add_argument("adapter", type=Path, metavar="ADAPTER")
    p.add_argument("--rank", type=int, required=True, help="the new rank, below the adapter's")
    p.add_argument("--output", type=Path, required=True, metavar="DIR")
    p.add_argument("--base", help="the base that it is for (default: the one that it names)")
    p.add_argument("--revision")
    json_argument(p)


def reduce(options):
    """Writes the nearest adapter of a lower rank, and says what it loses in Frobenius norm."""
    from lora_demo.checkpoints.adapters import read_adapter
    from lora_demo.checkpoints.base import find_config
    from lora_demo.checkpoints.reducing import reduce_adapter

    config = find_config(base_of(options), options.revision)
    check_new(options.output)
    loss = reduce_adapter(
        read_adapter(options.adapter, config),
        options.rank,
        options.output,
        config,
        options.output.name,
    )
    if options.json:
        return print_json(
            {
                "adapter": str(options.output),
                "rank": loss.rank,
                "frobenius_lost": loss.lost,
                "frobenius_whole": loss.whole,
            }
        )
    print(
        f"{options.output}: rank {loss.rank}, loses {loss.share:.2%} of the update's Frobenius norm ({loss.lost:.4g} of {loss.whole:.4g})"
    )
