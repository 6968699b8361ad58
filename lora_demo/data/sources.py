"""Sources of pairs: the built-in corpus, a file or a Hub data set, with a held-out part."""

import contextlib
import functools
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import TypeVar

from lora_demo.data.cleaning import clean
from lora_demo.data.lines import find_line_files
from lora_demo.data.pairs import MAX_CHARACTERS, Pair, read_file, read_two_files
from lora_demo.data.readers import is_data_file, supported_formats
from lora_demo.data.readers.columns import ColumnsNotFoundError
from lora_demo.data.skipped import SkippedRows
from lora_demo.data.splits import split_components
from lora_demo.files import expand_home
from lora_demo.language import _

CORPUS = Path(__file__).parent.parent / "assets" / "corpus"
SEPARATE_DOMAINS = frozenset({"general"})
"""Domains that only `builtin:NAME` reads; `builtin` is the union of the others."""
MAX_HUB_PAIRS = 100_000
HUB_SOURCE = re.compile(r"[\w.-]+(/[\w.-]+)?:[^/]*")
HUB_ADDRESS = re.compile(r"https?://(?:www\.)?huggingface\.co/datasets/([\w.-]+(?:/[\w.-]+)?)")
Read = TypeVar("Read")


@dataclass(frozen=True)
class Dataset:
    """German-English pairs with a held-out part.

    The three parts share no sentence on either side.

    Args:
        id: The source.
        train: Pairs to train on.
        eval: Held-out pairs that choose the best step.
        test: Pairs to measure on; empty if the source has none.
        skipped: Rows of a file that are left out.
    """

    id: str
    train: list[Pair]
    eval: list[Pair]
    test: list[Pair]
    skipped: SkippedRows = field(default_factory=SkippedRows)

    @property
    def sha256(self) -> str:
        """Hash of all pairs in their order."""
        return hash_pairs([*self.train, *self.eval, *self.test])


def hash_pairs(pairs: Sequence[Pair]) -> str:
    """Return the SHA-256 of pairs in their order.

    Args:
        pairs: German and English texts, as in a `Dataset`.
    """
    lines = "\n".join(f"{de}\t{en}" for de, en in pairs)
    return hashlib.sha256(lines.encode()).hexdigest()


def load_dataset(
    source: str = "builtin",
    max_pairs: int | None = None,
    seed: int = 0,
    columns: str | None = None,
) -> Dataset:
    """Read a source of pairs and hold a part out.

    Args:
        source: `builtin`, `builtin:NAME` for one of its domains, a file with a suffix of
            `data.readers.FORMATS`, two files of lines as `data.lines.find_line_files` takes them,
            or a Hub data set as `repository:config:split`, for example
            `wmt/wmt16:de-en:train[:1%]`.
        max_pairs: The largest number of pairs to read; None for all.
        seed: Seed of the split, if the source has none of its own.
        columns: Names of the columns such as `de=Deutsch,en=Englisch`; None to find them.

    Returns:
        The data set.

    Raises:
        ValueError: If the source cannot be read or has too few pairs; it says what to do.
    """
    name, _colon, rest = source.partition(":")
    if name == "builtin":
        return _builtin(source, rest, max_pairs)
    skipped = SkippedRows()
    pairs = list(dict.fromkeys(_read_source(source, max_pairs, columns, skipped)))
    if len(pairs) < 2:
        raise ValueError(
            _(
                "{source} has too few usable pairs: {count}. At least 2 are needed, because one "
                "is held out. Add pairs, or use other data.",
                source=public_source(source),
                count=len(pairs),
            )
        )
    train, held_out = split_components(pairs, min(200, max(1, len(pairs) // 10)), seed)
    return Dataset(source, train, held_out, [], skipped)


def _read_source(
    source: str,
    max_pairs: int | None,
    columns: str | None = None,
    skipped: SkippedRows | None = None,
) -> list[Pair]:
    """Read all pairs of a file, of two files, or of a Hub data set."""
    pairs = read_local_pairs(source, max_pairs, columns, skipped)
    if pairs is not None:
        return pairs
    path = expand_home(source)
    if HUB_SOURCE.fullmatch(source) and not is_data_file(path):
        return _read_hub(source, max_pairs or MAX_HUB_PAIRS, columns)
    raise ValueError(
        _(
            "{problem} Give a {formats} file, two files of lines as GERMAN,ENGLISH, "
            "'builtin', or a Hub data set such as wmt/wmt16:de-en:train[:1%].",
            problem=_describe_missing(source, path),
            formats=supported_formats(),
        )
    )


def _describe_missing(source: str, path: Path) -> str:
    if not source.strip():
        return _("The name of the file is empty.")
    if path.is_dir():
        return _describe_folder(path, path.name or source)
    data_set = HUB_ADDRESS.match(source)
    if data_set:
        return _(
            "That is the address of a data set on the Hub: give its name, config and split, such "
            "as {name}:de-en:train.",
            name=data_set[1],
        )
    if re.match(r"https?://", source):
        return _("{source!r} is an address, not a file: download it first.", source=source[:120])
    names = [name.strip() for name in source.split(",")]
    missing = [name for name in names if not expand_home(name).is_file()]
    name = missing[0] if len(missing) == len(names) - 1 else source
    return _("The file {source!r} was not found.", source=public_source(name))


def _describe_folder(path: Path, name: str) -> str:
    """Say that a folder is not a file, and how to make one of a data set that is saved in it."""
    has_splits = (path / "dataset_dict.json").is_file()
    if not has_splits and not (path / "dataset_info.json").is_file():
        return _("{source} is a folder, not a file.", source=name)
    split = "['train']" if has_splits else ""
    convert = (
        f"import datasets; datasets.load_from_disk('{name}'){split}.to_parquet('pairs.parquet')"
    )
    return _(
        "{source} is a folder in which `datasets` saved a data set. In the folder above it, "
        'convert it to a file: python -c "{convert}".',
        source=name,
        convert=convert,
    )


def read_local_pairs(
    source: str,
    max_pairs: int | None = None,
    columns: str | None = None,
    skipped: SkippedRows | None = None,
) -> list[Pair] | None:
    """Read the pairs of a file, or of two files of lines.

    Args:
        source: As for `load_dataset`.
        max_pairs: The largest number of pairs to read; None for all.
        columns: As for `load_dataset`.
        skipped: Notes the rows that are left out.

    Returns:
        The pairs; None if the source is not on this machine.

    Raises:
        ValueError: If a file cannot be read.
    """
    path = expand_home(source)
    if path.is_file():
        return read_file(path, max_pairs, columns, skipped)
    files = find_line_files(source)
    return read_two_files(files, max_pairs, skipped) if files else None


@functools.lru_cache(maxsize=2)
def _read_hub(source: str, max_pairs: int, columns: str | None) -> list[Pair]:
    """Read a Hub data set; several runs of one process download it once."""
    from lora_demo.data.hub_datasets import hub_pairs

    pairs = [(clean(de), clean(en)) for de, en in hub_pairs(source, max_pairs, columns)]
    return [pair for pair in pairs if all(pair) and max(map(len, pair)) <= MAX_CHARACTERS]


def load_test(source: str, max_pairs: int | None = None, columns: str | None = None) -> list[Pair]:
    """Read pairs to measure on: the built-in corpus's test set, or all pairs of another source.

    Args:
        source: As for `load_dataset`.
        max_pairs: The largest number of pairs; None for all.
        columns: As for `load_dataset`.

    Returns:
        The pairs.

    Raises:
        ValueError: If the source cannot be read or is empty.
    """
    if source.partition(":")[0] == "builtin":
        pairs = _builtin(source, source.partition(":")[2], None).test
    else:
        pairs = _read_source(source, max_pairs, columns)
    if not pairs:
        raise ValueError(
            _(
                "{source} has no pairs to evaluate on. Choose another set.",
                source=public_source(source),
            )
        )
    return pairs[:max_pairs]


def with_columns(read: Callable[[str | None], Read], columns: str | None) -> Read:
    """Read a further source with the columns that were given for the first one, if it has them.

    Args:
        read: Reads the source with names of columns, or with None finds them.
        columns: The given names.

    Returns:
        The result of `read`.

    Raises:
        ValueError: As `read` does.
    """
    if columns is not None:
        with contextlib.suppress(ColumnsNotFoundError):
            return read(columns)
    return read(None)


def builtin_domains() -> list[str]:
    """Return the domains that `builtin` reads: those to train on, but not the separate ones."""
    domains = {path.parent.name for path in CORPUS.glob("*/train.tsv")}
    return sorted(domains - SEPARATE_DOMAINS)


def training_domains() -> list[str]:
    """Return all domains of the built-in corpus that have pairs to train on."""
    return sorted({*builtin_domains(), *SEPARATE_DOMAINS})


def builtin_tests() -> list[str]:
    """Return the test sets of the built-in corpus: of all its domains, and everyday sentences."""
    return sorted(path.parent.name for path in CORPUS.glob("*/test.tsv"))


def _builtin(source: str, domain: str, max_pairs: int | None) -> Dataset:
    domains = [domain] if domain else builtin_domains()
    if domain and domain not in builtin_tests():
        raise ValueError(
            _(
                "The built-in corpus has no domain {domain!r}. Its domains are {domains}.",
                domain=domain,
                domains=", ".join(builtin_tests()),
            )
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
    """Take a pair of each domain in turn, so that every beginning of the list has all domains."""
    return [pair for row in zip_longest(*domains) for pair in row if pair]


def probe_pairs(source: str, dataset: Dataset, count: int = 4) -> list[Pair]:
    """Return pairs to show while training: the built-in corpus's, or the first held-out ones.

    Args:
        source: As for `load_dataset`.
        dataset: The data set that was read from it.
        count: Largest number of pairs. The default is small, since training translates them at
            every evaluation.
    """
    name, _colon, domain = source.partition(":")
    if name != "builtin":
        return dataset.eval[:count]
    return builtin_probes([domain] if domain else builtin_domains(), count)


def builtin_probes(domains: Sequence[str], count: int) -> list[Pair]:
    """Return probes of some domains of the built-in corpus, taken from each in turn.

    Args:
        domains: Names of domains, as `builtin_domains` returns them.
        count: Largest number of pairs.
    """
    return _in_turn([read_file(CORPUS / d / "probes.tsv") for d in domains])[:count]


def public_source(source: str) -> str:
    """Return a source as others may see it: names of files without their folders.

    Args:
        source: As for `load_dataset`, or the id or folder of a base.
    """
    path = expand_home(source)
    if path.is_file():
        return path.name
    files = find_line_files(source)
    if files:
        return ",".join(file.name for file in files)
    return path.name if path.is_absolute() else source
