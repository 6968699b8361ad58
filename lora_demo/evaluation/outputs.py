"""Translates a set with the base and adapters, chunk by chunk; it can be stopped, and says how long it will take.

A chunk is one batch of sentences of about one length, so that little is padded; one system after the other translates
it, and others who share the translator get their turn in between. Chunks come in random order, so that what is done when
somebody stops is a fair sample of the set, and the time left can be told from the time taken.
"""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from lora_demo.data.cleaning import clean
from lora_demo.data.encoding import PREFIX
from lora_demo.model.batch_decoder import LENGTHS, ROWS

MAX_TOKENS = LENGTHS[-1]
"""What one text may have; longer ones are translated in pieces."""
BATCH_TOKENS = 8192
"""Of a batch at most, padding included, unless a single sentence has more."""
ROOMS = (128, 256, MAX_TOKENS)
"""Tokens that a translation may have: the least of these that is twice its source, or the last."""
SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")
SPACE = re.compile(r"\s+")


class Translation:
    """The outputs of several systems for some sentences, as they come.

    `columns[k][i]` is system k's output for sentence i, None while it is not there; system 0 is the base. `cut` are the
    sentences that are translated in pieces.

    Args:
        translator: a `Translator`.
        adapters: PEFT folders, as many as fit beside the base.
    """

    def __init__(
        self, translator, sources: Sequence[str], adapters: Sequence[Path] = (), beams: int = 1
    ):
        self.translator, self.adapters, self.beams, self.n = (
            translator,
            list(adapters),
            beams,
            len(sources),
        )
        texts = [clean(text) for text in sources]
        parts = [
            [text]
            if tokens <= MAX_TOKENS
            else pieces(text, lambda part: self._count([part])[0] <= MAX_TOKENS)
            for text, tokens in zip(texts, self._count(texts))
        ]
        self.cut = [i for i, part in enumerate(parts) if len(part) > 1]
        self.pieces = [(i, piece) for i, part in enumerate(parts) for piece in part]
        self.tokens = self._count([piece for _, piece in self.pieces])
        self._texts: list[list[str | None]] = [
            [None] * len(self.pieces) for _ in range(1 + len(adapters))
        ]

    def run(
        self, stop: Callable[[], bool] = lambda: False
    ) -> Iterator[tuple[int, int, float | None]]:
        """Yields after each batch: tokens of the source done, in all, and seconds left, None while that is not known."""
        done, spent, paid, total = 0.0, 0.0, 0.0, sum(self.tokens)
        for k, (limit, chunk) in enumerate(chunks(self.tokens, self.beams)):
            tokens = sum(self.tokens[p] for p in chunk) / len(self._texts)
            for system, texts in enumerate(self._texts):
                if stop() and (
                    k or not system
                ):  # without the rest of the first there would be nothing to score
                    return
                began = time.monotonic()
                (column,) = self.translator.compare(
                    [self.pieces[p][1] for p in chunk],
                    self.adapters,
                    num_beams=self.beams,
                    max_new_tokens=limit,
                    only=system,
                )
                for p, text in zip(chunk, column.texts):
                    texts[p] = text
                if k or system:  # the first one compiles
                    spent, paid = spent + time.monotonic() - began, paid + tokens
                done += tokens
                yield round(done), total, spent / paid * (total - done) if paid else None

    def _count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, with all that the model reads."""
        return [
            len(ids) for ids in self.translator.tokenizer.encode([PREFIX + text for text in texts])
        ]

    @property
    def columns(self) -> list[list[str | None]]:
        """The pieces put together."""
        result = [[""] * self.n for _ in self._texts]
        for texts, column in zip(self._texts, result):
            for (i, _), text in zip(self.pieces, texts):
                column[i] = (
                    None
                    if text is None or column[i] is None
                    else f"{column[i]} {text}"
                    if column[i]
                    else text
                )
        return result


def chunks(tokens: Sequence[int], beams: int = 1, seed: int = 0) -> list[tuple[int, list[int]]]:
    """Numbers of items that make a batch, with so many beams for each, and how long its translations may be.

    Sorted by tokens and cut, in an order that is random but for the seed. The room for a translation depends on its own
    source alone, never on what is in the batch with it.
    """
    parts: list[tuple[int, list[int]]] = []
    for i in sorted(range(len(tokens)), key=lambda i: tokens[i]):
        room, rows = (
            next((room for room in ROOMS if room >= 2 * tokens[i]), ROOMS[-1]),
            beams * (len(parts[-1][1]) + 1) if parts else 0,
        )
        if not parts or parts[-1][0] != room or rows > ROWS[-1] or rows * tokens[i] > BATCH_TOKENS:
            parts.append((room, []))
        parts[-1][1].append(i)
    return [parts[i] for i in np.random.default_rng(seed).permutation(len(parts))]


def pieces(text: str, fits: Callable[[str], bool]) -> list[str]:
    """The text, halved until every piece fits: where a sentence ends, else at a space, else anywhere."""
    if len(text) < 2 or fits(text):
        return [text]
    middle = len(text) // 2
    cuts = (
        [match.end() for match in SENTENCE_END.finditer(text)]
        or [match.end() for match in SPACE.finditer(text)]
        or [middle]
    )
    cut = min(cuts, key=lambda place: abs(place - middle))
    return [
        piece for half in (text[:cut].strip(), text[cut:].strip()) for piece in pieces(half, fits)
    ]
