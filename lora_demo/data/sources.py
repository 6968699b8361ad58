"""German-English pairs: from the built-in corpus, a file or a Hub data set to splits and ids."""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np

from lora_demo.data.tables import SUFFIXES, read_table

PREFIX = "translate German to English: "
CORPUS = Path(__file__).parent.parent / "assets" / "corpus"
MAX_CHARACTERS = 5_000
MAX_HUB_PAIRS = 100_000
MOST_MARKS = 30
"""Combining marks in a row; more are no text (Unicode's Stream-Safe Text Format), and sorting them takes time that grows with their square."""
LONG = 1_000
"""Characters from which marks are counted."""

Pair = tuple[str, str]


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


def read_file(path: Path, max_pairs: int | None = None) -> list[Pair]:
    """The pairs of a .tsv, .csv (header `de,en`) or .jsonl file, cleaned; lines with an empty side are left out.

    Raises:
        ValueError: for another kind of file, another header, or a broken line, with its number.
    """
    pairs = []
    for number, row in read_table(path, re.compile("de|en"), ("de", "en")):
        de, en = clean(row["de"]), clean(row["en"])
        if max(len(de), len(en)) > MAX_CHARACTERS:
            raise ValueError(
                f"{path.name}, line {number}: a sentence has over {MAX_CHARACTERS} characters; split it."
            )
        if de and en:
            pairs.append((de, en))
        if max_pairs and len(pairs) >= max_pairs:
            break
    return pairs


ODD_SPACES = re.compile(r"\s+")
INVISIBLE = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]"
)


def clean(text: str) -> str:
    """NFC, one plain space wherever there is white space, no soft hyphens, zero-width, direction or control characters."""
    if len(text) > LONG:
        text = _with_few_marks(text)
    return ODD_SPACES.sub(" ", INVISIBLE.sub("", unicodedata.normalize("NFC", text))).strip()


def _with_few_marks(text: str) -> str:
    run, kept = 0, []
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run <= MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def public_source(source: str) -> str:
    """A source of pairs as it may be told to others: of a file, the name alone, not where it lies on this machine."""
    path = Path(source).expanduser()
    return path.name if path.is_absolute() or path.is_file() else source


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


@dataclass(frozen=True)
class Example:
    """Ids of a source and its target, both with T5's end token."""

    source: list[int]
    target: list[int]


def encode_pairs(
    tokenizer, pairs: Sequence[Pair], prefix: str = PREFIX, max_length: int = 256
) -> list[Example]:
    """Pairs -> ids; what is longer than `max_length` tokens is cut and keeps its end token."""
    sources = tokenizer.encode([prefix + de for de, _ in pairs])
    targets = tokenizer.encode([en for _, en in pairs])
    cut = lambda ids: ids if len(ids) <= max_length else ids[: max_length - 1] + ids[-1:]
    return [Example(cut(s), cut(t)) for s, t in zip(sources, targets)]
