"""Strengths of the adapters of a comparison: factors on their updates."""

from collections.abc import Sequence
from reprlib import repr
from typing import Any

from lora_demo.language import _
from lora_demo.model.checks import is_number
from lora_demo.service.adapter_library import MAX_CHOSEN

MAX_STRENGTH = 2


def check_strengths(values: Sequence[float], count: int) -> list[float]:
    """Check the strengths of the chosen adapters.

    Args:
        values: One for each adapter, from 0 to 2; all 1 if empty.
        count: Number of adapters.

    Raises:
        ValueError: If there are too few or too many values, or one is out of range.
    """
    values = list(values) or [1.0] * count
    if len(values) != count or not all(_is_strength(value) for value in values):
        raise ValueError(
            _(
                "strengths = {values} (must be a number from 0 to {max_strength} for each "
                "adapter, {count} in total; 0 is the base).",
                values=repr(values),
                count=count,
                max_strength=MAX_STRENGTH,
            )
        )
    return [float(value) for value in values]


def _is_strength(value: Any) -> bool:
    return is_number(value, 0, MAX_STRENGTH)


def carry_strengths(
    previous: Sequence[str], values: Sequence[float], chosen: Sequence[str]
) -> list[float]:
    """Give each chosen adapter the strength that it had before, or 1 if it is new.

    Args:
        previous: Ids of the adapters that were chosen before.
        values: Their strengths.
        chosen: Ids of the adapters that are chosen now.

    Returns:
        One strength for each slider, that is for `MAX_CHOSEN` adapters.
    """
    before = dict(zip(previous, values, strict=False))
    strengths = [before.get(id, 1.0) for id in chosen[:MAX_CHOSEN]]
    return strengths + [1.0] * (MAX_CHOSEN - len(strengths))
