"""German-English pairs: from the built-in corpus, a file or a Hub data set to splits and ids."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from lora_demo.data.cleaning import clean
from lora_demo.data.pairs import MAX_CHARACTERS, Pair, read_file
from lora_demo.data.splits import split_components
from lora_demo.data.tables import SUFFIXES

CORPUS = Path(__file__).parent.parent / "assets" / "corpus"
MAX_HUB_PAIRS = 100_000


@dataclass(frozen=True)
class Dataset:
    """German-English pairs with a held-out part.

    `train`, `eval` and `test` share no sentence on either side; `test` is empty where the source brings none.
    """

    id: str
    train: list[Pair]
    eval: list[Pair]
    test: list[Pair]

    @property
    def sha256(self) -> str:
        """Hash of all pairs in their order."""
        lines = "\n".join(
            f"{de}\t{en}" for part in (self.train, self.eval, self.test) for de, en in part
        )
        return hashlib.sha256(lines.encode()).hexdigest()


def load_dataset(source: str = "builtin", max_pairs: int | None = None, seed: int = 0) -> Dataset:
    """Reads a source of pairs and holds a part out.

    Args:
        source: `builtin`, `builtin:NAME` for one of its domains, a .tsv/.csv/.jsonl file, or a Hub data set as
            `repository:config:split`, e.g. `wmt/wmt16:de-en:train[:1%]`.
        max_pairs: read no more than these.
        seed: of the split, where the source has none of its own.
    Raises:
        ValueError: if it cannot be read or has too few pairs; the message says what to do.
    """
    name, _, rest = source.partition(":")
    if name == "builtin":
        return _builtin(source, rest, max_pairs)
    pairs = list(dict.fromkeys(_read_source(source, max_pairs)))
    if len(pairs) < 2:
        raise ValueError(
            f"{public_source(source)} has {len(pairs)} usable pair(s); at least 2 are needed, one of them to hold out."
        )
    train, held_out = split_components(pairs, min(200, max(1, len(pairs) // 10)), seed)
    return Dataset(source, train, held_out, [])


def _read_source(source: str, max_pairs: int | None) -> list[Pair]:
    """All pairs of a file or a Hub data set."""
    path = Path(source).expanduser()
    if path.is_file():
        return read_file(path, max_pairs)
    if re.fullmatch(r"[\w.-]+(/[\w.-]+)?:[^/]*", source) and not path.suffix.lower() in SUFFIXES:
        from lora_demo.data.hub_datasets import hub_pairs

        return [
            pair
            for pair in (
                tuple(map(clean, row)) for row in hub_pairs(source, max_pairs or MAX_HUB_PAIRS)
            )
            if all(pair) and max(map(len, pair)) <= MAX_CHARACTERS
        ]
    raise ValueError(
        f"There is no file {public_source(source)!r}; give a .tsv, .csv or .jsonl file, 'builtin', or a Hub data set such as wmt/wmt16:de-en:train[:1%]."
    )


def load_test(source: str, max_pairs: int | None = None) -> list[Pair]:
    """Pairs to measure on: the built-in corpus's test, or all pairs of a file or a Hub data set.

    Raises:
        ValueError: if it cannot be read or is empty.
    """
    if source.partition(":")[0] == "builtin":
        pairs = _builtin(source, source.partition(":")[2], None).test
    else:
        pairs = _read_source(source, max_pairs)
    if not pairs:
        raise ValueError(f"{public_source(source)} has no pairs to measure on.")
    return pairs[:max_pairs]


def builtin_domains() -> list[str]:
    """The domains of the built-in corpus that can be trained on."""
    return sorted(path.parent.name for path in CORPUS.glob("*/train.tsv"))


def builtin_tests() -> list[str]:
    """The test sets of the built-in corpus: the domains' and everyday sentences."""
    return sorted(path.parent.name for path in CORPUS.glob("*/test.tsv"))


def _builtin(source: str, domain: str, max_pairs: int | None) -> Dataset:
    domains = [domain] if domain else builtin_domains()
    if domain and domain not in builtin_tests():
        raise ValueError(
            f"The built-in corpus has no domain {domain!r}; it has {', '.join(builtin_tests())}."
        )
    files = {
        part: [CORPUS / d / f"{part}.tsv" for d in domains] for part in ("train", "eval", "test")
    }
    parts = {
        part: _in_turn([read_file(path) for path in paths if path.is_file()])
        for part, paths in files.items()
    }
    return Dataset(source, parts["train"][:max_pairs], parts["eval"], parts["test"])


def _in_turn(domains: Sequence[list[Pair]]) -> list[Pair]:
    """Pairs of each domain in turn, so that the first so many are of all."""
    return [pair for row in zip_longest(*domains) for pair in row if pair]


def probe_pairs(source: str, dataset: Dataset, count: int = 4) -> list[Pair]:
    """A few pairs to show while training: the built-in corpus's own, or the first held-out ones."""
    name, _, domain = source.partition(":")
    if name != "builtin":
        return dataset.eval[:count]
    return builtin_probes([domain] if domain else builtin_domains(), count)


def builtin_probes(domains: Sequence[str], count: int) -> list[Pair]:
    """Probes of these domains of the built-in corpus, taken from each in turn."""
    return _in_turn([read_file(CORPUS / d / "probes.tsv") for d in domains])[:count]


def public_source(source: str) -> str:
    """A source of pairs as it may be told to others: of a file, the name alone, not where it lies on this machine."""
    path = Path(source).expanduser()
    return path.name if path.is_absolute() or path.is_file() else source
