"""Examples to batches of one shape: several share a row, so that little is padding, and each sees itself alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lora_demo.data.sources import Example

IGNORE = -100
"""The label of a position that does not count, as in transformers."""
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


@dataclass(frozen=True)
class Batch:
    """Arrays of a shape, int32: ids and segments (rows, source), labels and target_segments (rows, target).

    Segments number a row's examples from 1 and are 0 on padding; labels are IGNORE there.
    """

    ids: np.ndarray
    segments: np.ndarray
    labels: np.ndarray
    target_segments: np.ndarray

    @property
    def tokens(self) -> int:
        """Real tokens, source and target."""
        return int((self.segments > 0).sum() + self.targets)

    @property
    def targets(self) -> int:
        """Target tokens, which the loss is averaged over."""
        return int((self.labels != IGNORE).sum())


class Batches:
    """Every epoch's batches, in an order that depends on the seed and the epoch alone, so that a resumed run finds its place.

    Args:
        packed: the examples of each row, as `pack` gives them; they stay together.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        packed: Sequence[Sequence[int]],
        shape: Shape,
        seed: int,
        pad_id: int = 0,
    ):
        self.examples, self.packed, self.shape, self.seed, self.pad_id = (
            examples,
            packed,
            shape,
            seed,
            pad_id,
        )
        self.per_epoch = -(-len(packed) // shape.rows)
        self._epoch, self._order = -1, np.zeros(0, int)

    def batch(self, index: int) -> Batch:
        """The batch that comes `index`-th since the beginning of training."""
        epoch, place = divmod(index, self.per_epoch)
        if epoch != self._epoch:
            self._epoch, self._order = (
                epoch,
                np.random.default_rng([self.seed, epoch]).permutation(len(self.packed)),
            )
        rows = self._order[place * self.shape.rows : (place + 1) * self.shape.rows]
        return make_batch(
            [[self.examples[i] for i in self.packed[row]] for row in rows], self.shape, self.pad_id
        )


def make_batch(rows: Sequence[Sequence[Example]], shape: Shape, pad_id: int = 0) -> Batch:
    """A batch with the examples of each row one after the other; rows that are missing count nothing."""
    ids, labels = (
        np.full((shape.rows, shape.source), pad_id, "int32"),
        np.full((shape.rows, shape.target), IGNORE, "int32"),
    )
    segments, target_segments = np.zeros_like(ids), np.zeros_like(labels)
    for row, examples in enumerate(rows):
        for arrays, side in (((ids, segments), "source"), ((labels, target_segments), "target")):
            sequences = [getattr(example, side) for example in examples]
            for array, values in zip(
                arrays,
                (
                    np.concatenate(sequences),
                    np.repeat(np.arange(len(sequences)) + 1, [len(s) for s in sequences]),
                ),
            ):
                array[row, : len(values)] = values
    return Batch(ids, segments, labels, target_segments)
