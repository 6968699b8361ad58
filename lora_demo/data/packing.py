"""Pairs packed into rows: how wide rows are, and which pairs share one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lora_demo.data.encoding import Example

ROW = 96
"""Source tokens of a row, about: in longer ones attention costs more, in shorter ones more is left empty."""
FILLED = 0.93
"""Share of a row that examples fill, as counted on sentences."""
OPEN = 24
"""Rows that an example may still go into."""


@dataclass(frozen=True)
class Shape:
    """Of a batch: its rows, and the tokens of a row's source and target."""

    rows: int
    source: int
    target: int

    @property
    def tokens(self) -> int:
        return self.rows * (self.source + self.target)


def plan_shape(examples: Sequence[Example], pairs: int, devices: int = 1) -> Shape:
    """A shape that holds so many examples on average, and in a row the longest of them; its rows can be shared evenly among devices."""
    sources, targets = ([len(getattr(e, side)) for e in examples] for side in ("source", "target"))
    needs = [pairs * float(np.mean(lengths)) / FILLED for lengths in (sources, targets)]
    row = max(ROW, max(sources), max(targets) * needs[0] / needs[1])
    rows = devices * max(1, round(needs[0] / row / devices))
    return Shape(
        rows,
        *(
            _eights(max(max(lengths), need / rows))
            for lengths, need in zip((sources, targets), needs)
        ),
    )


def _eights(tokens: float) -> int:
    """The next multiple of 8, which processors like."""
    return -(-int(np.ceil(tokens)) // 8) * 8


def pack(examples: Sequence[Example], shape: Shape, most: int, seed: int) -> list[list[int]]:
    """Rows of at most so many examples, by their numbers: in random order each goes into the first open row with room."""
    packed: list[list[int]] = []
    rooms: dict[int, tuple[int, int]] = {}  # of open rows, the oldest first
    for i in np.random.default_rng([seed, 2**31]).permutation(len(examples)).tolist():
        source, target = len(examples[i].source), len(examples[i].target)
        row = next(
            (row for row, room in rooms.items() if room[0] >= source and room[1] >= target), None
        )
        if row is None:
            row, rooms[len(packed)] = len(packed), (shape.source, shape.target)
            packed.append([])
        packed[row].append(i)
        rooms[row] = rooms[row][0] - source, rooms[row][1] - target
        if len(packed[row]) == most or len(rooms) > OPEN:
            del rooms[row if len(packed[row]) == most else next(iter(rooms))]
    return packed
