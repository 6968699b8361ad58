"""A preview of a source of pairs: counts, lengths, cut and padded parts, suspicious pairs."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from lora_demo.data.encoding import PREFIX, Example
from lora_demo.data.packing import Shape, pack, plan_shape
from lora_demo.data.pairs import Pair
from lora_demo.data.skipped import SkippedRows
from lora_demo.data.sources import Dataset, public_source
from lora_demo.language import _

MAX_SAMPLE = 5_000
"""Pairs to encode and check, spread over the source; counts are of all pairs."""
MAX_BINS = 24
MAX_SHOWN_CHARACTERS = 200
"""Characters that are shown of a sentence that looks wrong."""
SHOWN_PAIRS = 3
"""Pairs to show as an example."""
WORD = re.compile(r"[a-zäöüß]+")
GERMAN_WORDS = """
    der das und ist nicht ein eine einen einem einer zu den dem des mit auf für im von sich
    auch wird wir ich sie er es sind haben bei aus nach wie noch nur oder aber wenn dass
    kann über vor zum zur
"""
GERMAN = frozenset(GERMAN_WORDS.split())
ENGLISH_WORDS = """
    the and is not a to of with on for it that this are has have be from at by as or but if
    can he she we you they i there which their been were do
"""
ENGLISH = frozenset(ENGLISH_WORDS.split())
"""Both sets hold the most common words of a language that the other language does not have."""

Encode = Callable[[list[str]], list[list[int]]]


@dataclass(frozen=True)
class Preview:
    """The content of a source of pairs.

    Args:
        first: Pairs to show.
        train: Number of pairs to train on.
        eval: Number of held-out pairs.
        test: Number of pairs to measure on.
        duplicates: Number of pairs that occur again and are dropped.
        sample_size: Number of pairs in the sample, which the following values describe.
        swapped: Pairs with English on the German side.
        untranslated: Pairs with the same language on both sides.
        lengths: Tokens of each pair, those of its longer side.
        cut: Number of pairs over the limit.
        shape: Shape of a batch.
        batches: Number of batches in an epoch of all pairs.
        padding: Share of the places in a batch that hold padding.
        skipped: Rows of a file that are left out.
    """

    first: list[Pair]
    train: int
    eval: int
    test: int
    duplicates: int
    sample_size: int
    swapped: list[Pair]
    untranslated: list[Pair]
    lengths: list[int]
    cut: int
    shape: Shape
    batches: int
    padding: float
    skipped: SkippedRows = field(default_factory=SkippedRows)

    @property
    def histogram(self) -> list[tuple[int, int, int]]:
        """Lowest length, highest length and number of pairs of each bin of equal width."""
        longest = max(self.lengths, default=1)
        width = max(1, math.ceil(longest / MAX_BINS))
        counts = [0] * math.ceil(longest / width)
        for length in self.lengths:
            counts[(length - 1) // width] += 1
        return [(i * width + 1, (i + 1) * width, count) for i, count in enumerate(counts)]


def make_preview(
    dataset: Dataset,
    encode: Encode,
    *,
    batch_size: int,
    max_length: int,
    read: Sequence[Pair] = (),
) -> Preview:
    """Preview the pairs to train on.

    Args:
        dataset: The pairs.
        encode: Texts -> token ids.
        batch_size: Mean number of pairs in a batch.
        max_length: Tokens to which longer sentences are cut.
        read: The pairs as a file has them, before duplicates were dropped and some held out.

    Returns:
        The preview.

    Raises:
        ValueError: If the data set has no pairs to train on.
    """
    pairs = dataset.train
    if not pairs or not dataset.eval:
        raise ValueError(
            _(
                "{dataset} has no pairs to train on. Choose other data.",
                dataset=public_source(dataset.id),
            )
        )
    sample = list(pairs[:: math.ceil(len(pairs) / MAX_SAMPLE)])
    examples = _encode(sample, encode)
    lengths = [max(len(example.source), len(example.target)) for example in examples]
    cut = [
        Example(example.source[:max_length], example.target[:max_length]) for example in examples
    ]
    shape = plan_shape(cut, batch_size)
    rows = len(pack(cut, shape, batch_size, 0))
    rows_of_epoch = round(rows * len(pairs) / len(sample))
    tokens = sum(len(example.source) + len(example.target) for example in cut)
    kinds = [_classify(pair) for pair in sample]
    return Preview(
        first=list((read or pairs)[:SHOWN_PAIRS]),
        train=len(pairs),
        eval=len(dataset.eval),
        test=len(dataset.test),
        duplicates=max(0, len(read) - len(pairs) - len(dataset.eval)),
        sample_size=len(sample),
        swapped=_select(sample, kinds, "swapped"),
        untranslated=_select(sample, kinds, "untranslated"),
        lengths=lengths,
        cut=sum(length > max_length for length in lengths),
        shape=shape,
        batches=math.ceil(rows_of_epoch / shape.rows),
        padding=1 - tokens / (rows * (shape.source + shape.target)),
        skipped=dataset.skipped,
    )


def look_swapped(pairs: Sequence[Pair]) -> bool:
    """Check whether more pairs have English in the place of German than the other way round.

    Args:
        pairs: The pairs of a file.
    """
    swapped = sum(_classify(pair) == "swapped" for pair in pairs)
    in_order = sum(_is_german(german) and _is_english(english) for german, english in pairs)
    return swapped > in_order


def _encode(pairs: Sequence[Pair], encode: Encode) -> list[Example]:
    sources = encode([PREFIX + german for german, _english in pairs])
    targets = encode([english for _german, english in pairs])
    return [Example(source, target) for source, target in zip(sources, targets, strict=True)]


def _select(pairs: Sequence[Pair], kinds: Sequence[str], kind: str) -> list[Pair]:
    """Return the pairs of a kind, shortened."""
    return [
        (german[:MAX_SHOWN_CHARACTERS], english[:MAX_SHOWN_CHARACTERS])
        for (german, english), found in zip(pairs, kinds, strict=True)
        if found == kind
    ]


def _classify(pair: Pair) -> str:
    """Return swapped, untranslated or "", by the most common words of both languages."""
    source, target = pair
    if _is_english(source) and _is_german(target):
        return "swapped"
    is_copy = source.lower() == target.lower() and len(source.split()) > 2
    if is_copy or _is_english(source) or _is_german(target):
        return "untranslated"
    return ""


def _is_german(text: str) -> bool:
    german, english = _count_words(text)
    return german >= 2 and not english


def _is_english(text: str) -> bool:
    german, english = _count_words(text)
    return english >= 2 and not german


def _count_words(text: str) -> tuple[int, int]:
    """Count the common German and the common English words."""
    words = WORD.findall(text.lower())
    return sum(word in GERMAN for word in words), sum(word in ENGLISH for word in words)
