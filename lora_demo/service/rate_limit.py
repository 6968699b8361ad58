"""How often somebody may ask, counted over a while."""

import time
from collections.abc import Callable

MOST_KNOWN = 10_000


class TooOften(ValueError):
    """More was asked than may be for now."""


class Meter:
    """Lets everybody do so many things in so many seconds, all at once or one by one (a token bucket each)."""

    def __init__(self, most: float, seconds: float, now: Callable[[], float] = time.monotonic):
        self.most, self.seconds, self._now = most, seconds, now
        self._left: dict[str, tuple[float, float]] = {}

    def count(self, who: str, what: str, amount: float = 1):
        """Raises TooOften if `who` has none left."""
        now = self._now()
        left, since = self._left.pop(who, (self.most, now))
        left = min(self.most, left + (now - since) * self.most / self.seconds)
        if left < amount:
            self._left[who] = (left, now)
            raise TooOften(
                f"Too many {what} in a short time: wait {max(1, round((amount - left) * self.seconds / self.most))} s."
            )
        self._left[who] = (left - amount, now)
        if len(self._left) > MOST_KNOWN:
            self._left.pop(next(iter(self._left)))
