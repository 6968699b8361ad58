"""Events of a run inside a Job: one line of its log each, after a marker."""

import json
import time
from typing import Any

from lora_demo.training.events import parse_event

MARKER = "@event "
"""The beginning of a line that holds an event; other lines are for people."""


def make_event(kind: str, **values: Any) -> dict[str, Any]:
    """Make an event that happens now, before the first step of the run."""
    return {"time": round(time.time(), 3), "step": 0, "kind": kind, **values}


def print_event(event: dict[str, Any]) -> None:
    """Print an event as a line of the log."""
    print(MARKER + json.dumps(event, ensure_ascii=False), flush=True)


def parse_line(line: str) -> dict[str, Any] | None:
    """Parse a line of the log.

    Args:
        line: A line that begins with `MARKER`.

    Returns:
        The event; None if the line holds none.
    """
    return parse_event(line.removeprefix(MARKER))
