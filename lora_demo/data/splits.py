"""Pairs in two parts that share no sentence."""

from collections.abc import Sequence

import numpy as np

from lora_demo.data.pairs import Pair


def split_components(
    pairs: Sequence[Pair], held_out: int, seed: int
) -> tuple[list[Pair], list[Pair]]:
    """Train and held-out pairs that share no sentence: pairs with a sentence in common stay on one side.

    Components are drawn at random until about `held_out` pairs are out; one so large that it would take more than
    half of the pairs is never drawn, unless nothing else is there, when the split is by line.
    """
    groups = _components(pairs)
    rows_of: dict[int, list[int]] = {}
    for i, group in enumerate(groups):
        rows_of.setdefault(group, []).append(i)
    order = np.random.default_rng(seed).permutation(len(rows_of))
    components, out = list(rows_of.values()), set()
    for rows in (components[i] for i in order):
        if len(out) + len(rows) <= max(held_out, 1) and len(out) + len(rows) < len(pairs):
            out.update(rows)
        if len(out) >= held_out:
            break
    if not out:
        out = set(range(len(pairs) - held_out, len(pairs)))
    return [p for i, p in enumerate(pairs) if i not in out], [
        p for i, p in enumerate(pairs) if i in out
    ]


def _components(pairs: Sequence[Pair]) -> list[int]:
    """For each pair the number of its connected component; sentences are compared without case."""
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
