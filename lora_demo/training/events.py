"""Events of a run as lines of `events.jsonl`: what each kind holds, and which lines are events at all."""

import json
from collections.abc import Callable, Sequence

LARGEST = 1e18


def is_number(value) -> bool:
    """A finite number; events come from files, and JSON has NaN and integers of any length."""
    return (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and -LARGEST < value < LARGEST
    )


def is_positive(value) -> bool:
    return is_number(value) and value > 0


def is_text(value) -> bool:
    return isinstance(value, str)


def is_loss(value) -> bool:
    """None before the first step."""
    return value is None or is_number(value)


def is_probes(value) -> bool:
    return isinstance(value, list) and all(
        isinstance(probe, dict) and all(map(is_text, map(probe.get, ("de", "reference", "text"))))
        for probe in value
    )


Check = Callable[[object], bool]

FIELDS: dict[str, dict[str, Check]] = {
    "phase": {"phase": is_text, "message": is_text},
    "plan": dict.fromkeys(("total_steps", "percent", "train_pairs", "eval_pairs"), is_number)
    | {"trainable": is_positive},
    "step": dict.fromkeys(
        ("loss", "learning_rate", "tokens_per_second", "seconds_left"), is_number
    ),
    "eval": {"train_loss": is_loss, "eval_loss": is_number, "chrf": is_number, "probes": is_probes},
    "done": {"steps": is_number, "seconds": is_number, "reason": is_text},
    "failed": {"message": is_text},
}
"""What readers of a kind rely on, beside `time` and `step`, which all have."""


ORDER = {"step": 0, "eval": 1, "resume": 2}
"""Of the events that belong to one step."""


def standing(events: Sequence[dict]) -> list[dict]:
    """The events that still hold: steps that a resumed or restarted run does again take the place of what it did before."""
    kept, done = [], []
    for event in events:
        if event["kind"] in ORDER:
            place = (event["step"], ORDER[event["kind"]])
            while done and done[-1][0] >= place:
                kept[done.pop()[1]] = None
            done.append((place, len(kept)))
        kept.append(event)
    return [event for event in kept if event]


def parse_event(line: str) -> dict | None:
    """A line of `events.jsonl`; None if it is no event, or lacks what its kind needs."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(event, dict) or not is_text(event.get("kind")):
        return None
    wanted = {"time": is_number, "step": is_number, **FIELDS.get(event["kind"], {})}
    return (
        event
        if all(
            check(event.get(name, "absent" if check is is_loss else None))
            for name, check in wanted.items()
        )
        else None
    )
