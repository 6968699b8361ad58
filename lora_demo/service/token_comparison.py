"""The likeliest next tokens of the base and an adapter, where their translations diverge."""

from dataclasses import asdict, dataclass
from typing import Any

from lora_demo.next_tokens import Divergence


@dataclass(frozen=True)
class TokenComparison:
    """The next tokens of base and adapter for one sentence.

    Args:
        adapter: The adapter's id.
        strength: Factor of its update.
        sentence: The German sentence.
        beams: Beams of the search.
        max_tokens: Limit for the translations.
        divergence: The place where the translations diverge; None if they are the same.
        base: Name of the base in the page's menu; empty for the page's own.
    """

    adapter: str
    strength: float
    sentence: str
    beams: int
    max_tokens: int
    divergence: Divergence | None
    base: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return a document for clients, with empty lists for equal translations."""
        divergence = self.divergence or Divergence("", [], [])
        return {
            "adapter": self.adapter,
            "strength": self.strength,
            "sentence": self.sentence,
            "differs": self.divergence is not None,
            "prefix": divergence.prefix,
            "base_next": [asdict(token) for token in divergence.base],
            "adapter_next": [asdict(token) for token in divergence.adapter],
        }
