"""The command `train`: one run, in a run folder, on this machine or on Hugging Face Jobs."""

import argparse
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lora_demo.cli.options import add_json_argument
from lora_demo.cli.terminal import StopSignal, print_json
from lora_demo.cli.train_events import show_event
from lora_demo.cli.train_options import add_train_arguments, make_config
from lora_demo.training.events import DoneEvent, Event, PlanEvent
from lora_demo.training.progress import RunProgress

if TYPE_CHECKING:
    from lora_demo.training.runs import Run

HELP = "train an adapter, and keep the best one in a run folder"
EXAMPLE = "train --data builtin:weather --rank 8 --targets all-linear --minutes 1"
RESULT_KEYS = (
    "steps",
    "seconds",
    "train_loss",
    "eval_loss",
    "eval_chrf",
    "best_step",
    "everyday_chrf",
    "start_everyday_chrf",
)
"""Keys of the JSON document that come from the run's last event."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `train`."""
    add_train_arguments(parser)
    add_json_argument(parser)


def run(options: argparse.Namespace) -> None:
    """Train; Ctrl-C or a TERM signal stops after the current step and keeps the best adapter."""
    from lora_demo.processes import end_with_parent
    from lora_demo.training.runs import Run

    if options.tethered:
        end_with_parent()
    is_new = _makes_new_folder(options)
    run = Run(_find_run_folder(options))
    if not options.tethered and not run.is_alive():
        # The app did this before it started a tethered run, and may have stopped the run since.
        run.forget_stop()
    try:
        _train(run, _choose_worker(options, run.folder))
    except ValueError:
        if is_new and not _has_begun(run):
            shutil.rmtree(run.folder)
        raise
    _print_result(run, options.json)


def _makes_new_folder(options: argparse.Namespace) -> bool:
    if options.resume or options.config:
        return False
    return not (options.output and options.output.exists())


def _find_run_folder(options: argparse.Namespace) -> Path:
    """Return the folder of a run to continue, or make that of a new one."""
    from lora_demo.training.runs import create

    folder = options.resume or (options.config and options.config.parent)
    if folder:
        if not (folder / "run.json").is_file():
            raise ValueError(
                f"{folder} is not a run folder, because it has no run.json. Give a run folder."
            )
        return folder
    if options.output and (options.output / "run.json").exists():
        raise ValueError(
            f"{options.output} already holds a run: continue it with --resume {options.output}, "
            "or choose another --output."
        )
    return create(make_config(options), Path("runs"), options.output).folder


def _choose_worker(options: argparse.Namespace, folder: Path) -> Callable[..., Iterator[Event]]:
    """Return what does the run and yields its events: this process, or a Job that it follows."""
    if options.on == "here":
        from lora_demo.training.heartbeat import end_process
        from lora_demo.training.worker import work

        return partial(work, lose=lambda: end_process(folder))
    from lora_demo.hub.jobs import work_on_jobs

    return partial(work_on_jobs, flavor=options.flavor, repo=options.repo, timeout=options.timeout)


def _train(run: "Run", work: Callable[..., Iterator[Event]]) -> None:
    stop = StopSignal()
    stop.listen()
    for event in work(run, stop=lambda: stop.is_requested):
        show_event(event)


def _has_begun(run: "Run") -> bool:
    """Check whether the run was planned or its Job started, so that its folder is worth keeping."""
    is_planned = any(isinstance(event, PlanEvent) for event in run.events())
    return is_planned or "id" in (run.job or {})


def _print_result(run: "Run", as_json: bool) -> None:
    events = run.events()
    last = next(event for event in reversed(events) if isinstance(event, DoneEvent))
    if as_json:
        adapter = str(run.adapter) if run.adapter else None
        result = {"run": str(run.folder), "adapter": adapter}
        print_json(result | {key: getattr(last, key) for key in RESULT_KEYS})
    elif run.adapter:
        print(
            f"adapter {run.adapter}  chrF {last.eval_chrf:.2f}  "
            f"eval loss {last.eval_loss:.4f}  best step {last.best_step} of {last.steps}"
        )
        if last.everyday_chrf is not None and last.start_everyday_chrf is not None:
            print(
                f"everyday sentences: chrF {last.start_everyday_chrf:.2f} at the start, "
                f"{last.everyday_chrf:.2f} now"
            )
        forgetting = RunProgress.from_events(events).forgetting
        if forgetting:
            print(forgetting)
    else:
        print(f"Stopped before the first step. To start again: train --resume {run.folder}")
