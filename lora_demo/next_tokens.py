"""The likeliest next tokens of a base and an adapter, where their translations diverge.

Axes: B systems, S source, T target, V vocabulary.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import numpy as np

from lora_demo.language import _

if TYPE_CHECKING:
    from lora_demo.checkpoints.tokenizer import Tokenizer
    from lora_demo.model.t5 import T5

TOKENS = 5
"""Likeliest next tokens of each system."""
END = "</s>"
"""Text of the token that ends a translation."""


@dataclass(frozen=True)
class NextToken:
    """A token that may come next.

    Args:
        text: Its text; a space at the start begins a word; `END` ends the translation.
        probability: From 0 to 1.
    """

    text: str
    probability: float


@dataclass(frozen=True)
class Divergence:
    """The place where two translations of a text diverge.

    Args:
        prefix: The beginning that both share.
        base: The base's likeliest next tokens, the likeliest first.
        adapter: The adapter's.
    """

    prefix: str
    base: list[NextToken]
    adapter: list[NextToken]


def find_divergence(
    model: "T5",
    tokenizer: "Tokenizer",
    source: Sequence[int],
    translations: Sequence[Sequence[int]],
    slots: Sequence[int],
    strengths: Sequence[float],
) -> Divergence:
    """Find where the translations of base and adapter diverge, and their next tokens.

    Args:
        model: The model, with the adapter in its banks.
        tokenizer: Decodes tokens.
        source: Token ids of the text.
        translations: Token ids by the base and by the adapter, which differ.
        slots: 0 for the base, and the adapter's slot.
        strengths: Factor of the update of each.
    """
    prefix = common_prefix(*translations)
    probabilities = next_token_probabilities(model, source, prefix, slots, strengths)
    eos_id = model.config.eos_token_id
    base, adapter = (likeliest_tokens(tokenizer, prefix, row, eos_id) for row in probabilities)
    (text,) = tokenizer.decode([prefix])
    return Divergence(text, base, adapter)


def common_prefix(first: Sequence[int], second: Sequence[int]) -> list[int]:
    """Return the tokens that two translations begin with.

    Args:
        first: Token ids.
        second: Token ids.
    """
    pairs = zip(first, second, strict=False)
    return [a for a, _b in takewhile(lambda pair: pair[0] == pair[1], pairs)]


def next_token_probabilities(
    model: "T5",
    source: Sequence[int],
    prefix: Sequence[int],
    slots: Sequence[int],
    strengths: Sequence[float],
) -> np.ndarray[Any, Any]:
    """Compute the probabilities of the next token in one forward pass over all systems.

    Args:
        model: The model, with the adapters in its banks.
        source: Token ids of the text, with its end token.
        prefix: Token ids of the translation so far.
        slots: The adapter of each system; 0 is the base.
        strengths: Factor of each system's update.

    Returns:
        Softmax of the logits in float32, (B, V).
    """
    from keras import ops

    from lora_demo.model.lora import Context

    ids = np.array([source] * len(slots), "int32")  # (B, S)
    start = model.config.decoder_start_token_id
    decoder_ids = np.array([[start, *prefix]] * len(slots), "int32")  # (B, T)
    context = Context()
    if any(slots):
        context = Context(
            slots=ops.convert_to_tensor(np.array(slots, "int32")),
            strengths=ops.convert_to_tensor(np.array(strengths, "float32")[:, None, None]),
        )
    logits = model.next_token_logits(
        ops.convert_to_tensor(ids),
        ops.ones_like(ids),
        ops.convert_to_tensor(decoder_ids),
        context,
    )
    return np.asarray(ops.softmax(ops.cast(logits, "float32"), axis=-1))


def likeliest_tokens(
    tokenizer: "Tokenizer",
    prefix: Sequence[int],
    probabilities: np.ndarray[Any, Any],
    eos_id: int,
) -> list[NextToken]:
    """Return the likeliest next tokens as texts.

    Args:
        tokenizer: Decodes them.
        prefix: Token ids of the translation so far.
        probabilities: Probability of each token, (V,).
        eos_id: The token that ends a translation.
    """
    best = np.argsort(-probabilities, kind="stable")[:TOKENS].tolist()
    before, *after = tokenizer.decode([prefix, *([*prefix, id] for id in best)])
    texts = [
        END if id == eos_id else _added_text(before, text) or _("(token {id})", id=id)
        for id, text in zip(best, after, strict=True)
    ]
    return [NextToken(text, float(probabilities[id])) for text, id in zip(texts, best, strict=True)]


def _added_text(before: str, after: str) -> str:
    """Return what a token adds to a text; the whole text if it changes what was before."""
    return after.removeprefix(before)
