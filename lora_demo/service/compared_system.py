"""One column of a comparison, as page and clients show it."""

from dataclasses import dataclass, field
from typing import Any

from lora_demo.translator import TOGETHER


@dataclass(frozen=True)
class ComparedSystem:
    """One column of a comparison: the base, or an adapter at a strength.

    Args:
        name: Name to show.
        id: The adapter's id; None for the base; `together` for the sum of all adapters.
        rank: The adapter's rank; None for the base.
        strength: Factor on the adapter's update; 1 is as trained.
        texts: Translations, one for each sentence.
        tokens: Token counts of the translations.
        layers: How far the adapter, as trained, moves each matrix; see `AdapterLibrary.details`.
        outside: For each sentence that differs from the adapter's training: unknown words, words.
    """

    name: str
    id: str | None
    rank: int | None
    strength: float
    texts: list[str]
    tokens: list[int]
    layers: list[dict[str, Any]]
    outside: dict[int, tuple[int, int]] = field(default_factory=dict)

    @property
    def is_base(self) -> bool:
        """True for a base without an adapter, also for a second base beside the first."""
        return self.id is None

    @property
    def is_adapted(self) -> bool:
        """True if adapters move its weights: one adapter, or several together."""
        return not self.is_base

    @property
    def is_adapter(self) -> bool:
        """True for one adapter, which has a rank to drag, next tokens, and a place in links."""
        return self.id not in (None, TOGETHER)
