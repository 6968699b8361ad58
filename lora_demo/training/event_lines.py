"""Read the events of a run from the JSON lines of its `events.jsonl`."""

import json
from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from typing import Any

from lora_demo.model.checks import is_number, is_whole
from lora_demo.training.events import EVENTS, EvalEvent, Event, PlanEvent, Probe

Check = Callable[[object], bool]
"""Checks a value that comes from a file."""


def parse_event(line: str) -> Event | None:
    """Parse a line of `events.jsonl`.

    Args:
        line: One JSON document.

    Returns:
        The event, or None for a line that is not a valid event of a known kind.
    """
    try:
        return event_from_json(json.loads(line))
    except (ValueError, RecursionError):
        return None


def event_from_json(document: object) -> Event | None:
    """Build an event from its JSON form; None if it is not one.

    Events come from files that a visitor may have written, and JSON has NaN and integers of any
    length, so each value is checked. Keys that are not known are dropped.

    Args:
        document: Any parsed JSON value.
    """
    if not isinstance(document, dict):
        return None
    kind = document.get("kind")
    event_type = EVENTS.get(kind) if isinstance(kind, str) else None
    if event_type is None:
        return None
    values: dict[str, Any] = {}
    for entry in fields(event_type):
        if entry.name in document:
            if not _CHECKS[entry.type](document[entry.name]):
                return None
            values[entry.name] = document[entry.name]
        elif _is_required(entry):
            return None
    if event_type is EvalEvent:
        values["probes"] = tuple(_parse_probe(probe) for probe in values["probes"])
    if event_type is PlanEvent and values["trainable"] <= 0:
        return None
    return event_type(**values)


def _is_required(entry: "Field[Any]") -> bool:
    return entry.default is MISSING and entry.default_factory is MISSING


def _parse_probe(probe: dict[str, str]) -> Probe:
    return Probe(probe["de"], probe["reference"], probe["text"])


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _or_none(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _is_shape(value: object) -> bool:
    return isinstance(value, dict) and all(map(is_whole, value.values()))


def _are_probes(value: object) -> bool:
    return isinstance(value, (list, tuple)) and all(map(_is_probe, value))


def _is_probe(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    return all(_is_text(value.get(entry.name)) for entry in fields(Probe))


_CHECKS: dict[Any, Check] = {
    int: is_whole,
    float: is_number,
    str: _is_text,
    bool: _is_flag,
    bool | None: _or_none(_is_flag),
    int | None: _or_none(is_whole),
    float | None: _or_none(is_number),
    str | None: _or_none(_is_text),
    dict[str, int]: _is_shape,
    tuple[Probe, ...]: _are_probes,
}
"""The check of a value that comes from a file, by the type of its field."""
