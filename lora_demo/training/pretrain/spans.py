"""Span corruption, T5's pre-training task: spans are left out of a text, to be filled in."""

from collections.abc import Sequence

import numpy as np

from lora_demo.training.pretrain.vocabulary import SENTINELS

MEAN_SPAN = 2.0
"""Mean number of ids in a span; T5 has 3, but the sentences here are short."""


def corrupt_spans(
    ids: Sequence[int], first_sentinel: int, density: float, random: np.random.Generator
) -> tuple[list[int], list[int]]:
    """Replace spans of ids by sentinels (Raffel et al. 2020, section 3.1.4).

    Example: `a b c d e` may become the source `a <extra_id_0> d <extra_id_1>` and the target
    `<extra_id_0> b c <extra_id_1> e <extra_id_2>`.

    Args:
        ids: A text's ids, at least one, without the end token.
        first_sentinel: Id of `<extra_id_0>`; the following sentinels count down from it.
        density: Share of the ids that is left out, 0 to 1; at least one id is.
        random: Decides where the spans are.

    Returns:
        The source: ids with a sentinel in each span's place. The target: each span after its
        sentinel, and one more sentinel at the end.
    """
    left_out = min(max(1, round(density * len(ids))), max(1, len(ids) - 1))
    kept = len(ids) - left_out
    spans = min(max(1, round(left_out / MEAN_SPAN)), SENTINELS - 1, kept + 1)
    span_lengths = _split_randomly(left_out, spans, random, minimum=1)
    gap_lengths = _split_randomly(kept, spans + 1, random, minimum=0)
    source: list[int] = []
    target: list[int] = []
    place = 0
    for number in range(spans):
        sentinel = first_sentinel - number
        gap_end = place + gap_lengths[number]
        span_end = gap_end + span_lengths[number]
        source += [*ids[place:gap_end], sentinel]
        target += [sentinel, *ids[gap_end:span_end]]
        place = span_end
    return [*source, *ids[place:]], [*target, first_sentinel - spans]


def _split_randomly(total: int, parts: int, random: np.random.Generator, minimum: int) -> list[int]:
    """Draw random lengths of at least `minimum` that sum to `total`."""
    free = total - minimum * parts
    cuts = np.sort(random.integers(0, free + 1, parts - 1))
    edges = np.concatenate([[0], cuts, [free]])
    return [int(length) + minimum for length in np.diff(edges)]
