"""Translates a set with the base and adapters, batch by batch, so that it can be stopped.

A chunk is one batch of sentences of similar length, so that it needs little padding. The systems
translate it one after the other, and others who share the translator take their turn in between.
Chunks come in random order, so that what is done before a stop is a fair sample of the set and the
time left can be estimated from the time taken.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lora_demo.data.cleaning import clean
from lora_demo.data.encoding import PREFIX
from lora_demo.data.pieces import Piece, join_pieces, split_text
from lora_demo.model.programs import LENGTHS, ROWS

if TYPE_CHECKING:
    from lora_demo.translator import Translator

MAX_TOKENS = LENGTHS[-1]
"""Longest text that is translated in one piece."""
MAX_BATCH_TOKENS = 8192
"""Tokens of a batch with padding, unless a single sentence has more."""
OUTPUT_LENGTHS = (128, 256, MAX_TOKENS)
"""Limits for the tokens of a translation: the first that is twice its source, or the last."""


class Translation:
    """The outputs of several systems for some sentences.

    System 0 is the base. `split` lists the sentences that are translated in pieces.

    Args:
        translator: The translator.
        sources: The German sentences.
        adapters: PEFT folders, as many as fit next to the base.
        beams: 1 (greedy) or more.
    """

    def __init__(
        self,
        translator: "Translator",
        sources: Sequence[str],
        adapters: Sequence[Path] = (),
        beams: int = 1,
    ) -> None:
        self.translator = translator
        self.adapters = list(adapters)
        self.beams = beams
        self.n = len(sources)
        self._parts = self._split([clean(text) for text in sources])
        self.split = [i for i, pieces in enumerate(self._parts) if len(pieces) > 1]
        self._pieces = [piece.text for pieces in self._parts for piece in pieces]
        self.tokens = self._count_tokens(self._pieces)
        self._texts: list[list[str | None]] = [
            [None] * len(self._pieces) for _ in range(1 + len(self.adapters))
        ]

    def _split(self, texts: Sequence[str]) -> list[list[Piece]]:
        """Split the texts that are too long for the model into pieces."""
        return [
            [Piece(text, "")]
            if tokens <= MAX_TOKENS
            else split_text(text, self._count_tokens, MAX_TOKENS)
            for text, tokens in zip(texts, self._count_tokens(texts), strict=True)
        ]

    def _count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text, with the prefix that the model reads."""
        encoded = self.translator.tokenizer.encode([PREFIX + text for text in texts])
        return [len(ids) for ids in encoded]

    def run(
        self, stop: Callable[[], bool] = lambda: False
    ) -> Iterator[tuple[int, int, float | None]]:
        """Translate everything.

        Args:
            stop: Checked before each batch; when it returns True, the rest is left out.

        Yields:
            After each batch: source tokens done, source tokens in all, and seconds left (None while
            unknown).
        """
        total = sum(self.tokens)
        done = timed_tokens = seconds = 0.0
        for k, (limit, chunk) in enumerate(plan_chunks(self.tokens, self.beams)):
            tokens = sum(self.tokens[p] for p in chunk) / len(self._texts)
            for system in range(len(self._texts)):
                # without the rest of the first chunk there would be nothing to score
                may_stop = k > 0 or system == 0
                if stop() and may_stop:
                    return
                started = time.monotonic()
                self._translate(system, chunk, limit)
                is_compiling = k == 0 and system == 0
                if not is_compiling:
                    seconds += time.monotonic() - started
                    timed_tokens += tokens
                done += tokens
                left = seconds / timed_tokens * (total - done) if timed_tokens else None
                yield round(done), total, left

    def _translate(self, system: int, chunk: Sequence[int], limit: int) -> None:
        (column,) = self.translator.compare(
            [self._pieces[p] for p in chunk],
            self.adapters,
            num_beams=self.beams,
            max_new_tokens=limit,
            only=system,
        )
        for p, text in zip(chunk, column.texts, strict=True):
            self._texts[system][p] = text

    @property
    def columns(self) -> list[list[str | None]]:
        """Each system's output for each sentence; None while a piece of it is missing."""
        return [self._join(texts) for texts in self._texts]

    def _join(self, texts: Sequence[str | None]) -> list[str | None]:
        rest = iter(texts)
        return [_join_done(pieces, [next(rest) for _ in pieces]) for pieces in self._parts]


def _join_done(pieces: Sequence[Piece], texts: Sequence[str | None]) -> str | None:
    """Join the outputs of a text's pieces; None while one is missing."""
    done = [text for text in texts if text is not None]
    return join_pieces(pieces, done) if len(done) == len(pieces) else None


def plan_chunks(
    tokens: Sequence[int], beams: int = 1, seed: int = 0
) -> list[tuple[int, list[int]]]:
    """Plan batches of texts of similar length, in random order.

    The output limit of a text depends on the text alone, not on the rest of its batch.

    Args:
        tokens: The tokens of each text.
        beams: Rows that each text needs.
        seed: The seed of the order.

    Returns:
        For each batch the output limit in tokens and the positions of its texts.
    """
    chunks: list[tuple[int, list[int]]] = []
    for i in sorted(range(len(tokens)), key=lambda i: tokens[i]):
        limit = _output_limit(tokens[i])
        if not chunks or not _fits(chunks[-1], limit, tokens[i], beams):
            chunks.append((limit, []))
        chunks[-1][1].append(i)
    return [chunks[i] for i in np.random.default_rng(seed).permutation(len(chunks))]


def _output_limit(tokens: int) -> int:
    return next((limit for limit in OUTPUT_LENGTHS if limit >= 2 * tokens), OUTPUT_LENGTHS[-1])


def _fits(chunk: tuple[int, list[int]], limit: int, tokens: int, beams: int) -> bool:
    """Check whether a batch has room for one more text, its longest."""
    chunk_limit, texts = chunk
    rows = beams * (len(texts) + 1)
    return chunk_limit == limit and rows <= ROWS[-1] and rows * tokens <= MAX_BATCH_TOKENS
