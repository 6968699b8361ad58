"""Runs that were recorded for the lessons, and the settings that record them again.

A recording is the `events.jsonl` of a run of `train`, in `assets/lessons/NAME/`, without the events
of single updates where no lesson draws them. Where these files are missing, the page shows the
lesson without its recordings.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import lora_demo.assets
from lora_demo.checkpoints.embedded import EMBEDDED
from lora_demo.training.config import TrainConfig
from lora_demo.training.event_lines import parse_event
from lora_demo.training.events import EvalEvent
from lora_demo.training.progress import RunProgress
from lora_demo.training.settings import make_config

FOLDER = Path(lora_demo.assets.__file__).parent / "lessons"
EVENTS = "events.jsonl"
STEPS = 400
EVALUATIONS = 20
"""Evaluations of a recording, one for each position of the slider."""


def recorded_config(**settings: Any) -> TrainConfig:
    """Return the settings of a recording, which are also those of "Train this yourself".

    Args:
        settings: Those that differ from the common ones. Alpha is twice the rank by default.
    """
    common = {"base": EMBEDDED, "data": "builtin:recipes", "targets": "all-linear", "rank": 8}
    length = {"steps": STEPS, "eval_every": STEPS // EVALUATIONS}
    return make_config({**common, **length, **settings})


RECORDINGS: Mapping[str, TrainConfig] = {
    "rank-4": recorded_config(rank=4),
    "rank-8": recorded_config(),
    "rank-16": recorded_config(rank=16),
    "few-pairs": recorded_config(rank=16, max_pairs=160),
    "recipes-only": recorded_config(parent="mini-r8"),
    "replay": recorded_config(parent="mini-r8", replay=0.5),
    "rate-low": recorded_config(learning_rate=1e-4),
    "rate-high": recorded_config(learning_rate=5e-2),
    "batch-4": recorded_config(batch_size=4),
    "batch-64": recorded_config(batch_size=64),
}
"""The settings of each recorded run, by its name, which is also the name of its folder."""


def recording_command(name: str) -> str:
    """Return the command line that records a run.

    Args:
        name: One of `RECORDINGS`.
    """
    return f"{RECORDINGS[name].command()} --output runs/lessons/{name}"


def read_recording(name: str, folder: Path = FOLDER) -> RunProgress | None:
    """Read a recorded run.

    Args:
        name: One of `RECORDINGS`.
        folder: Folder of all recordings.

    Returns:
        The run, or None if it was not recorded or has no evaluation.
    """
    file = folder / name / EVENTS
    if not file.is_file():
        return None
    lines = file.read_text(encoding="utf-8").splitlines()
    progress = RunProgress.from_events(filter(None, map(parse_event, lines)))
    return progress if progress.evaluations else None


def read_recordings(folder: Path = FOLDER) -> dict[str, RunProgress]:
    """Read every recorded run that there is, by name.

    Args:
        folder: Folder of all recordings.
    """
    found = {name: read_recording(name, folder) for name in RECORDINGS}
    return {name: progress for name, progress in found.items() if progress}


def evaluated_steps(runs: Iterable[RunProgress]) -> list[int]:
    """List the steps at which any of the runs was evaluated, in rising order.

    Args:
        runs: The runs that one drawing shows.
    """
    return sorted({event.step for run in runs for event in run.evaluations})


def evaluation_at(run: RunProgress, step: int) -> EvalEvent:
    """Return a run's last evaluation up to a step; its first one if there is none.

    Args:
        run: With at least one evaluation.
        step: A training step.
    """
    past = [event for event in run.evaluations if event.step <= step]
    return past[-1] if past else run.evaluations[0]
