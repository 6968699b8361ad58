"""PEFT's tables from patterns of module paths to numbers, matched in bounded time.

A key is a stranger's regular expression, so the library `regex` matches it, which can time out.
"""

import math
import re
import time
from collections.abc import Iterable, Mapping
from typing import Any

from lora_demo.language import _

MAX_PATTERNS = 1000
"""Keys of a table; each is matched with each matrix."""
MAX_PATTERN_LENGTH = 2000
MAX_REPEATS = 1000
"""Product of the repeat counts of a key, which the library writes out when it compiles."""
MATCH_SECONDS = 2.0
"""Time for all matches of a table; a table for the largest T5 takes a quarter of it."""

NUMBER_IN_BRACES = re.compile(r"\{([\d,\s]*)\}")


def pattern_problem(patterns: Mapping[str, Any]) -> str | None:
    """Return why a table cannot be matched, or None.

    Args:
        patterns: `rank_pattern` or `alpha_pattern`.
    """
    if len(patterns) > MAX_PATTERNS:
        return _(
            "has {count:,} keys, more than the limit of {limit:,}",
            count=len(patterns),
            limit=MAX_PATTERNS,
        )
    for key in patterns:
        if len(key) > MAX_PATTERN_LENGTH or _repeats(key) > MAX_REPEATS:
            return _(
                "has the key {key!r} ..., which is too long or repeats too often", key=key[:40]
            )
        try:
            re.compile(_whole(key))
        except (re.error, OverflowError, RecursionError):
            return _("has the key {key!r}, which is not a regular expression", key=key[:40])
    return None


def _repeats(key: str) -> int:
    counts = [int(n) for part in NUMBER_IN_BRACES.findall(key) for n in re.findall(r"\d+", part)]
    return math.prod(max(1, count) for count in counts)


def _whole(key: str) -> str:
    """Return PEFT's expression for a key: it matches the end of a path, at a dot."""
    return rf"(.*\.)?({key})$"


def match_patterns(
    patterns: Mapping[str, Any] | None, paths: Iterable[str], default: Any
) -> dict[str, Any]:
    """Look up matrices in a table by PEFT's rule: the first key that matches a path wins.

    Args:
        patterns: A table without problems.
        paths: T5's module paths.
        default: The value of a path that no key matches.

    Returns:
        The value of each path.

    Raises:
        ValueError: If the keys take too long to match.
    """
    paths = list(paths)
    if not patterns:
        return dict.fromkeys(paths, default)
    import regex

    compiled = [(regex.compile(_whole(key)), value) for key, value in patterns.items()]
    deadline = time.monotonic() + MATCH_SECONDS
    found = dict.fromkeys(paths, default)
    for path in paths:
        for expression, value in compiled:
            left = deadline - time.monotonic()
            try:
                is_match = left > 0 and expression.match(path, timeout=left)
            except TimeoutError:
                left = 0
            if left <= 0:
                raise ValueError(
                    _(
                        "The keys of alpha_pattern take too long to match. Write them as plain "
                        "module names in adapter_config.json."
                    )
                )
            if is_match:
                found[path] = value
                break
    return found
