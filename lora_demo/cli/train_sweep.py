"""`train --ranks`: one run for each rank, then one evaluation of the base and all adapters."""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lora_demo.cli.terminal import print_json, print_status
from lora_demo.cli.train_events import show_event
from lora_demo.files import write_text
from lora_demo.training.config import TrainConfig
from lora_demo.training.events import DoneEvent
from lora_demo.training.sweep import Sweep, check_same_settings, is_sweep, open_sweep

if TYPE_CHECKING:
    from lora_demo.evaluation.report.data import Evaluation
    from lora_demo.training.run import Run

Stop = Callable[[], bool]
EVALUATION = "evaluation"
HELD_OUT = "held-out.jsonl"
NO_TEST = "none"
NEWSTEST = ("wmt/wmt14", "wmt/wmt15", "wmt/wmt16", "wmt/wmt17", "wmt/wmt18", "wmt/wmt19")
"""Data sets whose split `test`, or `validation` from 2018 on, is a newstest."""
VALIDATION_ONLY = ("wmt/wmt18", "wmt/wmt19")
RUN_KEYS = ("steps", "seconds", "train_loss", "eval_loss", "eval_chrf", "best_step")


def run_sweep(options: argparse.Namespace, sweep: Sweep, stop: Stop) -> None:
    """Train every rank that is not done, measure all, and print the table.

    Args:
        options: The parsed command line.
        sweep: New, or opened again.
        stop: Ends the sweep after the current step once it returns True.

    Raises:
        ValueError: For a base, data or a test set that cannot be used; before anything is trained.
    """
    _check_inputs(sweep, stop)
    sweep.save()
    runs = [_train(sweep, rank, stop) for rank in sweep.ranks if not stop()]
    table = None
    is_done = len(runs) == len(sweep.ranks) and all(run.state == "done" for run in runs)
    if is_done and sweep.test != NO_TEST:
        table = _measure(sweep, stop)
    _print_result(options, sweep, runs, table)


def find_sweep(options: argparse.Namespace, settings: dict[str, Any], ranks: list[int]) -> Sweep:
    """Return the sweep that the options describe; one in the same folder is continued.

    Args:
        options: The parsed command line.
        settings: Fields of `TrainConfig`; `rank` is ignored.
        ranks: The rank of each run.

    Raises:
        ValueError: If the folder holds something else, or a sweep with other settings.
    """
    settings = {name: value for name, value in settings.items() if name != "rank"}
    base = Path(str(settings.get("base", TrainConfig.base))).name
    folder = options.output or Path("runs") / f"{time.strftime('%Y%m%d-%H%M%S')}-{base}-ranks"
    sweep = Sweep(folder, settings, ranks, options.test, options.test_pairs)
    if is_sweep(folder):
        check_same_settings(open_sweep(folder), sweep)
    elif folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{folder} exists and is not empty. Choose a new folder.")
    return sweep


def _check_inputs(sweep: Sweep, stop: Stop) -> None:
    """Read base, data and test set, so that a fault in one shows before hours of training."""
    from lora_demo.training.setup import read_data

    config = sweep.config(sweep.ranks[0])
    print_status(f"Reading {config.data}")
    data = read_data(config, sweep.run_folder(config.rank), stop)
    if sweep.test == NO_TEST:
        return
    source, split = _test_set(sweep)
    if source == str(sweep.folder / HELD_OUT):
        write_text(sweep.folder / HELD_OUT, _json_lines(data.dataset.eval))
    else:
        _find_columns(sweep, source, split)


def _find_columns(sweep: Sweep, source: str, split: str) -> str | None:
    """Read the test set, and return the names of its columns if they are those of the data."""
    from lora_demo.data.readers.columns import ColumnsNotFoundError
    from lora_demo.evaluation.sets import load_set

    columns = sweep.config(sweep.ranks[0]).columns
    if columns:
        with suppress(ColumnsNotFoundError):
            load_set(source, split, max_pairs=sweep.test_pairs, columns=columns)
            return columns
    load_set(source, split, max_pairs=sweep.test_pairs)
    return None


def _test_set(sweep: Sweep) -> tuple[str, str]:
    """Return the source and the split to measure on.

    By default these are the newstest of a WMT data set, the test set of a built-in domain, or else
    the pairs that training holds out.
    """
    if sweep.test:
        return sweep.test, "test"
    data = sweep.config(sweep.ranks[0]).data
    repository, _, rest = data.partition(":")
    if repository == "builtin":
        return data, "test"
    if repository in NEWSTEST:
        split = "validation" if repository in VALIDATION_ONLY else "test"
        return f"{repository}:{rest.partition(':')[0] or 'de-en'}:{split}", "test"
    return str(sweep.folder / HELD_OUT), "test"


def _json_lines(pairs: list[tuple[str, str]]) -> str:
    return "".join(json.dumps({"de": de, "en": en}) + "\n" for de, en in pairs)


def _train(sweep: Sweep, rank: int, stop: Stop) -> "Run":
    """Do or continue the run of one rank; a finished one is kept."""
    from lora_demo.training.worker import work

    run = sweep.make_run(rank)
    if run.state == "done":
        print_status(f"rank {rank}: already trained, {run.folder}")
        return run
    print_status(f"rank {rank}: {run.folder}")
    run.forget_stop()
    for event in work(run, stop=stop):
        show_event(event)
    return run


def _measure(sweep: Sweep, stop: Stop) -> dict[str, Any] | None:
    """Evaluate the base and all adapters; None if that was stopped before its end."""
    from lora_demo.checkpoints.inspecting import count_values
    from lora_demo.evaluation.rank_table import measured_by, read_table, write_table
    from lora_demo.evaluation.report.files import write_report
    from lora_demo.evaluation.report.recording import record_scores

    adapters = dict(sweep.adapters())
    source, split = _test_set(sweep)
    measured = measured_by(source, sweep.test_pairs, list(adapters.values()))
    folder = sweep.folder / EVALUATION
    table = read_table(folder, measured)
    if table:
        return table
    evaluation = _evaluate(sweep, list(adapters.values()), source, split, stop)
    if evaluation is None or evaluation.is_cut:
        return None
    parameters = {rank: count_values(adapter) for rank, adapter in adapters.items()}
    ranks = {adapter: rank for rank, adapter in adapters.items()}
    write_report(evaluation, folder)
    record_scores(evaluation)
    return write_table(evaluation, folder, ranks, parameters, measured)


def _evaluate(
    sweep: Sweep, adapters: list[Path], source: str, split: str, stop: Stop
) -> "Evaluation | None":
    from lora_demo.cli.evaluate_text import print_event
    from lora_demo.evaluation.config import EvaluationConfig
    from lora_demo.evaluation.evaluate import evaluate
    from lora_demo.evaluation.events import Done

    run = sweep.config(sweep.ranks[0])
    config = EvaluationConfig(
        base=run.base,
        revision=run.revision,
        adapters=tuple(adapters),
        data=source,
        split=split,
        max_pairs=sweep.test_pairs,
        columns=_find_columns(sweep, source, split),
    )
    for event in evaluate(config, stop=stop, precision=run.precision, label=_label(sweep, source)):
        print_event(event)
        if isinstance(event, Done):
            return event.evaluation
    return None


def _label(sweep: Sweep, source: str) -> str:
    """Name the test set without a path of this machine."""
    from lora_demo.data.sources import public_source

    if source == str(sweep.folder / HELD_OUT):
        return f"held-out part of {public_source(sweep.config(sweep.ranks[0]).data)}"
    return public_source(source)


def _print_result(
    options: argparse.Namespace, sweep: Sweep, runs: list["Run"], table: dict[str, Any] | None
) -> None:
    is_done = table is not None or (
        sweep.test == NO_TEST and all(run.state == "done" for run in runs)
    )
    report = sweep.folder / EVALUATION / "report.html"
    if options.json:
        document = {
            "sweep": str(sweep.folder),
            "done": is_done,
            "runs": [_run_document(run) for run in runs],
            "table": table,
            "report": str(report) if table else None,
        }
        print_json(document)
        return
    for run in runs:
        print(f"{run.folder}: {run.state}")
    if table:
        from lora_demo.evaluation.rank_table import format_table

        print(f"\n{format_table(table)}\nReport: {report}")
    if not is_done:
        print(f"Stopped. To continue: train --resume {sweep.folder}")


def _run_document(run: "Run") -> dict[str, Any]:
    last: Iterator[Any] = (e for e in reversed(run.events()) if isinstance(e, DoneEvent))
    done = next(last, None)
    return {
        "rank": run.config.rank,
        "run": str(run.folder),
        "adapter": str(run.adapter) if run.adapter else None,
        "state": run.state,
        **{key: getattr(done, key, None) for key in RUN_KEYS},
    }
