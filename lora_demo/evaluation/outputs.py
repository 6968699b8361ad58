"""Translates a set with the base and adapters, chunk by chunk; it can be stopped, and says how long it will take.

Sentences of about one length make a chunk, so that little is padded; chunks come in random order, so that what is done
when somebody stops is a fair sample of the set, and the time left can be told from the time taken.
"""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from lora_demo.training.data import PREFIX, clean

CHUNK = 64
MAX_TOKENS = 512
"""What one text may have; longer ones are translated in pieces."""
SHORT = 150
"""Characters that surely have fewer tokens than that."""
SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")
SPACE = re.compile(r"\s+")


class Translation:
    """The outputs of several systems for some sentences, as they come.

    `columns[k][i]` is system k's output for sentence i, None while it is not there; system 0 is the base.

    Args:
        translator: a `Translator`.
        adapters: PEFT folders, as many as fit beside the base.
    """

    def __init__(self, translator, sources: Sequence[str], adapters: Sequence[Path] = (), beams: int = 1):
        self.translator, self.adapters, self.beams = translator, list(adapters), beams
        self.pieces = [(i, piece) for i, text in enumerate(sources) for piece in pieces(clean(text), self._fits)]
        self._texts: list[list[str | None]] = [[None] * len(self.pieces) for _ in range(1 + len(adapters))]
        self.n = len(sources)

    def run(self, stop: Callable[[], bool] = lambda: False) -> Iterator[tuple[int, int, float | None]]:
        """Yields after each chunk: pieces done, pieces in all, and seconds left, None while that is not known."""
        weights = [len(PREFIX) + len(piece) for _, piece in self.pieces]
        done, spent, paid = 0, 0.0, 0
        for k, chunk in enumerate(chunks(weights)):
            if stop():
                return
            began = time.monotonic()
            columns = self.translator.compare([self.pieces[p][1] for p in chunk], self.adapters, num_beams=self.beams)
            for texts, column in zip(self._texts, columns):
                for p, text in zip(chunk, column.texts):
                    texts[p] = text
            done += len(chunk)
            if k:  # the first one compiles
                spent, paid = spent + time.monotonic() - began, paid + sum(weights[p] for p in chunk)
            left = sum(w for w, text in zip(weights, self._texts[0]) if text is None)
            yield done, len(self.pieces), spent / paid * left if paid else None

    def _fits(self, text: str) -> bool:
        return len(text) < SHORT or len(self.translator.tokenizer.encode([PREFIX + text])[0]) <= MAX_TOKENS

    @property
    def columns(self) -> list[list[str | None]]:
        """The pieces put together."""
        result = [[""] * self.n for _ in self._texts]
        for texts, column in zip(self._texts, result):
            for (i, _), text in zip(self.pieces, texts):
                column[i] = None if text is None or column[i] is None else f"{column[i]} {text}" if column[i] else text
        return result


def chunks(weights: Sequence[int], size: int = CHUNK, seed: int = 0) -> list[list[int]]:
    """Numbers of items, sorted by weight and cut; in an order that is random but for the seed."""
    order = sorted(range(len(weights)), key=lambda i: weights[i])
    parts = [order[start : start + size] for start in range(0, len(order), size)]
    return [parts[i] for i in np.random.default_rng(seed).permutation(len(parts))]


def pieces(text: str, fits: Callable[[str], bool]) -> list[str]:
    """The text, halved until every piece fits: where a sentence ends, else at a space, else anywhere."""
    if len(text) < 2 or fits(text):
        return [text]
    middle = len(text) // 2
    cuts = [match.end() for match in SENTENCE_END.finditer(text)] or [match.end() for match in SPACE.finditer(text)] or [middle]
    cut = min(cuts, key=lambda place: abs(place - middle))
    return [piece for half in (text[:cut].strip(), text[cut:].strip()) for piece in pieces(half, fits)]
