"""The command `params`: its arguments, what it does and prints."""

from lora_demo.cli.options import base_arguments, json_argument, print_json
from lora_demo.model.parameters import count_adapter, matrix_formulas, total_parameters


def params_parser(p):
    p.set_defaults(run=params)
    base_arguments(p)
    p.add_argument("--ranks", type=int, nargs="+", default=[4, 8, 16])
    p.add_argument("--targets", default="q,v")
    json_argument(p)


def params(options):
    """Prints the exact parameter counts of adapters of some ranks."""
    from lora_demo.checkpoints.base import find_config

    config = find_config(options.base, options.revision)
    rows = [count_adapter(config, rank, options.targets) for rank in options.ranks]
    total = total_parameters(config)
    if options.json:
        keys = ("rank", "targets", "trainable", "percent", "adapter_bytes")
        print_json(
            {
                "base": options.base,
                "total": total,
                "rows": [{key: getattr(row, key) for key in keys} for row in rows],
            }
        )
        return
    print(f"{options.base}: {total:,} parameters")
    print(f"{'rank':>5} {'trainable':>12} {'% of all':>9} {'file':>9} {'AdamW':>9}  targets")
    for row in rows:
        print(
            f"{row.rank:>5} {row.trainable:>12,} {row.percent:>9.4f} {row.adapter_bytes / 1e6:>6.2f} MB {row.optimizer_bytes / 1e6:>6.2f} MB  {','.join(row.targets)}"
        )
    for name, many, d_in, d_out in matrix_formulas(config, options.targets):
        print(f"  {many} x {name}: r * ({d_in} + {d_out})")
