"""Batches that are filled one after the other, also with replayed or varied examples."""

from collections.abc import Callable, Iterator, Sequence
from itertools import count

import numpy as np

from lora_demo.data.encoding import Example
from lora_demo.data.packing import Shape
from lora_demo.training.batches import Batch, make_batch

Rows = list[list[Example]]
Vary = Callable[[Example, np.random.Generator], Example]
"""Makes another version of an example, at most as long as the longest one of the run."""


class MixedBatches:
    """The batches of a run that replays or varies its examples.

    Own and replayed examples each come in shuffled passes of their own. Every batch takes the next
    example of the kind that is behind its share, until one does not fit. So the share of a batch is
    exact to about one sentence, and that of the run is exact. The batches depend on the seed alone,
    so that a resumed run continues exactly.

    Args:
        own: Examples to train on.
        replayed: General examples; may be empty.
        share: Share of the replayed tokens, 0 to below 1.
        shape: Shape of a batch; a row must hold the longest example.
        seed: Seed of the order.
        pad_id: Id of the padding in sources.
        vary: Makes another version of each example that is taken; None to take them as they are.

    Attributes:
        per_epoch: Batches of the first pass over the own examples.
    """

    def __init__(
        self,
        own: Sequence[Example],
        replayed: Sequence[Example],
        share: float,
        shape: Shape,
        seed: int,
        pad_id: int = 0,
        vary: Vary | None = None,
    ) -> None:
        self.own = own
        self.replayed = replayed
        self.vary = vary
        self.share = share
        self.shape = shape
        self.seed = seed
        self.pad_id = pad_id
        self._rows: Rows = []
        self.per_epoch = self._count_batches_of_a_pass()
        self._begin()

    def batch(self, index: int) -> Batch:
        """Return the batch at an index that counts from the beginning of the training.

        Args:
            index: Number of the batch, from 0. All batches before it are made first, so an index
                below the last one takes long.
        """
        if index < self._made - 1:
            self._begin()
        while self._made <= index:
            self._rows = self._fill_rows()
            self._made += 1
        return make_batch(self._rows, self.shape, self.pad_id)

    def _begin(self) -> None:
        self._made = 0
        self._next_own = _Passes(self.own, [self.seed, 0], self.vary)
        self._next_replayed = (
            _Passes(self.replayed, [self.seed, 1], self.vary) if self.replayed else None
        )

    def _fill_rows(self) -> Rows:
        """Take examples of both kinds until the next one fits into no row."""
        rows: Rows = [[] for _ in range(self.shape.rows)]
        rooms = [(self.shape.source, self.shape.target)] * self.shape.rows
        while True:
            passes = self._passes_behind()
            source, target = len(passes.next.source), len(passes.next.target)
            row = _first_with_room(rooms, source, target)
            if row is None:
                return rows
            rooms[row] = rooms[row][0] - source, rooms[row][1] - target
            rows[row].append(passes.take())

    def _passes_behind(self) -> "_Passes":
        """The passes of the kind that is behind its share."""
        own, replayed = self._next_own, self._next_replayed
        if replayed and replayed.tokens < self.share * (replayed.tokens + own.tokens):
            return replayed
        return own

    def _count_batches_of_a_pass(self) -> int:
        self._begin()
        for number in count(1):
            self._fill_rows()
            if self._next_own.taken >= len(self.own):
                return number
        raise AssertionError("every batch takes an example")


class _Passes:
    """Endless shuffled passes over examples.

    Args:
        examples: At least one.
        seed: Seed of the order.
        vary: Makes another version of each example; None to take them as they are.

    Attributes:
        next: The example that `take` returns.
        taken: Number of examples that were taken.
        tokens: Their tokens.
    """

    def __init__(self, examples: Sequence[Example], seed: Sequence[int], vary: Vary | None) -> None:
        self._order = _shuffled_passes(examples, seed, vary)
        self.next = next(self._order)
        self.taken = 0
        self.tokens = 0

    def take(self) -> Example:
        """Take the next example."""
        example = self.next
        self.taken += 1
        self.tokens += len(example.source) + len(example.target)
        self.next = next(self._order)
        return example


def _shuffled_passes(
    examples: Sequence[Example], seed: Sequence[int], vary: Vary | None
) -> Iterator[Example]:
    for number in count():
        random = np.random.default_rng([*seed, number])
        for i in random.permutation(len(examples)).tolist():
            yield vary(examples[i], random) if vary else examples[i]


def _first_with_room(rooms: Sequence[tuple[int, int]], source: int, target: int) -> int | None:
    for row, (source_room, target_room) in enumerate(rooms):
        if source_room >= source and target_room >= target:
            return row
    return None
