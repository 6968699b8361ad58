"""Events of a run inside a Job: one line of its log each, after a marker."""

from lora_demo.training.event_lines import parse_event
from lora_demo.training.events import Event, FailedEvent, now

MARKER = "@event "
"""The beginning of a line that holds an event; other lines are for people."""


def failure_event(message: str, reason: str | None = None) -> FailedEvent:
    """Return the event of a failure outside of the training itself.

    Args:
        message: The cause in one sentence.
        reason: `failed` or `cancelled`, as the app knows it of a Job; None inside the Job.
    """
    return FailedEvent(time=now(), step=0, message=message, reason=reason)


def print_event(event: Event) -> None:
    """Print an event as a line of the log.

    Args:
        event: Any event; `parse_line` reads its line.
    """
    print(MARKER + event.to_line(), end="", flush=True)


def parse_line(line: str) -> Event | None:
    """Parse a line of the log.

    Args:
        line: A line that begins with `MARKER`.

    Returns:
        The event; None if the line holds none.
    """
    return parse_event(line.removeprefix(MARKER))
