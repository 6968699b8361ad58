"""Checks of values that come from files, forms and command lines."""

from typing import Any

MAX_NUMBER = 1e18
"""Limit of `is_number`: JSON allows NaN, infinity and integers of any length."""


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
