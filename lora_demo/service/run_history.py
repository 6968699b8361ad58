"""A run in a visitor's history: its settings, its results and the command that repeats it."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from lora_demo.data.sources import public_source
from lora_demo.training.config import TrainConfig
from lora_demo.training.events import EvalEvent
from lora_demo.training.progress import RunProgress
from lora_demo.training.runs import Run

EVALUATION_KEYS = ("step", "train_loss", "eval_loss", "chrf")


def summary(run: Run, show_paths: bool = False) -> dict[str, Any]:
    """Describe a run as JSON: its settings, its best evaluation and its curve.

    Args:
        run: a run.
        show_paths: as in `public_command`.
    """
    progress, config = RunProgress.from_events(run.events()), run.config
    best = progress.best
    curve = [_evaluation(event) for event in progress.evaluations]
    return {
        "run": run.id,
        "name": config.adapter_name,
        "state": run.state,
        "settings": _public(config, show_paths).to_json(),
        "command": public_command(run, show_paths),
        "sweep": run.sweep,
        "trainable": progress.plan.trainable if progress.plan else None,
        "steps": progress.step,
        "base_chrf": curve[0]["chrf"] if curve else None,
        "best": _evaluation(best) if best else None,
        "curve": curve,
    }


def _evaluation(event: EvalEvent) -> dict[str, Any]:
    return {key: getattr(event, key) for key in EVALUATION_KEYS}


def public_command(run: Run, show_paths: bool = False) -> str:
    """Return the command that repeats a run, with file names instead of paths of this machine.

    Args:
        run: a run.
        show_paths: True for users of this machine, who may see the path of the base.
    """
    command = _public(run.config, show_paths).command()
    if not run.job:
        return command
    return f"{command} --on hf-jobs --flavor {run.job['flavor']} --timeout {run.job['timeout']}"


def _public(config: TrainConfig, show_paths: bool) -> TrainConfig:
    return replace(
        config,
        base=config.base if show_paths else public_source(config.base),
        data=public_source(config.data),
        watch=config.watch and public_source(config.watch),
        parent=config.parent and _public_parent(config.parent, show_paths),
        replay_data=public_source(config.replay_data),
    )


def _public_parent(parent: str, show_paths: bool) -> str:
    """The parent as others may see it: the name of its folder."""
    return parent if show_paths else Path(parent).name


def time_of(id: str) -> str:
    """Return the time at which a run or an evaluation was requested: "21 Nov, 20:30".

    Args:
        id: its id, such as 20251121-203015-mini-r8.

    Returns:
        Day, month and time; empty if the id does not begin with a time.
    """
    try:
        time = datetime.strptime(id[:15], "%Y%m%d-%H%M%S")
    except ValueError:
        return ""
    return f"{time.day} {time:%b}, {time:%H:%M}"
