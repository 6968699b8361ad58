"""One column of a comparison, as page and clients show it."""

from dataclasses import dataclass, field
from typing import Any, Literal

from lora_demo.columns import Column
from lora_demo.formatting import shown_system
from lora_demo.translator import TOGETHER

Kind = Literal["base", "adapter", "sum"]


@dataclass(frozen=True)
class ComparedSystem:
    """One column of a comparison.

    Args:
        name: Name to show.
        kind: A base without adapters, one adapter at a strength, or the sum of several adapters.
        id: The adapter's id; None for a base; `together` for a sum.
        rank: Rank of the adapter or the sum; None for a base.
        strength: Factor on the adapter's update; 1 is as trained.
        texts: Translations, one for each sentence.
        tokens: Token counts of the translations.
        layers: Movement of each matrix by the adapter as trained; see `AdapterLibrary.details`.
        outside: For each sentence that differs from the adapter's training: unknown words, words.
    """

    name: str
    kind: Kind
    id: str | None
    rank: int | None
    strength: float
    texts: list[str]
    tokens: list[int]
    layers: list[dict[str, Any]]
    outside: dict[int, tuple[int, int]] = field(default_factory=dict)

    @classmethod
    def of_base(cls, column: Column) -> "ComparedSystem":
        """Return a column of translations by the base alone.

        Args:
            column: The first column that `Translator.compare` returns.
        """
        return cls("base", "base", None, None, 1.0, column.texts, column.tokens, [])

    @classmethod
    def of_sum(cls, column: Column) -> "ComparedSystem":
        """Return a column of translations by the sum of several adapters.

        Args:
            column: The last column that `Translator.compare` returns with `together`.
        """
        texts, tokens = column.texts, column.tokens
        return cls(column.name, "sum", TOGETHER, column.rank, 1.0, texts, tokens, [])

    @property
    def shown_name(self) -> str:
        """Name in the reader's language."""
        return shown_system(self.name)

    @property
    def is_base(self) -> bool:
        """True for a base without an adapter, also for a second base beside the first."""
        return self.kind == "base"

    @property
    def is_adapted(self) -> bool:
        """True if adapters move its weights: one adapter, or several together."""
        return self.kind in ("adapter", "sum")

    @property
    def is_adapter(self) -> bool:
        """True for one adapter, which has a rank to drag, next tokens, and a place in links."""
        return self.kind == "adapter"
