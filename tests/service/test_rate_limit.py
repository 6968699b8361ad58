"""Promise: a rate limit holds for each key alone and refills with time."""

import pytest

from lora_demo.service import rate_limit
from lora_demo.service.rate_limit import RateLimiter, RateLimitError


def test_tokens_refill_with_time():
    time = [0.0]
    limiter = RateLimiter(2, 10, lambda: time[0])
    for key in ("one", "one", "other"):
        limiter.count(key, "calls")
    with pytest.raises(RateLimitError, match=r"Too many calls in a short time. Try again in 5 s\."):
        limiter.count("one", "calls")
    time[0] = 5.0
    limiter.count("one", "calls")
    with pytest.raises(RateLimitError):
        limiter.count("one", "calls")


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(rate_limit, "MAX_BUCKETS", 3)
    limiter = RateLimiter(1, 10, lambda: 0.0)
    for number in range(9):
        limiter.count(str(number), "calls")
    assert len(limiter._buckets) == 3
