"""Rows of token ids that are decoded together, and how they are padded to a program's sizes.

Axes: B batch, S source.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from lora_demo.model.config import T5Config
from lora_demo.model.programs import ROWS, Program, round_up

MAX_ROW_RATIO = 1.1
"""Rows of separate batches, with padding, for each row of mixed ones: up to here, separate them."""

Item = TypeVar("Item")


@dataclass(frozen=True)
class Batch:
    """Rows that are translated together.

    Args:
        sources: Token ids of each row, with its end token.
        slots: The adapter of each row. None: the base alone.
        strengths: Factor of each row's adapter.
        ranks: Components that each row uses of its adapter. None: all of them.
    """

    sources: Sequence[Sequence[int]]
    slots: Sequence[int] | None
    strengths: Sequence[float]
    ranks: Sequence[int] | None

    @property
    def same_slot(self) -> bool:
        """True if all rows have the same adapter; False for the base alone."""
        return len(set(self.slots or [])) == 1

    def parts(self, size: int) -> Iterator["Batch"]:
        """Cut the batch into smaller ones, in its order.

        Args:
            size: Largest number of rows.
        """
        for start in range(0, len(self.sources), size):
            rows = slice(start, start + size)
            yield Batch(
                self.sources[rows],
                None if self.slots is None else self.slots[rows],
                self.strengths[rows],
                None if self.ranks is None else self.ranks[rows],
            )

    def arguments(
        self, program: Program, config: T5Config, limit: int, length_penalty: float
    ) -> Sequence[Any]:
        """Return the arguments of a program's search, padded to its sizes.

        Args:
            program: One that is large enough for the batch.
            config: The model's config.
            limit: Largest number of tokens of a result.
            length_penalty: As for `decoding.beam_search`.
        """
        slots = self.slots or [0]
        return (
            *_pad_sources(self.sources, program, config),
            np.array(slots[0] if program.one_slot else _fill(slots, program.rows), "int32"),
            np.array(_fill(self.strengths, program.rows), "float32"),
            np.array(_fill(self.ranks or [0], program.rows), "int32"),
            np.int32(limit),
            np.float32(length_penalty),
        )


def cut_into_batches(
    order: Sequence[int],
    slots: Sequence[int] | None,
    max_rows: int,
    sizes: Sequence[int] = ROWS,
) -> list[Sequence[int]]:
    """Cut rows into batches, each of which is padded to one of `sizes`.

    The rows of each slot get batches of their own if one batch is not enough and this adds few rows
    of padding. Then one product multiplies all rows by the slot's matrices, and no row waits for
    those of another adapter.

    Args:
        order: Indices of the rows.
        slots: The adapter of each row. None: the base alone.
        max_rows: Largest batch.
        sizes: Sizes that batches are padded to.

    Returns:
        The indices of each batch.
    """
    mixed = _cut([order], max_rows)
    if not slots or len(mixed) == 1:
        return mixed
    groups = [[i for i in order if slots[i] == slot] for slot in dict.fromkeys(slots)]
    separate = _cut(groups, max_rows)
    if _padded_rows(separate, sizes) <= MAX_ROW_RATIO * _padded_rows(mixed, sizes):
        return separate
    return mixed


def _cut(groups: Sequence[Sequence[int]], max_rows: int) -> list[Sequence[int]]:
    return [
        group[start : start + max_rows]
        for group in groups
        for start in range(0, len(group), max_rows)
    ]


def _padded_rows(parts: Sequence[Sequence[int]], sizes: Sequence[int]) -> int:
    return sum(round_up(len(part), sizes) for part in parts)


def _pad_sources(
    sources: Sequence[Sequence[int]], program: Program, config: T5Config
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Fill the program's shape -> ids and mask, both (B, S) int32."""
    ids = np.full((program.rows, program.source_length), config.pad_token_id, "int32")
    mask = np.zeros_like(ids)
    for i, source in enumerate(_fill(sources, program.rows)):
        ids[i, : len(source)] = source
        mask[i, : len(source)] = 1
    return ids, mask


def _fill(values: Sequence[Item], count: int) -> list[Item]:
    """Repeat the last value until there are `count`; a row of padding tokens might never end."""
    return [*values, *[values[-1]] * (count - len(values))]
