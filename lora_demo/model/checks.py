"""Checks of values that come from files, forms and command lines.

`is_...` answers yes or no. `..._problem` returns a phrase for an error message, or None
for a valid value. A caller collects the problems of all its fields and raises one error for all.

Example:
    >>> whole_problem("rank", 0, 1, 256)
    'rank = 0 (must be a whole number from 1 to 256)'
"""

import re
from collections.abc import Collection, Iterable
from reprlib import repr
from typing import Any

from lora_demo.model.messages import _

MAX_NUMBER = 1e18
"""Limit of `is_number`: JSON allows NaN, infinity and integers of any length."""
MAX_TEXT = 4000
"""Characters of a path or an id."""
CONTROL = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
"""Control characters and lone surrogates, which no path or id holds."""


def is_number(value: Any, low: float = -MAX_NUMBER, high: float = MAX_NUMBER) -> bool:
    """Check that a value is a finite number in a range; booleans are not numbers.

    Args:
        value: Any value, for example from JSON.
        low: Smallest allowed number.
        high: Largest allowed number.

    Returns:
        True for an int or float with low <= value <= high; False for NaN and infinity.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return low <= value <= high


def is_whole(value: Any, low: float = -MAX_NUMBER, high: float = MAX_NUMBER) -> bool:
    """Check that a value is an int in a range; booleans and floats such as 2.0 are not.

    Args:
        value: Any value, for example from JSON.
        low: Smallest allowed number.
        high: Largest allowed number.

    Returns:
        True for an int with low <= value <= high.
    """
    return isinstance(value, int) and is_number(value, low, high)


def problem(name: str, value: object, requirement: str) -> str:
    """Return a phrase with an argument's name, its value (shortened) and what it must be.

    Args:
        name: Name of the argument.
        value: Its value, of any type.
        requirement: The allowed values in the reader's language, such as `a text`.
    """
    return _(
        "{name} = {value} (must be {requirement})",
        name=name,
        # Numbers are written as in the reader's language.
        value=value if isinstance(value, float) else repr(value),
        requirement=requirement,
    )


def whole_problem(name: str, value: object, low: int, high: int) -> str | None:
    """Return a problem unless the value is an int from `low` to `high`.

    Args:
        name: Name of the value, for the message.
        value: Any value, for example from JSON.
        low: Smallest allowed number.
        high: Largest allowed number.
    """
    requirement = _("a whole number from {low} to {high}", low=low, high=high)
    return None if is_whole(value, low, high) else problem(name, value, requirement)


def number_problem(name: str, value: object, low: float, high: float) -> str | None:
    """Return a problem unless the value is a finite number from `low` to `high`.

    Args:
        name: Name of the value, for the message.
        value: Any value, for example from JSON.
        low: Smallest allowed number.
        high: Largest allowed number.
    """
    requirement = _("a number from {low:g} to {high:g}", low=low, high=high)
    return None if is_number(value, low, high) else problem(name, value, requirement)


def choice_problem(name: str, value: object, allowed: Collection[str]) -> str | None:
    """Return a problem unless the value is one of a few texts.

    Args:
        name: Name of the value, for the message.
        value: Any value, for example from JSON.
        allowed: The texts, in the order in which the message lists them.
    """
    if isinstance(value, str) and value in allowed:
        return None
    return problem(name, value, _("one of {choices}", choices=", ".join(allowed)))


def flag_problem(name: str, value: object) -> str | None:
    """Return a problem unless the value is a bool.

    Args:
        name: Name of the value, for the message.
        value: Any value, for example from JSON.
    """
    return None if isinstance(value, bool) else problem(name, value, _("true or false"))


def text_problem(name: str, value: object) -> str | None:
    """Return a problem unless the value is a text that can be a path or an id.

    Args:
        name: Name of the value, for the message.
        value: Any value, for example from JSON.
    """
    is_short_text = isinstance(value, str) and value.strip() and len(value) <= MAX_TEXT
    if is_short_text and not CONTROL.search(str(value)):
        return None
    return problem(name, value, _("a text"))


def unknown_keys_problem(keys: Iterable[object], known: Collection[str]) -> str | None:
    """Return a problem that names the keys that are not known, or None if all are.

    Args:
        keys: Keys of a document; at most ten unknown ones are named.
        known: All allowed keys.
    """
    unknown = sorted(repr(key) for key in set(keys) - set(known))
    if not unknown:
        return None
    return _(
        "unknown {unknown}; allowed: {known}",
        unknown=", ".join(unknown[:10]),
        known=", ".join(sorted(known)),
    )


def to_whole(value: Any) -> Any:
    """Convert 8.0 and "8" to 8, since every number of a web form is a float or a text.

    Anything else is returned unchanged, so that a check can refuse it by name.

    Args:
        value: Any value, for example from a form.
    """
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def check_whole(name: str, value: Any, low: int, high: int) -> int:
    """Return a value as an int, if it is a whole number in a range.

    Args:
        name: Name of the value, for the message.
        value: Any value, for example from a form; see `to_whole`.
        low: Smallest allowed number.
        high: Largest allowed number.

    Raises:
        ValueError: If the value is something else, or out of range.
    """
    number = to_whole(value)
    found = whole_problem(name, number, low, high)
    if found:
        raise ValueError(f"{found}.")
    return int(number)
