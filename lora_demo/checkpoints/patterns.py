"""Expressions for module paths in PEFT's config, matched in bounded time.

A key is a stranger's regular expression, so the library `regex` matches it, which can time out.
"""

import math
import re
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from lora_demo.language import _

MAX_PATTERNS = 1000
"""Keys of a table; each is matched with each matrix."""
MAX_PATTERN_LENGTH = 2000
MAX_REPEATS = 1000
"""Product of the repeat counts of a key, which the library writes out when it compiles."""
MATCH_SECONDS = 2.0
"""Time for all matches of a table; a table for the largest T5 takes a quarter of it."""

ONLY_IN_REGEX = re.compile(r"\[:|\{[^{}]*[a-z<]")
"""POSIX classes and fuzzy matches of `regex`. PEFT's `re` reads plain characters there."""
NUMBER_IN_BRACES = re.compile(r"\{([\d,\s]*)\}")


def table_problem(patterns: Mapping[str, Any]) -> str | None:
    """Return why a table cannot be matched, or None.

    Args:
        patterns: `rank_pattern` or `alpha_pattern`.
    """
    return pattern_problem(patterns, whole_key)


def pattern_problem(keys: Collection[str], wrap: Callable[[str], str] = str) -> str | None:
    """Return why expressions cannot be matched, or None.

    Args:
        keys: The expressions as the config has them.
        wrap: Makes the expression that PEFT matches out of one of them.
    """
    if len(keys) > MAX_PATTERNS:
        return _(
            "has {count:,} keys, more than the limit of {limit:,}",
            count=len(keys),
            limit=MAX_PATTERNS,
        )
    for key in keys:
        if len(key) > MAX_PATTERN_LENGTH or _repeats(key) > MAX_REPEATS:
            return _(
                "has the key {key!r} ..., which is too long or repeats too often", key=key[:40]
            )
        try:
            re.compile(wrap(key))
        except (re.error, OverflowError, RecursionError):
            return _("has the key {key!r}, which is not a regular expression", key=key[:40])
        if ONLY_IN_REGEX.search(key) or not _is_for_regex(wrap(key)):
            return _("has the key {key!r}, whose syntax Python's re does not have", key=key[:40])
    return None


def _is_for_regex(pattern: str) -> bool:
    import regex

    try:
        regex.compile(pattern)
    except regex.error:
        return False
    return True


def _repeats(key: str) -> int:
    counts = [int(n) for part in NUMBER_IN_BRACES.findall(key) for n in re.findall(r"\d+", part)]
    return math.prod(max(1, count) for count in counts)


def whole_key(key: str) -> str:
    """Return PEFT's expression for a key: it matches the end of a path, at a dot.

    Args:
        key: A regular expression, as `rank_pattern` and `alpha_pattern` have it.
    """
    return rf"(.*\.)?({key})$"


class Patterns:
    """A stranger's expressions, which match paths within `MATCH_SECONDS` in total.

    Args:
        name: The key of `adapter_config.json` that holds them, for the message.
        expressions: Expressions without problems.
    """

    def __init__(self, name: str, expressions: Iterable[str]) -> None:
        import regex

        self._name = name
        self._compiled = [regex.compile(expression) for expression in expressions]
        self._deadline = time.monotonic() + MATCH_SECONDS

    def first(self, path: str, is_whole: bool = False) -> tuple[int, Any] | None:
        """Find the first expression that matches a path from its beginning.

        Args:
            path: A module path.
            is_whole: True if the match must reach the path's end.

        Returns:
            Its number and the match, or None.

        Raises:
            ValueError: If the expressions take too long to match.
        """
        for number, expression in enumerate(self._compiled):
            match = expression.fullmatch if is_whole else expression.match
            left = self._deadline - time.monotonic()
            try:
                found = match(path, timeout=left) if left > 0 else None
            except TimeoutError:
                left = 0
            if left <= 0:
                raise ValueError(
                    _(
                        "The keys of {name} take too long to match. Write them as plain module "
                        "names in adapter_config.json.",
                        name=self._name,
                    )
                )
            if found:
                return number, found
        return None


def match_patterns(
    name: str, patterns: Mapping[str, Any] | None, paths: Iterable[str], default: Any
) -> dict[str, Any]:
    """Look up matrices in a table by PEFT's rule: the first key that matches a path wins.

    Args:
        name: `rank_pattern` or `alpha_pattern`.
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
    values = list(patterns.values())
    keys = Patterns(name, map(whole_key, patterns))
    matches = {path: keys.first(path) for path in paths}
    return {path: values[match[0]] if match else default for path, match in matches.items()}
