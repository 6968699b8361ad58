"""The command `train`: its arguments, its run folder, what the terminal shows while it goes on."""

import argparse
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

from lora_demo.checkpoints.base import EMBEDDED
from lora_demo.cli.options import base_arguments, json_argument, print_json
from lora_demo.training.config import DECAYS, PRECISIONS, TrainConfig


def add_arguments(p):
    """Arguments of `train`, beside base, revision and json."""
    p.add_argument(
        "--data",
        default="builtin",
        help="builtin, builtin:DOMAIN, a .tsv/.csv/.jsonl file, or a Hub data set, e.g. wmt/wmt16:de-en:train[:1%%]",
    )
    p.add_argument(
        "--targets", default="q,v", help="q,v (default), attention, all-linear, or a comma list"
    )
    for name, kind in (
        ("rank", int),
        ("alpha", float),
        ("dropout", float),
        ("learning-rate", float),
        ("warmup", float),
        ("batch-size", int),
        ("accumulation", int),
        ("clip", float),
        ("weight-decay", float),
        ("label-smoothing", float),
        ("steps", int),
        ("epochs", float),
        ("minutes", float),
        ("eval-every", int),
        ("patience", int),
        ("seed", int),
        ("max-length", int),
        ("max-pairs", int),
    ):
        p.add_argument(f"--{name}", type=kind, default=argparse.SUPPRESS)
    p.add_argument("--use-rslora", action="store_true")
    p.add_argument("--decay", choices=DECAYS, default=argparse.SUPPRESS)
    p.add_argument("--precision", choices=PRECISIONS, default=argparse.SUPPRESS)
    p.add_argument(
        "--watch",
        default=argparse.SUPPRESS,
        metavar="SET",
        help="follow the chrF of a further set and of trained pairs too, e.g. builtin:everyday",
    )
    p.add_argument("--name", default=argparse.SUPPRESS, help="of the adapter")
    p.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="run folder (default: runs/TIME-NAME); its adapter/ is the result",
    )
    p.add_argument("--resume", type=Path, metavar="DIR", help="go on with the run in this folder")
    p.add_argument(
        "--config",
        type=Path,
        metavar="run.json",
        help="the settings as the page writes them; the run folder is the file's",
    )
    p.add_argument(
        "--tethered",
        action="store_true",
        help="end when standard input closes: the page starts its runs so, and none outlives it",
    )
    p.add_argument(
        "--on",
        choices=("here", "hf-jobs"),
        default="here",
        help="hf-jobs: on a machine of Hugging Face, which costs money by the hour",
    )
    p.add_argument("--flavor", help="with --on hf-jobs: which machine (default: t4-small)")
    p.add_argument(
        "--repo",
        metavar="USER/NAME",
        help="with --on hf-jobs: the private repository for the adapter (default: its name, under your own)",
    )
    p.add_argument(
        "--timeout",
        help="with --on hf-jobs: when the Job is ended at the latest, e.g. 90m (default: 2h)",
    )


def run(options, work: Callable, print_json: Callable[[dict], None]):
    """Does a run by `work(run, stop)`, which yields its events; Ctrl-C or a TERM signal ends it after the present step and keeps the best."""
    from lora_demo.processes import end_with_parent
    from lora_demo.training.runs import Run

    if options.tethered:
        end_with_parent()
    made_anew = (
        not (options.output or options.resume or options.config)
        or options.output
        and not options.output.exists()
    )
    folder, asked, seen = _run_folder(options), [], []
    if not options.tethered and not Run(folder).is_alive():
        Run(
            folder
        ).forget_stop()  # whoever starts a tethered one has done so, and may have asked it to stop since
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.append(True))
    try:
        for event in work(Run(folder), stop=lambda: bool(asked)):
            seen.append(event["kind"])
            _show(event)
    except ValueError:
        if made_anew and "plan" not in seen and "id" not in (Run(folder).job or {}):
            shutil.rmtree(
                folder
            )  # made for settings that cannot be: nothing in it is worth keeping
        raise
    last, adapter = (
        next(event for event in reversed(Run(folder).events()) if event["kind"] == "done"),
        Run(folder).adapter,
    )
    result = {
        "run": str(folder),
        "adapter": adapter and str(adapter),
        **{
            key: last[key]
            for key in ("steps", "seconds", "train_loss", "eval_loss", "eval_chrf", "best_step")
        },
    }
    if options.json:
        print_json(result)
    elif adapter:
        print(
            f"adapter {adapter}  chrF {last['eval_chrf']:.2f}  eval loss {last['eval_loss']:.4f}  best step {last['best_step']} of {last['steps']}"
        )
    else:
        print(f"Stopped before the first step; --resume {folder} begins it.")


def _run_folder(options) -> Path:
    from lora_demo.training.runs import create

    if options.resume or options.config:
        folder = options.resume or options.config.parent
        if not (folder / "run.json").is_file():
            raise ValueError(f"{folder} is no run folder: it has no run.json.")
        return folder
    if options.output and (options.output / "run.json").exists():
        raise ValueError(
            f"{options.output} holds a run already: go on with it by --resume {options.output}, or choose another --output."
        )
    given = {
        f.name: getattr(options, f.name) for f in fields(TrainConfig) if hasattr(options, f.name)
    }
    given["targets"] = tuple(name.strip() for name in options.targets.split(",") if name.strip())
    if not any(given.get(name) for name in ("steps", "epochs", "minutes")):
        given["minutes"] = 1.0
    given.setdefault("alpha", 2.0 * given.get("rank", TrainConfig.rank))
    for name, builtin in (("base", EMBEDDED), ("data", "builtin"), ("watch", "builtin")):
        path = Path(given.get(name, builtin)).expanduser()
        if given.get(name, builtin).partition(":")[0] != builtin and path.exists():
            given[name] = str(path.resolve())  # so that the run can be resumed from anywhere
    return create(TrainConfig(**given), Path("runs"), options.output).folder


def _show(event: dict):
    """One event as a line on standard error; steps overwrite each other on a terminal."""
    err = sys.stderr
    if event["kind"] == "step":
        line = f"step {event['step']}  loss {event['loss']:.4f}  {event['tokens_per_second']:.0f} tokens/s  {event['seconds_left']:.0f} s left"
        print(f"\r{line:<70}", end="", file=err, flush=True) if err.isatty() else event[
            "step"
        ] % 50 or print(line, file=err, flush=True)
        return
    clear = "\r" if err.isatty() else ""
    if event["kind"] == "resume" or event.get("phase") in (
        "base",
        "compile",
        "evaluate",
        "train",
        "job",
    ):
        print(f"{clear}{event['message']:<70}", file=err, flush=True)
    elif event["kind"] == "plan":
        print(
            f"{clear}{event['device']}, {event['precision']}: {event['total_steps']} steps on {event['train_pairs']:,} pairs, {event['trainable']:,} trained parameters ({event['percent']:.3f} %)",
            file=err,
            flush=True,
        )
    elif event["kind"] == "eval":
        print(
            f"{clear}step {event['step']}  eval loss {event['eval_loss']:.4f}  chrF {event['chrf']:.2f}{'  best so far' if event['best'] else ''}",
            file=err,
            flush=True,
        )
        for probe in event["probes"]:
            print(f"    {probe['de']}\n    -> {probe['text']}", file=err, flush=True)


def train_parser(p):
    p.set_defaults(run=train)
    base_arguments(p)
    add_arguments(p)
    json_argument(p)


def train(options):
    """Trains in this process or on a Job, which Ctrl-C or a TERM signal cancels."""

    run(options, _worker(options), print_json)


def _worker(options):
    """What does the run: this process, or a Job that it follows."""
    from functools import partial

    if options.on == "here":
        from lora_demo.training.runs import work

        return work
    from lora_demo.hub.jobs import work_on_jobs

    return partial(work_on_jobs, flavor=options.flavor, repo=options.repo, timeout=options.timeout)


def curves_parser(p):
    p.set_defaults(run=curves)
    p.add_argument(
        "runs",
        nargs="+",
        type=Path,
        metavar="RUN",
        help="run folders; one: its losses and scores; several: side by side, by trained parameters",
    )
    p.add_argument(
        "--output", type=Path, required=True, metavar="FILE", help="an .svg or .png file"
    )


def curves(options):
    """Draws what runs have measured."""
    from lora_demo.training.curves import draw

    draw(options.runs, options.output)
    print(options.output)
