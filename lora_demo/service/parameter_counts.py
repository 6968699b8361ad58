"""Exact parameter counts of adapters, from a base's geometry alone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lora_demo.checkpoints.base import find_config
from lora_demo.checkpoints.embedded import EMBEDDED
from lora_demo.language import _
from lora_demo.model.config import FLAN_T5, T5Config
from lora_demo.model.memory import training_bytes
from lora_demo.model.parameters import PARTS, Adaptation, AdapterCount, count_adapter
from lora_demo.model.shapes import total_parameters

MAX_RANKS = 8
HUB_ID = re.compile(r"[\w-][\w.-]{0,95}/[\w-][\w.-]{0,95}", re.ASCII)


@dataclass(frozen=True)
class CountTable:
    """Parameter counts of adapters of several ranks for one base.

    Args:
        base: Id of the base.
        config: Its geometry.
        adaptation: The changed matrices.
        counts: One count for each rank, in rising order.
    """

    base: str
    config: T5Config
    adaptation: Adaptation
    counts: tuple[AdapterCount, ...]

    @property
    def ranks(self) -> list[int]:
        """The ranks, in rising order."""
        return [count.rank for count in self.counts]

    def to_json(self) -> dict[str, Any]:
        """Return the counts as `lora_demo params --json` prints them, with memory in bytes."""
        total = total_parameters(self.config)
        rows = []
        for count in self.counts:
            row = {
                "rank": count.rank,
                "targets": list(count.targets),
                "trainable": count.trainable,
                "percent": count.percent,
                "adapter_bytes": count.adapter_bytes,
            }
            rows.append(row | self._memory(count.trainable))
        full = {"trainable": total, "percent": 100.0, "file_bytes": 4 * total}
        return {
            "base": self.base,
            "total": total,
            "rows": rows,
            "full": full | self._memory(total),
            **self.adaptation.restrictions(),
        }

    def _memory(self, trainable: int) -> dict[str, int]:
        return {
            "optimizer_bytes": 12 * trainable,
            "training_bytes": training_bytes(self.config, trainable),
        }


class ParameterCounts:
    """Counts the parameters of adapters for any base that visitors may name.

    Args:
        base: Id of the base that this app has open.
        config: Its geometry.
        use_token: True if other bases may be read with this machine's token on the Hub.
    """

    def __init__(self, base: str, config: T5Config, use_token: bool) -> None:
        self.base = base
        self.config = config
        self.use_token = use_token

    @property
    def known_bases(self) -> list[str]:
        """Bases to offer: this app's own, the embedded one, every FLAN-T5."""
        return list(dict.fromkeys([self.base, EMBEDDED, *FLAN_T5]))

    def geometry(self, base: str) -> T5Config:
        """Find the geometry of a base: one of `known_bases`, or a T5 on the Hub.

        Args:
            base: Id of the base; a path on this machine is refused.

        Raises:
            ValueError: If it is neither of them, or not a T5.
        """
        base = (base or "").strip()
        if base == self.base:
            return self.config
        if base not in self.known_bases and not _is_hub_id(base):
            raise ValueError(
                _(
                    "{base!r} is not a known base. Choose one from the list, or write a Hub id "
                    "such as google/t5-v1_1-small.",
                    base=base[:80],
                )
            )
        return find_config(base, token=None if self.use_token else False)

    def count(
        self,
        base: str,
        targets: str,
        ranks: str | Sequence[int],
        *,
        layers: str = "",
        part: str = "all",
        use_dora: bool = False,
    ) -> CountTable:
        """Count adapters of several ranks.

        Args:
            base: Id of the base.
            targets: `q,v`, `attention`, `all-linear`, or names of matrices with commas.
            ranks: Whole numbers, or a text such as "4, 8, 16".
            layers: Numbers of blocks such as `0-3,7`; empty for all.
            part: One of `PARTS`.
            use_dora: Also count the magnitudes of DoRA.

        Raises:
            ValueError: If the base, a target or a rank is not valid.
        """
        numbers = parse_ranks(ranks)
        config = self.geometry(base)
        if part not in PARTS:
            raise ValueError(
                _(
                    "part = {part!r} (must be one of {parts}).",
                    part=str(part)[:40],
                    parts=", ".join(PARTS),
                )
            )
        adaptation = Adaptation(targets, layers.strip() or None, part, use_dora)
        counts = tuple(count_adapter(config, rank, adaptation) for rank in numbers)
        return CountTable(base, config, adaptation, counts)


def _is_hub_id(text: str) -> bool:
    return HUB_ID.fullmatch(text) is not None and not Path(text).exists()


def parse_ranks(ranks: str | Sequence[int]) -> list[int]:
    """Parse ranks.

    Args:
        ranks: Whole numbers, or a text such as "4, 8 16".

    Returns:
        The ranks in rising order, each once.

    Raises:
        ValueError: If one is not a whole number, or there are too many or none.
    """
    words = ranks.replace(",", " ").split() if isinstance(ranks, str) else ranks
    try:
        numbers = sorted({int(str(word)) for word in words})
    except ValueError:
        raise ValueError(
            _(
                "ranks: {ranks!r} is not a list of whole numbers such as 4, 8, 16.",
                ranks=str(ranks)[:60],
            )
        ) from None
    if not 1 <= len(numbers) <= MAX_RANKS:
        raise ValueError(
            _("ranks: give 1 to {max_ranks} ranks, such as 4, 8, 16.", max_ranks=MAX_RANKS)
        )
    return numbers
