"""Translations by an adapter at each of its ranks, and the part of its update that each keeps."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lora_demo.checkpoints.reducing import Svd, loss_at


@dataclass(frozen=True)
class RankLadder:
    """Translations by one adapter at several ranks.

    Args:
        adapter: The adapter's id.
        strength: Factor of the update.
        sentences: The German sentences.
        beams: Beams of the search; 1 is greedy.
        max_tokens: Limit for one translation.
        ranks: From 0, which is the base, to the adapter's own.
        texts: For each rank, one translation for each sentence.
        tokens: The number of tokens of each translation.
        kept: For each rank, the result of `kept_shares`.
        singular_values: Result of `mean_singular_values`.
        seconds: Time for all translations together.
        base: Name of the base in the page's menu; empty for the page's own.
    """

    adapter: str
    strength: float
    sentences: list[str]
    beams: int
    max_tokens: int
    ranks: list[int]
    texts: list[list[str]]
    tokens: list[list[int]]
    kept: list[float]
    singular_values: list[float]
    seconds: float
    base: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return what a client gets."""
        steps = [
            {"rank": rank, "kept": kept, "texts": texts}
            for rank, kept, texts in zip(self.ranks, self.kept, self.texts, strict=True)
        ]
        return {
            "adapter": self.adapter,
            "steps": steps,
            "singular_values": self.singular_values,
            "seconds": self.seconds,
        }


def kept_shares(parts: Mapping[str, Svd], ranks: Sequence[int]) -> list[float]:
    """Compute the share of an update's squared Frobenius norm that each rank keeps, 0 to 1.

    Args:
        parts: The SVD of the update of each matrix, by its path.
        ranks: The ranks.
    """
    return [1 - loss_at(parts, rank).share ** 2 for rank in ranks]


def mean_singular_values(parts: Mapping[str, Svd]) -> list[float]:
    """Compute the root mean square of the k-th singular values of all matrices, for each k.

    Args:
        parts: The SVD of the update of each matrix, by its path. A matrix counts up to its rank.
    """
    spectra = [S.tolist() for _, S, _ in parts.values()]
    means = []
    for k in range(max(map(len, spectra))):
        values = [spectrum[k] for spectrum in spectra if len(spectrum) > k]
        means.append(math.sqrt(sum(value**2 for value in values) / len(values)))
    return means
