"""Packing of pairs into rows: the width of rows, and the pairs that share one."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lora_demo.data.encoding import Example

ROW_TOKENS = 96
"""Typical source tokens of a row: attention costs more in longer rows, padding in shorter ones."""
FILLED_SHARE = 0.93
"""Share of a row that examples fill, measured on sentences."""
MAX_OPEN_ROWS = 24
"""Rows to which examples are added at a time."""


@dataclass(frozen=True)
class Shape:
    """Shape of a batch.

    Args:
        rows: Number of rows in the batch.
        source: Tokens of a row's source side.
        target: Tokens of a row's target side.
    """

    rows: int
    source: int
    target: int

    @property
    def tokens(self) -> int:
        """Tokens that a batch computes, padding included."""
        return self.rows * (self.source + self.target)


def plan_shape(
    examples: Sequence[Example],
    pairs: int,
    devices: int = 1,
    weights: Sequence[float] | None = None,
) -> Shape:
    """Plan a shape that holds the longest example in a row.

    Args:
        examples: The examples to pack.
        pairs: Mean number of them in a batch.
        devices: Number of devices, among which the rows can be shared evenly.
        weights: Relative frequency of each example; None for equal frequencies.

    Returns:
        The shape, whose sides are multiples of 8.
    """
    sources = [len(example.source) for example in examples]
    targets = [len(example.target) for example in examples]
    source_need = pairs * float(np.average(sources, weights=weights)) / FILLED_SHARE
    target_need = pairs * float(np.average(targets, weights=weights)) / FILLED_SHARE
    row_tokens = max(ROW_TOKENS, max(sources), max(targets) * source_need / target_need)
    rows = devices * max(1, round(source_need / row_tokens / devices))
    return Shape(
        rows,
        _next_multiple_of_8(max(max(sources), source_need / rows)),
        _next_multiple_of_8(max(max(targets), target_need / rows)),
    )


def pack(
    examples: Sequence[Example], shape: Shape, max_examples: int, seed: int
) -> list[list[int]]:
    """Pack examples into rows: in random order, each into the first open row with room.

    Args:
        examples: The examples to pack.
        shape: Shape of a batch.
        max_examples: Largest number of examples in a row.
        seed: Seed of the order.

    Returns:
        For each row the indices of its examples.
    """
    packed: list[list[int]] = []
    rooms: dict[int, tuple[int, int]] = {}  # source and target tokens left in each open row
    order = np.random.default_rng([seed, 2**31]).permutation(len(examples)).tolist()
    for i in order:
        source, target = len(examples[i].source), len(examples[i].target)
        row = _first_fit(rooms, source, target)
        if row is None:
            row = len(packed)
            rooms[row] = (shape.source, shape.target)
            packed.append([])
        packed[row].append(i)
        source_room, target_room = rooms[row]
        rooms[row] = source_room - source, target_room - target
        if len(packed[row]) == max_examples:
            del rooms[row]
        elif len(rooms) > MAX_OPEN_ROWS:
            del rooms[next(iter(rooms))]  # the oldest one
    return packed


def _first_fit(rooms: dict[int, tuple[int, int]], source: int, target: int) -> int | None:
    for row, (source_room, target_room) in rooms.items():
        if source_room >= source and target_room >= target:
            return row
    return None


def _next_multiple_of_8(tokens: float) -> int:
    return math.ceil(math.ceil(tokens) / 8) * 8
