"""What the grammars of the built-in corpus share: reading their data, keeping their pairs apart, writing the tables."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from lora_demo.assets.corpus import Pair, overlapping

GRAMMAR_EVAL, WRITTEN_EVAL = 140, 60
"""Evaluation pairs, by where they come from."""


def blocks(file: Path) -> list[list[str]]:
    """The blocks of lines of a data file, without its opening comment."""
    lines = (
        line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#")
    )
    return [block.splitlines() for block in "\n".join(lines).strip().split("\n\n")]


def tables(file: Path) -> dict[str, list[str]]:
    """The lines of a data file under each of its headings."""
    return {heading.strip("[]"): lines for heading, *lines in blocks(file)}


def sentence(text: str) -> str:
    """The text, beginning with a capital."""
    return text[0].upper() + text[1:]


@dataclass(frozen=True)
class Domain:
    """A domain of the corpus: pairs of its grammar, mixed with those written by hand.

    Args:
        folder: holds `written.tsv`, and `test.tsv` and `probes.tsv`, which no pair of the grammar comes near.
        draws: draws pairs of the grammar without end; `size` of them are trained on.
    """

    folder: Path
    seed: int
    size: int
    draws: Callable[[random.Random], Iterator[Pair]]

    def write(self) -> None:
        """Rewrites the training and evaluation pairs."""
        for name, text in self.files().items():
            (self.folder / name).write_text(text, encoding="utf-8", newline="\n")

    def files(self) -> dict[str, str]:
        """The training and evaluation files and what stands in them."""
        made, written = self._made(), self._read("written")
        random.Random(self.seed).shuffle(written)
        return {
            "train.tsv": self._table(made[GRAMMAR_EVAL:] + written[WRITTEN_EVAL:]),
            "eval.tsv": self._table(made[:GRAMMAR_EVAL] + written[:WRITTEN_EVAL]),
        }

    def _made(self) -> list[Pair]:
        """The grammar's pairs, in random order."""
        rng = random.Random(self.seed)
        made = list(islice(self._new(self.draws(rng)), self.size + GRAMMAR_EVAL))
        rng.shuffle(made)
        return made

    def _new(self, draws: Iterator[Pair]) -> Iterator[Pair]:
        """Those that repeat no sentence and are not nearly equal to one of the test or the probes."""
        kept_apart = self._read("test") + self._read("probes")
        seen = {text for pair in self._read("written") for text in pair}
        for pair in draws:
            if seen.isdisjoint(pair) and not overlapping([pair], kept_apart):
                seen.update(pair)
                yield pair

    def _read(self, name: str) -> list[Pair]:
        _, *lines = (self.folder / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
        return [tuple(line.split("\t")) for line in lines]

    def _table(self, pairs: list[Pair]) -> str:
        """The pairs, in random order, as two columns, `de` and `en`."""
        random.Random(self.seed).shuffle(pairs)
        return "\n".join(["de\ten", *map("\t".join, pairs)]) + "\n"
