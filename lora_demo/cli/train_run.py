"""Run the command `train`: one run, here or on Hugging Face Jobs; a sweep; or a settings file."""

import argparse
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lora_demo.cli.terminal import StopSignal, print_json
from lora_demo.cli.train_events import show_event
from lora_demo.cli.train_settings import config_from, find_ranks, find_settings, given_settings
from lora_demo.cli.train_sweep import find_sweep, run_sweep
from lora_demo.heap import keep_freed_memory
from lora_demo.language import ENGLISH, LANGUAGE_VARIABLE, set_language
from lora_demo.training.events import DoneEvent, Event, PlanEvent
from lora_demo.training.progress import RunProgress
from lora_demo.training.run_files import RUN_FILE
from lora_demo.training.settings_file import settings_document, with_parent_hash, write_settings
from lora_demo.training.sweep import Sweep, is_sweep, open_sweep

if TYPE_CHECKING:
    from lora_demo.training.run import Run

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
SWEEP_LENGTH = {"epochs": 1.0}
"""Length of each run of a sweep, if none is given."""


def train(options: argparse.Namespace) -> None:
    """Do a run or a sweep, or write a settings file, and print the result.

    Ctrl-C or a TERM signal stops a run after its current step and writes its adapter, or cancels
    its Job.

    Args:
        options: The parsed arguments of the command.

    Raises:
        ValueError: If a setting, the data or the base is wrong.
        FloatingPointError: If the loss becomes infinite.
        RuntimeError: If a Job fails.
    """
    if options.tethered:
        set_language(os.environ.get(LANGUAGE_VARIABLE, ENGLISH))
    if options.on == "here" and not options.tethered:
        keep_freed_memory()
    if options.save_config:
        _save_config(options)
    elif options.resume and is_sweep(options.resume):
        _run_sweep(options, open_sweep(options.resume))
    elif not _existing_run(options) and (ranks := find_ranks(options)):
        _check_sweep_options(options)
        settings = find_settings(options, SWEEP_LENGTH)
        _run_sweep(options, find_sweep(options, settings, ranks))
    else:
        _run_once(options)


def _save_config(options: argparse.Namespace) -> None:
    """Write the settings to a file instead of training."""
    if options.resume:
        raise ValueError("--save-config saves the settings of a new run. Leave out --resume.")
    ranks = find_ranks(options)
    default_length = SWEEP_LENGTH if ranks else {"minutes": 1.0}
    config = with_parent_hash(config_from(options, default_length))
    keeps_alpha = "alpha" in find_settings(options, default_length)
    write_settings(options.save_config, config, ranks, keeps_alpha)
    if options.json:
        settings = settings_document(config, ranks, keeps_alpha)
        print_json({"config": str(options.save_config), "settings": settings})
    else:
        print(f"{options.save_config}: train --config {options.save_config}")


def _run_sweep(options: argparse.Namespace, sweep: Sweep) -> None:
    stop = StopSignal()
    stop.listen()
    run_sweep(options, sweep, lambda: stop.is_requested)


def _check_sweep_options(options: argparse.Namespace) -> None:
    if options.on != "here":
        raise ValueError(
            "--ranks trains on this machine. For --on hf-jobs give one --rank per run."
        )
    if options.test_pairs is not None and options.test_pairs < 1:
        raise ValueError(f"--test-pairs {options.test_pairs} (must be 1 or more).")


def _run_once(options: argparse.Namespace) -> None:
    """Do one run."""
    from lora_demo.processes import end_with_parent
    from lora_demo.training.run import Run

    is_new = _makes_new_folder(options)
    run = Run(_find_run_folder(options))
    if options.tethered and options.on == "here":
        _enter_sandbox(run)
    if options.tethered:
        end_with_parent()  # starts a thread, and the sandbox needs a process with one thread
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


def _existing_run(options: argparse.Namespace) -> Path | None:
    """Return the run folder that --resume or the run.json of --config names."""
    if options.resume:
        return options.resume
    if options.config and options.config.name == RUN_FILE and not options.output:
        return options.config.parent
    return None


def _enter_sandbox(run: "Run") -> None:
    """Limit this process; settings that cannot be read are refused when the run begins."""
    from lora_demo.training.sandbox import enter_sandbox

    config = None
    with suppress(ValueError):
        config = run.config
    if not config:
        return
    try:
        enter_sandbox(config)
    except ValueError as error:
        run.fail(str(error))
        raise


def _makes_new_folder(options: argparse.Namespace) -> bool:
    if _existing_run(options):
        return False
    return not (options.output and options.output.exists())


def _find_run_folder(options: argparse.Namespace) -> Path:
    """Return the folder of a run to continue, or make that of a new one."""
    from lora_demo.training.runs import create

    folder = _existing_run(options)
    if folder:
        if not (folder / RUN_FILE).is_file():
            raise ValueError(
                f"{folder} is not a run folder, because it has no {RUN_FILE}. Give a run folder."
            )
        if options.config and given_settings(options):
            names = ", ".join(given_settings(options))
            raise ValueError(
                f"{options.config} holds the settings of a run, which stay as they are; {names} "
                "cannot change. Add --output DIR for a new run with these settings."
            )
        return folder
    if options.output and (options.output / RUN_FILE).exists():
        raise ValueError(
            f"{options.output} already holds a run: continue it with --resume {options.output}, "
            "or choose another --output."
        )
    return create(config_from(options), Path("runs"), options.output).folder


def _choose_worker(options: argparse.Namespace, folder: Path) -> Callable[..., Iterator[Event]]:
    """Return the function that does the run and yields its events, here or on a Job."""
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
        _print_adapter(run.adapter, last, RunProgress.from_events(events).forgetting)
    else:
        print(f"Stopped before the first step. To start again: train --resume {run.folder}")


def _print_adapter(adapter: Path, done: DoneEvent, forgetting: str) -> None:
    """Print the scores of the kept adapter, and a warning if it got worse on everyday sentences."""
    scores = [
        f"{name} {value:{spec}}"
        for name, value, spec in (
            ("chrF", done.eval_chrf, ".2f"),
            ("held-out loss", done.eval_loss, ".4f"),
        )
        if value is not None
    ] or ["not evaluated"]
    kept = f"kept step {done.best_step} of {done.steps}"
    print("  ".join([f"adapter {adapter}", *scores, kept]))
    if done.everyday_chrf is not None and done.start_everyday_chrf is not None:
        print(
            f"everyday sentences: chrF {done.start_everyday_chrf:.2f} at the start, "
            f"{done.everyday_chrf:.2f} now"
        )
    if forgetting:
        print(forgetting)
