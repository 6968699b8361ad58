"""A run in a visitor's history: its settings, its results and the command that repeats it."""

from dataclasses import replace

from lora_demo.data.sources import public_source
from lora_demo.training.config import TrainConfig
from lora_demo.training.progress import RunProgress
from lora_demo.training.runs import Run


def summary(run: Run, at_home: bool = False) -> dict:
    """A run in a history: its settings, what it reached, its curve; `at_home` as in `public_command`."""
    progress, config = RunProgress.from_events(run.events()), run.config
    best = progress.best
    first = progress.evaluations[0] if progress.evaluations else None
    return {
        "run": run.id,
        "name": config.adapter_name,
        "state": run.state,
        "settings": _public(config, at_home).to_json(),
        "command": public_command(run, at_home),
        "sweep": run.sweep,
        "trainable": progress.plan.trainable if progress.plan else None,
        "steps": progress.step,
        "base_chrf": first.chrf if first else None,
        "best": {key: getattr(best, key) for key in ("step", "train_loss", "eval_loss", "chrf")}
        if best
        else None,
        "curve": [
            {key: getattr(e, key) for key in ("step", "train_loss", "eval_loss", "chrf")}
            for e in progress.evaluations
        ],
    }


def public_command(run: Run, at_home: bool = False) -> str:
    """The command that repeats a run; of an uploaded file it has the name, not where this machine keeps it.

    Args:
        at_home: it is told to whoever sits at this machine, who may see where the base lies.
    """
    there = (
        f" --on hf-jobs --flavor {run.job['flavor']} --timeout {run.job['timeout']}"
        if run.job
        else ""
    )
    return _public(run.config, at_home).command() + there


def _public(config: TrainConfig, at_home: bool) -> TrainConfig:
    watch = config.watch and public_source(config.watch)
    return replace(
        config,
        base=config.base if at_home else public_source(config.base),
        data=public_source(config.data),
        watch=watch,
    )


def when(run: Run) -> str:
    """20251121-203015-mini-r8 -> 21.11. 20:30"""
    day, clock = (run.id.split("-", 2) + ["", ""])[:2]
    return (
        f"{day[6:8]}.{day[4:6]}. {clock[:2]}:{clock[2:4]}"
        if len(clock) == 6 and clock.isdecimal()
        else ""
    )
