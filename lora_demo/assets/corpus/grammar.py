"""Shared by the grammars of the built-in corpus: read their data, write training tables."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from lora_demo.assets.corpus import Pair, overlapping

GRAMMAR_EVAL, WRITTEN_EVAL = 140, 60
"""Evaluation pairs of the grammar, and written by hand."""


def blocks(file: Path) -> list[list[str]]:
    """Read a data file as blocks of lines, without comments.

    Args:
        file: UTF-8 text with an empty line between blocks; a line that starts with # is a comment.
    """
    lines = (
        line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#")
    )
    return [block.splitlines() for block in "\n".join(lines).strip().split("\n\n")]


def tables(file: Path) -> dict[str, list[str]]:
    """Read a data file as lines by heading.

    Args:
        file: A file as `blocks` reads it; the first line of each block is its heading, `[name]`.
    """
    return {heading.strip("[]"): lines for heading, *lines in blocks(file)}


def sentence(text: str) -> str:
    """Capitalise the first letter of a text.

    Args:
        text: At least one character.
    """
    return text[0].upper() + text[1:]


def read(file: Path) -> list[Pair]:
    """Read a table of pairs without its header.

    Args:
        file: A UTF-8 .tsv file whose columns are German and English.
    """
    _, *lines = file.read_text(encoding="utf-8").splitlines()
    pairs = [line.split("\t") for line in lines]
    return [(german, english) for german, english in pairs]


@dataclass(frozen=True)
class Domain:
    """A domain of the corpus: pairs of its grammar, mixed with pairs written by hand.

    Args:
        folder: Holds `written.tsv`, and `test.tsv` and `probes.tsv`, which no pair of the grammar
            may resemble.
        seed: Seed of all random choices.
        size: Training pairs of the grammar.
        draws: Generates pairs of the grammar without end.
        apart: Tables of other domains that no pair of the grammar may resemble.
    """

    folder: Path
    seed: int
    size: int
    draws: Callable[[random.Random], Iterator[Pair]]
    apart: tuple[Path, ...] = ()

    def write(self) -> None:
        """Write the training and evaluation files again."""
        for name, text in self.files().items():
            (self.folder / name).write_text(text, encoding="utf-8", newline="\n")

    def files(self) -> dict[str, str]:
        """Make the training and evaluation files: name -> content."""
        made, written = self._generate_pairs(), self._read("written")
        random.Random(self.seed).shuffle(written)
        return {
            "train.tsv": self._table(made[GRAMMAR_EVAL:] + written[WRITTEN_EVAL:]),
            "eval.tsv": self._table(made[:GRAMMAR_EVAL] + written[:WRITTEN_EVAL]),
        }

    def _generate_pairs(self) -> list[Pair]:
        """Generate the grammar's pairs, in random order."""
        rng = random.Random(self.seed)
        made = list(islice(self._without_repeats(self.draws(rng)), self.size + GRAMMAR_EVAL))
        rng.shuffle(made)
        return made

    def _without_repeats(self, draws: Iterator[Pair]) -> Iterator[Pair]:
        """Skip pairs that repeat a sentence or are nearly equal to one of the test or probes."""
        kept_apart = self._read("test") + self._read("probes")
        kept_apart += [pair for file in self.apart for pair in read(file)]
        seen = {text for pair in self._read("written") for text in pair}
        for pair in draws:
            if seen.isdisjoint(pair) and not overlapping([pair], kept_apart):
                seen.update(pair)
                yield pair

    def _read(self, name: str) -> list[Pair]:
        """Read a table of the domain's folder."""
        return read(self.folder / f"{name}.tsv")

    def _table(self, pairs: list[Pair]) -> str:
        """Format pairs, in random order, as a table with the columns `de` and `en`."""
        random.Random(self.seed).shuffle(pairs)
        return "\n".join(["de\ten", *map("\t".join, pairs)]) + "\n"
