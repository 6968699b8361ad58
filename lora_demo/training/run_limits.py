"""Limits of a training process that its owner may change by environment variables."""

import os

MAX_LIMIT = 1e9


def read_limit(name: str, default: float | None) -> float | None:
    """Read a limit from an environment variable.

    Args:
        name: the variable.
        default: the limit if it is not set; None for none.

    Returns:
        The limit, or None for none, which the variable says by 0.

    Raises:
        ValueError: if the variable is not a number.
    """
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not 0 <= number < MAX_LIMIT:
        raise ValueError(f"{name} = {text!r} is not a limit. Use a number, or 0 for no limit.")
    return number or None
