"""The cost and the use of replay: domain and everyday scores by share and by kind of targets.

    python -m tests.benchmarks.replay --from mini-r8 --data builtin:weather --output replay

By default the runs have the settings of the page's 60-second run. The output folder gets one run
for each share and kind, `replay.tsv` and its curves, `replay.png`. A finished run is kept if the
command is given again.
"""

import argparse
import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from lora_demo import evaluate
from lora_demo.checkpoints.adapter_files import find_adapter
from lora_demo.checkpoints.base import find_config
from lora_demo.service.presets import PRESETS
from lora_demo.training.config import REPLAY_TARGETS, TrainConfig
from lora_demo.training.parent import complete_settings
from lora_demo.training.run import Run
from lora_demo.training.runs import create
from lora_demo.training.worker import work

QUICK = PRESETS["60 seconds"]
SHARES = (0.0, 0.1, 0.25, 0.5)
COLUMNS = ("share", "targets", "seconds", "domain_bleu", "domain_p", "everyday_bleu", "everyday_p")
EVERYDAY = "builtin:everyday"
TITLES = {"domain": "Test set of the domain", "everyday": "Everyday sentences"}
LABELS = {"corpus": "targets of the corpus", "model": "the start's own translations"}


def main(arguments: list[str] | None = None) -> list[dict]:
    """Train all runs, score them against the start, write and print the table."""
    options = parse(arguments)
    rows = [measure(run, options) for run in train_all(options)]
    rows.insert(0, measure(None, options))
    with open(options.output / "replay.tsv", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter="\t")
        writer.writeheader()
        writer.writerows(rows)
    draw(rows, options.output / "replay.png")
    print("| " + " | ".join(COLUMNS) + " |\n|" + "---|" * len(COLUMNS))
    for row in rows:
        print("| " + " | ".join(str(row[name]) for name in COLUMNS) + " |")
    return rows


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", default="mini")
    parser.add_argument("--from", dest="parent", default="mini-r8")
    parser.add_argument("--data", default="builtin:weather")
    parser.add_argument("--test", help="set of the domain score (default: that of --data)")
    parser.add_argument("--replay-data", default=TrainConfig.replay_data)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--batch-size", type=int, default=QUICK.batch_size)
    parser.add_argument("--learning-rate", type=float, default=QUICK.learning_rate)
    parser.add_argument("--shares", type=float, nargs="+", default=SHARES)
    parser.add_argument("--targets", nargs="+", choices=REPLAY_TARGETS, default=REPLAY_TARGETS)
    parser.add_argument("--output", type=Path, required=True)
    return parser.parse_args(arguments)


def train_all(options: argparse.Namespace) -> Iterator[Run]:
    """Train or find one run for each share and kind of targets; share 0 has no kind."""
    for share in options.shares:
        for targets in options.targets if share else options.targets[:1]:
            values = {
                "base": options.base,
                "data": options.data,
                "parent": options.parent,
                "steps": options.steps,
                "batch_size": options.batch_size,
                "learning_rate": options.learning_rate,
                "replay": share,
                "replay_data": options.replay_data,
                "replay_targets": targets,
            }
            settings = complete_settings(values, find_config(options.base))
            run = Run(options.output / f"{share:g}-{targets}")
            if not (run.folder / "run.json").is_file():
                create(TrainConfig(**settings), options.output, run.folder)
            if run.state != "done":
                for event in work(run):
                    print(f"{run.id}: {event.kind} {event.step}", end="\r", flush=True)
            yield run


def measure(run: Run | None, options: argparse.Namespace) -> dict:
    """Score a run's adapter, or the start, against the start on both sets."""
    start = find_adapter(options.parent)
    adapters = [start, run.adapter] if run else [start]
    scores = {}
    for name, data in (("domain", options.test or options.data), ("everyday", EVERYDAY)):
        evaluation = evaluate(adapters, base=options.base, data=data)
        first, last = evaluation.adapters[0], evaluation.adapters[-1]
        scores[f"{name}_bleu"] = round(last.scores["bleu"].score, 2)
        scores[f"{name}_p"] = round(last.tests[first.name]["bleu"].p, 4) if run else ""
    if run is None:
        return {"share": "start", "targets": "", "seconds": 0, **scores}
    done = run.events()[-1]
    config = run.config
    targets = config.replay_targets if config.replay else ""
    return {"share": config.replay, "targets": targets, "seconds": round(done.seconds), **scores}


def draw(rows: Sequence[dict], output: Path) -> None:
    """Draw both scores over the shares, a line for each kind of targets.

    Args:
        rows: As `measure` returns them, the start first.
        output: A .png file.
    """
    start, *runs = rows
    figure = Figure(figsize=(10, 3.5), layout="constrained")
    for ax, name in zip(figure.subplots(1, 2), ("domain", "everyday"), strict=True):
        score = f"{name}_bleu"
        ax.axhline(start[score], color="0.6", linestyle=":", label="start")
        for targets in REPLAY_TARGETS:
            points = [row for row in runs if row["targets"] in ("", targets)]
            shares = [row["share"] for row in points]
            ax.plot(shares, [row[score] for row in points], marker="o", label=LABELS[targets])
        ax.set(title=TITLES[name], xlabel="share of replay", ylabel="BLEU")
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(alpha=0.25)
        ax.legend(frameon=False, fontsize="small")
    figure.savefig(output, dpi=150)


if __name__ == "__main__":
    main()
