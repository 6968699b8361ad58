"""Pairs as ids, with T5's prefix for the task."""

from collections.abc import Sequence
from dataclasses import dataclass

from lora_demo.data.pairs import Pair

PREFIX = "translate German to English: "


@dataclass(frozen=True)
class Example:
    """Ids of a source and its target, both with T5's end token."""

    source: list[int]
    target: list[int]


def encode_pairs(
    tokenizer, pairs: Sequence[Pair], prefix: str = PREFIX, max_length: int = 256
) -> list[Example]:
    """Pairs -> ids; what is longer than `max_length` tokens is cut and keeps its end token."""
    sources = tokenizer.encode([prefix + de for de, _ in pairs])
    targets = tokenizer.encode([en for _, en in pairs])
    cut = lambda ids: ids if len(ids) <= max_length else ids[: max_length - 1] + ids[-1:]
    return [Example(cut(s), cut(t)) for s, t in zip(sources, targets)]
