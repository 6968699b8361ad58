"""From rounds to one table: medians, ratios, shares of what the machine can do."""

from statistics import fmean, median

from lora_demo.model.config import T5Config
from tests.benchmarks.tasks import MACHINE, Task
from tests.benchmarks.workload import Workload, products_per_token

COLUMNS = (
    "task",
    "contender",
    "seconds",
    "tokens/s",
    "time, first = 1",
    "CPU time, first = 1",
    "share",
    "same output",
    "peak MB",
)


def agreement(ours, theirs) -> float:
    """Return how far two outputs agree.

    For losses, 1 minus the largest relative difference; for rows of ids, the mean share of each
    row before the first difference.
    """
    if isinstance(ours[0], float):
        return 1 - max(abs(a - b) / abs(a) for a, b in zip(ours, theirs, strict=True))
    return fmean(
        _same_beginning(a, b) / max(len(a), len(b)) if a or b else 1.0
        for a, b in zip(ours, theirs, strict=True)
    )


def _same_beginning(ours: list, theirs: list) -> int:
    return next(
        (i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b),
        min(len(ours), len(theirs)),
    )


def rows_of(result: dict, task: Task, config: T5Config) -> list[dict]:
    """Make a task's rows. Ratios compare the seconds per token in one round; they are medians.

    CPU time is the time of all threads. Other programs hardly change it, but waiting threads may
    spin.
    """
    if task.contenders == (MACHINE,):
        flops, bytes = (
            median(r[key] for r in result["rounds"][MACHINE.name]) for key in ("flops", "bytes")
        )
        return [
            {
                "task": task.name,
                "contender": f"{flops / 1e9:.0f} GFLOP/s, {bytes / 1e9:.1f} GB/s read",
            }
        ]
    contenders = [c for c in task.contenders if c is not MACHINE]
    first = result["rounds"].get(contenders[0].name, [])
    return [
        _row(c, result, task, config, first)
        for c in contenders
        if c.name in result["rounds"] or c.name in result["notes"]
    ]


def _row(contender, result: dict, task: Task, config: T5Config, first: list[dict]) -> dict:
    row = {"task": task.name, "contender": contender.name}
    if contender.name in result["notes"]:
        return row | {"seconds": result["notes"][contender.name]}
    rounds, same = result["rounds"][contender.name], result["agreement"].get(contender.name)
    if same is None or same < contender.agreement:
        return row | {"seconds": "does not count: another output", "same output": same}
    row |= {
        "seconds": median(r["seconds"] for r in rounds),
        "tokens/s": median(r["tokens"] / r["seconds"] for r in rounds),
    }
    for column, key in (("time, first = 1", "seconds"), ("CPU time, first = 1", "cpu_seconds")):
        row[column] = median(
            (r[key] / r["tokens"]) / (f[key] / f["tokens"])
            for r, f in zip(rounds, first, strict=False)
        )
    if task.work and MACHINE.name in result["rounds"]:
        row["share"] = median(
            _share(r, m, task, config)
            for r, m in zip(rounds, result["rounds"][MACHINE.name], strict=False)
        )
    return row | {"same output": same, "peak MB": max(r["peak_bytes"] for r in rounds) / 1e6}


def _share(measured: dict, machine: dict, task: Task, config: T5Config) -> float:
    """Return the time that the machine needs at its measured rates, as a share of the real time.

    A training step multiplies forward and for the gradients of activations: 4 FLOP per weight and
    token; half
    of the tokens are the source's. Decoding reads the decoder's weights once for each position,
    counted here in float32.
    """
    products, work = products_per_token(config), Workload("", **task.settings)
    if task.work == "train":
        return (
            measured["tokens"]
            * 2
            * (products["source"] + products["target"])
            / machine["flops"]
            / measured["seconds"]
        )
    flops = (
        2
        * work.rows
        * (work.length * products["source"] + work.tokens * work.num_beams * products["target"])
    )
    return (
        max(flops / machine["flops"], 4 * work.tokens * products["target"] / machine["bytes"])
        / measured["seconds"]
    )


def table(rows: list[dict]) -> str:
    """Return the rows as a table in Markdown."""
    columns = [column for column in COLUMNS if any(column in row for row in rows)]
    cells = [
        columns,
        ["---"] * 2 + ["---:"] * (len(columns) - 2),
        *([_cell(column, row.get(column)) for column in columns] for row in rows),
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in cells)


def _cell(column: str, value) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    if column in ("share", "same output"):
        return f"{100 * value:.4g} %"
    return f"{value:.0f}" if column in ("tokens/s", "peak MB") else f"{value:.3g}"
