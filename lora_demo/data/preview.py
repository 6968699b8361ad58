"""A look into a source of pairs before training on it: how many, how long, what is cut or padded, what looks wrong."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lora_demo.data.encoding import PREFIX, Example
from lora_demo.data.packing import Shape, pack, plan_shape
from lora_demo.data.pairs import Pair
from lora_demo.data.sources import Dataset, public_source

SAMPLE = 5_000
"""So many pairs, from all over the source, are cut into tokens; counting is exact."""
BINS = 24
SHOWN = 200
"""Characters of a sentence that looks wrong."""
WORD = re.compile(r"[a-zäöüß]+")
GERMAN = frozenset(
    "der das und ist nicht ein eine einen einem einer zu den dem des mit auf für im von sich auch wird wir ich sie er es sind haben bei aus nach wie noch nur oder aber wenn dass kann über vor zum zur".split()
)
ENGLISH = frozenset(
    "the and is not a to of with on for it that this are has have be from at by as or but if can he she we you they i there which their been were do".split()
)
"""The commonest words of each language that the other has not."""


@dataclass(frozen=True)
class Preview:
    """What a source holds.

    Args:
        first: pairs to show; train, eval, test: how many there are of each; doubles: pairs that occur again.
        swapped, untranslated: pairs that look so, of those looked at; `looked_at` says how many those are.
        lengths: of the examples looked at, in tokens; cut: how many of them are over the limit.
        shape: of a batch; batches: of an epoch; padding: the share of them that is.
    """

    first: list[Pair]
    train: int
    eval: int
    test: int
    doubles: int
    looked_at: int
    swapped: list[Pair]
    untranslated: list[Pair]
    lengths: list[int]
    cut: int
    shape: Shape
    batches: int
    padding: float

    @property
    def histogram(self) -> list[tuple[int, int, int]]:
        """(from, to, how many) for equal steps of length."""
        step = max(1, -(-max(self.lengths, default=1) // BINS))
        counts = [0] * -(-max(self.lengths, default=1) // step)
        for length in self.lengths:
            counts[(length - 1) // step] += 1
        return [(i * step + 1, (i + 1) * step, count) for i, count in enumerate(counts)]


def look_into(
    dataset: Dataset,
    encode: Callable[[list[str]], list[list[int]]],
    *,
    batch_size: int,
    max_length: int,
    read: Sequence[Pair] = (),
) -> Preview:
    """Looks into the pairs to train on.

    Args:
        encode: texts -> ids; read: the pairs as they stand in a file, before doubles were dropped and some held out.
    Raises:
        ValueError: if there are none.
    """
    pairs = dataset.train
    if not pairs or not dataset.eval:
        raise ValueError(f"{public_source(dataset.id)} has no pairs to train on.")
    sample = list(pairs[:: -(-len(pairs) // SAMPLE)])
    examples = [
        Example(s, t)
        for s, t in zip(encode([PREFIX + de for de, _ in sample]), encode([en for _, en in sample]))
    ]
    lengths = [max(len(e.source), len(e.target)) for e in examples]
    cut = [Example(e.source[:max_length], e.target[:max_length]) for e in examples]
    shape = plan_shape(cut, batch_size)
    rows = len(pack(cut, shape, batch_size, 0))
    padding = 1 - sum(len(e.source) + len(e.target) for e in cut) / (
        rows * (shape.source + shape.target)
    )
    kinds = [_kind(pair) for pair in sample]
    picked = lambda kind: [
        (de[:SHOWN], en[:SHOWN]) for (de, en), k in zip(sample, kinds) if k == kind
    ]
    return Preview(
        (read or pairs)[:3], len(pairs), len(dataset.eval), len(dataset.test), max(0, len(read) - len(pairs) - len(dataset.eval)), len(sample), picked("swapped"), picked("untranslated"),
        lengths, sum(length > max_length for length in lengths), shape, -(-round(rows * len(pairs) / len(sample)) // shape.rows), padding,
    )  # fmt: skip


def _kind(pair: Pair) -> str:
    """`swapped`, `untranslated` or nothing, by the commonest words of both languages; names and numbers say nothing."""
    german, english = map(_words, pair)
    if _is_english(*german) and _is_german(*english):
        return "swapped"
    same = pair[0].lower() == pair[1].lower() and len(pair[0].split()) > 2
    return "untranslated" if same or _is_english(*german) or _is_german(*english) else ""


def _words(text: str) -> tuple[int, int]:
    """How many German and how many English ones."""
    words = WORD.findall(text.lower())
    return sum(word in GERMAN for word in words), sum(word in ENGLISH for word in words)


def _is_german(german: int, english: int) -> bool:
    return german >= 2 and not english


def _is_english(german: int, english: int) -> bool:
    return english >= 2 and not german
