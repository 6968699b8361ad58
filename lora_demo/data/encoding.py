"""Pairs as token ids, with T5's prefix for the task."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from lora_demo.data.pairs import Pair

PREFIX = "translate German to English: "


class Encoder(Protocol):
    """Anything that turns texts into token ids."""

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Encode texts, each with T5's end token.

        Args:
            texts: Any number of texts.
        """
        ...


@dataclass(frozen=True)
class Example:
    """Token ids of a source and its target, both with T5's end token.

    Args:
        source: Ids of the German text, with the prefix.
        target: Ids of the English text.
        is_cut: True if one of them was longer than allowed and lost its end.
        text: The German text.
    """

    source: list[int]
    target: list[int]
    is_cut: bool = False
    text: str = ""


def encode_pairs(
    tokenizer: Encoder, pairs: Sequence[Pair], prefix: str = PREFIX, max_length: int = 256
) -> list[Example]:
    """Encode pairs.

    Args:
        tokenizer: The base's tokenizer.
        pairs: Source and target texts.
        prefix: Put before each source.
        max_length: Tokens to which longer texts are cut; they keep their end token.

    Returns:
        One example for each pair.
    """
    sources = tokenizer.encode([prefix + source for source, _ in pairs])
    targets = tokenizer.encode([target for _, target in pairs])
    return [
        Example(
            _cut(source, max_length),
            _cut(target, max_length),
            is_cut=max(len(source), len(target)) > max_length,
            text=text,
        )
        for source, target, (text, _english) in zip(sources, targets, pairs, strict=True)
    ]


def _cut(ids: list[int], max_length: int) -> list[int]:
    return ids if len(ids) <= max_length else ids[: max_length - 1] + ids[-1:]
