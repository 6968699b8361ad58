"""The status of a run as JSON for clients."""

from typing import Any

from lora_demo.service.run_history import public_command
from lora_demo.training.parent import find_copy
from lora_demo.training.progress import RunProgress
from lora_demo.training.run import BUSY, Run

NO_RUN: dict[str, Any] = {
    "run": None,
    "state": "none",
    "message": "",
    "adapter": None,
    "command": None,
    "events": [],
    "sweep": [],
    "job": None,
    "parent": None,
    "everyday": None,
}
"""Status of a visitor without runs."""


def run_status(run: Run, message: str, after: int, show_paths: bool) -> dict[str, Any]:
    """Describe a run.

    Args:
        run: A run.
        message: A sentence about its state for a reader.
        after: Number of events to leave out, because the client has them.
        show_paths: As in `public_command`.

    Returns:
        State, message, events, adapter, command, parent and everyday scores of the run.
    """
    state, events = run.state, run.events()
    has_adapter = run.adapter and state not in BUSY
    copy = find_copy(run.folder)
    return {
        "run": run.id,
        "state": state,
        "message": message,
        "adapter": f"run-{run.id}" if has_adapter else None,
        "command": public_command(run, show_paths),
        "events": [event.to_json() for event in run.events(after)],
        "sweep": run.sweep,
        "job": run.job,
        "parent": copy.name if copy else None,
        "everyday": _everyday(RunProgress.from_events(events)),
    }


def _everyday(progress: RunProgress) -> dict[str, Any] | None:
    """The scores on everyday sentences; None before the first evaluation."""
    best = progress.best
    if best is None or best.everyday_chrf is None:
        return None
    start = progress.evaluations[0]
    has_parent = start.base_everyday_chrf is not None
    return {
        "start_chrf": start.everyday_chrf,
        "base_chrf": start.base_everyday_chrf if has_parent else start.everyday_chrf,
        "chrf": best.everyday_chrf,
        "p": best.everyday_p,
        "forgetting": progress.forgetting,
    }
