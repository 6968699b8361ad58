"""Examples to batches of one shape: several share a row, and each attends to itself alone.

Axes: B rows of the batch, S source tokens of a row, T target tokens of a row.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lora_demo.data.encoding import Example
from lora_demo.data.packing import Shape

Array = np.ndarray[Any, np.dtype[np.int32]]
IGNORE = -100
"""The label of a position that does not count, as in transformers."""


@dataclass(frozen=True)
class Batch:
    """The arrays of a batch, int32.

    Args:
        ids: Source ids (B, S), padded.
        segments: Number of each token's example in its row, from 1, and 0 on padding (B, S).
        labels: Target ids (B, T), IGNORE on padding.
        target_segments: As `segments`, for the targets (B, T).
    """

    ids: Array
    segments: Array
    labels: Array
    target_segments: Array

    @property
    def tokens(self) -> int:
        """Real tokens, source and target."""
        return int((self.segments > 0).sum() + self.targets)

    @property
    def targets(self) -> int:
        """Target tokens, over which the loss is averaged."""
        return int((self.labels != IGNORE).sum())


class Batches:
    """The batches of every epoch.

    Their order depends on the seed and the epoch alone, so that a resumed run continues exactly.

    Args:
        examples: All examples.
        packed: The indices of each row's examples, as `pack` returns them; they stay together.
        shape: Shape of a batch.
        seed: Seed of the order.
        pad_id: Id of the padding in sources.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        packed: Sequence[Sequence[int]],
        shape: Shape,
        seed: int,
        pad_id: int = 0,
    ) -> None:
        self.examples = examples
        self.packed = packed
        self.shape = shape
        self.seed = seed
        self.pad_id = pad_id
        self.per_epoch = math.ceil(len(packed) / shape.rows)
        self._epoch = -1
        self._order = np.zeros(0, int)

    def batch(self, index: int) -> Batch:
        """Return the batch at an index that counts from the beginning of the training.

        Args:
            index: Number of the batch, from 0, over all epochs.
        """
        epoch, place = divmod(index, self.per_epoch)
        if epoch != self._epoch:
            self._epoch = epoch
            random = np.random.default_rng([self.seed, epoch])
            self._order = random.permutation(len(self.packed))
        first = place * self.shape.rows
        rows = self._order[first : first + self.shape.rows]
        examples = [[self.examples[i] for i in self.packed[row]] for row in rows]
        return make_batch(examples, self.shape, self.pad_id)


def make_batch(rows: Sequence[Sequence[Example]], shape: Shape, pad_id: int = 0) -> Batch:
    """Make a batch with the examples of each row one after the other.

    Args:
        rows: The examples of each row, at most `shape.rows`; missing rows are padding.
        shape: Shape of the batch.
        pad_id: Id of the padding in sources.

    Returns:
        The batch.
    """
    ids = np.full((shape.rows, shape.source), pad_id, "int32")
    labels = np.full((shape.rows, shape.target), IGNORE, "int32")
    segments, target_segments = np.zeros_like(ids), np.zeros_like(labels)
    for row, examples in enumerate(rows):
        _fill(ids[row], segments[row], [example.source for example in examples])
        _fill(labels[row], target_segments[row], [example.target for example in examples])
    return Batch(ids, segments, labels, target_segments)


def _fill(tokens: Array, segments: Array, sequences: Sequence[Sequence[int]]) -> None:
    """Write sequences into a row, one after the other, with their numbers from 1."""
    start = 0
    for number, sequence in enumerate(sequences, 1):
        end = start + len(sequence)
        tokens[start:end] = sequence
        segments[start:end] = number
        start = end
