"""Limits on the rate of actions."""

import time
from collections.abc import Callable

from lora_demo.language import _

MAX_BUCKETS = 10_000
"""Number of buckets that are kept, the last used ones; for other keys, counting starts again."""


class RateLimitError(ValueError):
    """Too many actions in a period; the message says how long to wait."""


class RateLimiter:
    """A token bucket for each key: it holds `limit` tokens and refills within `seconds`.

    Args:
        limit: Number of actions that are allowed in a period.
        seconds: The length of the period.
        now: Returns the time in seconds; tests replace it.
    """

    def __init__(
        self, limit: float, seconds: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.limit = limit
        self.seconds = seconds
        self._now = now
        self._buckets: dict[str, tuple[float, float]] = {}

    def count(self, key: str, noun: str, amount: float = 1) -> None:
        """Count an action.

        Args:
            key: Who acts, such as a network address.
            noun: Noun for the message, such as "files", in English.
            amount: Number of tokens that the action takes.

        Raises:
            RateLimitError: If too few tokens are left; the action is not counted then.
        """
        now = self._now()
        tokens, since = self._buckets.pop(key, (self.limit, now))
        tokens = min(self.limit, tokens + (now - since) * self.limit / self.seconds)
        is_allowed = tokens >= amount
        self._buckets[key] = (tokens - amount if is_allowed else tokens, now)
        if len(self._buckets) > MAX_BUCKETS:
            oldest = next(iter(self._buckets))
            del self._buckets[oldest]
        if not is_allowed:
            wait = max(1, round((amount - tokens) * self.seconds / self.limit))
            raise RateLimitError(
                _(
                    "Too many {noun} in a short time. Try again in {wait} s.",
                    noun=_(noun),
                    wait=wait,
                )
            )
