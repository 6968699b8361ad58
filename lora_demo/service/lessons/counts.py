"""Exact counts of one matrix and of a whole adapter at each rank that a lesson draws."""

from dataclasses import dataclass
from typing import Any

from lora_demo.checkpoints.base import find_config
from lora_demo.checkpoints.embedded import EMBEDDED
from lora_demo.model.config import FLAN_T5, T5Config
from lora_demo.model.parameters import Adaptation, count_adapter
from lora_demo.model.shapes import total_parameters

TARGETS = "q,v"
MATRIX = "encoder.block.0.layer.0.SelfAttention.q"
"""The matrix that is drawn; in a T5, all q and v have its shape."""
TAUGHT_BASE = "google/flan-t5-base"
TAUGHT_MILLIONS = {4: 2.8, 8: 5.6, 16: 11.2}
"""Millions of parameters that many courses teach for that base, by rank."""
LAST_SINGLE_RANK = 16
"""Up to here every rank is drawn; above it, four ranks for each doubling."""


@dataclass(frozen=True)
class RankCounts:
    """The counts of a base's q and v matrices at several ranks.

    Args:
        base: Id of the base.
        d_in: Columns of W.
        d_out: Rows of W.
        matrices: Number of adapted matrices.
        total: Parameters of the base.
        ranks: The ranks, in rising order.
        of_matrix: Parameters of A and B of one matrix, for each rank.
        of_adapter: Parameters of the whole adapter, for each rank.
    """

    base: str
    d_in: int
    d_out: int
    matrices: int
    total: int
    ranks: tuple[int, ...]
    of_matrix: tuple[int, ...]
    of_adapter: tuple[int, ...]

    @property
    def name(self) -> str:
        """The base's name without its owner."""
        return self.base.rsplit("/", 1)[-1]

    @property
    def of_W(self) -> int:  # noqa: N802
        """Parameters of W."""
        return self.d_in * self.d_out

    def at(self, rank: int) -> int:
        """Return the place of the drawn rank that is nearest to a rank.

        Args:
            rank: Any rank, drawn or not.
        """
        return min(range(len(self.ranks)), key=lambda place: abs(self.ranks[place] - rank))

    def to_json(self) -> dict[str, Any]:
        """Return what the page's script needs."""
        return {
            "d_in": self.d_in,
            "d_out": self.d_out,
            "matrices": self.matrices,
            "total": self.total,
            "ranks": self.ranks,
            "of_matrix": self.of_matrix,
            "of_adapter": self.of_adapter,
        }


def count_ranks(base: str, config: T5Config) -> RankCounts:
    """Count a base's q and v matrices at the ranks that are drawn.

    Args:
        base: Id of the base.
        config: Its geometry.
    """
    adapted = Adaptation(TARGETS).shapes(config)
    d_in, d_out = adapted[MATRIX]
    ranks = drawn_ranks(min(d_in, d_out) // 2)
    of_rank_1 = count_adapter(config, 1, TARGETS).trainable
    return RankCounts(
        base=base,
        d_in=d_in,
        d_out=d_out,
        matrices=len(adapted),
        total=total_parameters(config),
        ranks=ranks,
        of_matrix=tuple(rank * (d_in + d_out) for rank in ranks),
        of_adapter=tuple(rank * of_rank_1 for rank in ranks),
    )


def drawn_ranks(largest: int) -> tuple[int, ...]:
    """List the ranks to draw: all small ones, and larger ones at growing distances.

    Args:
        largest: The last rank.
    """
    ranks = list(range(1, min(largest, LAST_SINGLE_RANK) + 1))
    while ranks[-1] < largest:
        distance = 2 ** (ranks[-1].bit_length() - 1) // 4
        ranks.append(min(ranks[-1] + distance, largest))
    return tuple(ranks)


def drawn_bases() -> dict[str, RankCounts]:
    """Return the counts of the embedded base and of every FLAN-T5, by id."""
    configs = {EMBEDDED: find_config(EMBEDDED), **FLAN_T5}
    return {base: count_ranks(base, config) for base, config in configs.items()}
