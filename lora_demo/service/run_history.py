"""A run in a visitor's history: its settings, its results and the command that repeats it."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from lora_demo.data.sources import public_source
from lora_demo.formatting import format_time
from lora_demo.training.config import TrainConfig
from lora_demo.training.events import EvalEvent
from lora_demo.training.parent import find_copy
from lora_demo.training.progress import RunProgress
from lora_demo.training.run import Run

EVALUATION_KEYS = ("step", "train_loss", "eval_loss", "chrf", "everyday_chrf")


def summary(run: Run, show_paths: bool = False) -> dict[str, Any]:
    """Describe a run as JSON: its settings, its best evaluation and its curve.

    Args:
        run: A run.
        show_paths: As in `public_command`.
    """
    progress, config = RunProgress.from_events(run.events()), run.config
    best = progress.best
    curve = [_evaluation(event) for event in progress.evaluations]
    return {
        "run": run.id,
        "name": config.adapter_name,
        "state": run.state,
        "settings": _public(run, show_paths).to_json(),
        "command": public_command(run, show_paths),
        "sweep": run.sweep,
        "trainable": progress.plan.trainable if progress.plan else None,
        "steps": progress.step,
        "base_chrf": _base_chrf(progress),
        "start_chrf": curve[0]["chrf"] if curve else None,
        "best": _evaluation(best) if best else None,
        "curve": curve,
    }


def _base_chrf(progress: RunProgress) -> float | None:
    """The base's chrF, which is not the start's if the run starts from an adapter."""
    if not progress.evaluations:
        return None
    start = progress.evaluations[0]
    return start.chrf if start.base_chrf is None else start.base_chrf


def _evaluation(event: EvalEvent) -> dict[str, Any]:
    return {key: getattr(event, key) for key in EVALUATION_KEYS}


def public_command(run: Run, show_paths: bool = False) -> str:
    """Return the command that repeats a run, with file names instead of paths of this machine.

    Args:
        run: A run.
        show_paths: True for users of this machine, who may see the path of the base.
    """
    command = _public(run, show_paths).command()
    if not run.job:
        return command
    return f"{command} --on hf-jobs --flavor {run.job['flavor']} --timeout {run.job['timeout']}"


def _public(run: Run, show_paths: bool) -> TrainConfig:
    config, copy = run.config, find_copy(run.folder)
    return replace(
        config,
        base=config.base if show_paths else public_source(config.base),
        data=public_source(config.data),
        watch=config.watch and public_source(config.watch),
        parent=copy.name if copy and not show_paths else config.parent,
        replay_data=public_source(config.replay_data),
    )


def time_of(id: str) -> str:
    """Return the time at which a run or an evaluation was requested: "21 Nov, 20:30".

    Args:
        id: Its id, such as 20251121-203015-mini-r8.

    Returns:
        Day, month and time; empty if the id does not begin with a time.
    """
    try:
        time = datetime.strptime(id[:15], "%Y%m%d-%H%M%S")
    except ValueError:
        return ""
    return format_time(time)
