"""Limits that the owner of the machine may change by environment variables."""

import os
from collections.abc import Mapping

MAX_LIMIT = 1e9


def read_limit(
    name: str, default: float | None, environment: Mapping[str, str] = os.environ
) -> float | None:
    """Read a limit from an environment variable.

    Args:
        name: The variable.
        default: The limit if the variable is not set; None for no limit.
        environment: All variables.

    Returns:
        The limit; None if the variable is 0, which means no limit.

    Raises:
        ValueError: If the variable is not a number from 0 to below MAX_LIMIT.
    """
    text = environment.get(name, "").strip()
    if not text:
        return default
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not 0 <= number < MAX_LIMIT:
        raise ValueError(
            f"{name} = {text!r} is not a limit. Use a number below {MAX_LIMIT:,.0f}, or 0 for no "
            "limit."
        )
    return number or None
