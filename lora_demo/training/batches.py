"""Examples to batches of one shape: several share a row, so that little is padding, and each sees itself alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lora_demo.data.encoding import Example
from lora_demo.data.packing import Shape

IGNORE = -100
"""The label of a position that does not count, as in transformers."""


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
