"""A split of pairs into two parts that share no sentence."""

from collections.abc import Sequence

import numpy as np

from lora_demo.data.pairs import Pair


def split_components(
    pairs: Sequence[Pair], held_out: int, seed: int
) -> tuple[list[Pair], list[Pair]]:
    """Split pairs so that the two parts share no sentence.

    Pairs with a sentence in common form a component, which stays on one side. Components are drawn
    at random; one that would take too many pairs is not drawn. If none fits, the split is by line.

    Args:
        pairs: The pairs to split.
        held_out: Number of pairs to hold out, at least approximately.
        seed: Seed of the draw.

    Returns:
        The pairs to train on and the held-out pairs, each in their order.
    """
    rows_of: dict[int, list[int]] = {}
    for i, component in enumerate(_components(pairs)):
        rows_of.setdefault(component, []).append(i)
    components = list(rows_of.values())
    drawn: set[int] = set()
    for i in np.random.default_rng(seed).permutation(len(components)):
        size = len(drawn) + len(components[i])
        if size <= max(held_out, 1) and size < len(pairs):
            drawn.update(components[i])
        if len(drawn) >= held_out:
            break
    if not drawn:
        drawn = set(range(len(pairs) - held_out, len(pairs)))
    train = [pair for i, pair in enumerate(pairs) if i not in drawn]
    return train, [pair for i, pair in enumerate(pairs) if i in drawn]


def _components(pairs: Sequence[Pair]) -> list[int]:
    """Return the component of each pair; sentences are compared without case."""
    parent = list(range(len(pairs)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    first: dict[tuple[str, str], int] = {}
    for i, (de, en) in enumerate(pairs):
        for side in (("de", de.lower()), ("en", en.lower())):
            parent[root(i)] = root(first.setdefault(side, i))
    return [root(i) for i in range(len(pairs))]
