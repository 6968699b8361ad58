"""Limits on how often the process of the model starts again after it ended."""

import time

from lora_demo.language import N_

MAX_RESTARTS = 3
WINDOW_SECONDS = 600.0
PAUSES_SECONDS = (0.0, 2.0, 10.0)
"""Pauses before the first, second and each further start in a window."""
STARTS_AGAIN = N_("It is starting again. Try again in a minute, with less text if it stops again.")
GIVES_UP = N_(
    "The model stopped several times, so it does not start again. The owner of this page must "
    "look at the server log and restart the app."
)


class Restarts:
    """Decides from the recent ends of a process when and whether it starts again."""

    def __init__(self) -> None:
        self._ends: list[float] = []

    @property
    def pause(self) -> float:
        """Seconds to wait before the next start."""
        start = max(len(self._ends), 1)
        return PAUSES_SECONDS[min(start, len(PAUSES_SECONDS)) - 1]

    @property
    def ended_too_often(self) -> bool:
        """True if the process has ended too often to start again."""
        return len(self._ends) > MAX_RESTARTS

    def record(self) -> str:
        """Record an end.

        Returns:
            A sentence that says what happens next.
        """
        now = time.monotonic()
        self._ends = [end for end in self._ends if now - end < WINDOW_SECONDS]
        self._ends.append(now)
        return GIVES_UP if self.ended_too_often else STARTS_AGAIN
