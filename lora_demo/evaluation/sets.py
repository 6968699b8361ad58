"""Sets to evaluate on: German sentences with one or more English references, and outputs made elsewhere.

Texts stay as they are in their files but for white space at the ends of lines, which is how the `sacrebleu` command
reads them; so its numbers can be had from the same files.
"""

import gzip
import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from lora_demo.data import sources
from lora_demo.data.pairs import Pair
from lora_demo.data.tables import MAX_FILE_BYTES, SUFFIXES, numbered_lines, read_table

SPLITS = ("test", "eval", "train")
COLUMNS = re.compile(r"de|en\d{0,2}")
MAX_CHARACTERS = 20_000
ABSENT = "\0"
"""Stands in a set's hash for a reference that a sentence does not have; an empty one is another thing."""


@dataclass(frozen=True)
class SentenceSet:
    """Sentences and what they should become.

    `references` has one list for each reference, as sacreBLEU takes them; None stands where a sentence has fewer.
    `whole` is how many sentences the file has of which these are the first; None where that is not known.
    """

    id: str
    split: str
    sources: list[str]
    references: list[list[str | None]]
    whole: int | None = None

    def __len__(self) -> int:
        return len(self.sources)

    @property
    def sha256(self) -> str:
        """Hash of all sentences and references in their order."""
        lines = (
            "\t".join(ABSENT if text is None else text for text in row)
            for row in zip(self.sources, *self.references)
        )
        return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()

    def references_of(self, i: int) -> list[str]:
        """The references that sentence `i` has."""
        return [column[i] for column in self.references if column[i] is not None]

    def part(self, rows: Sequence[int]) -> "SentenceSet":
        """Only these sentences."""
        return SentenceSet(
            self.id,
            self.split,
            [self.sources[i] for i in rows],
            [[column[i] for i in rows] for column in self.references],
        )


def load_set(
    source: str = "builtin",
    split: str = "test",
    reference_files: Sequence[Path] = (),
    max_pairs: int | None = None,
    seed: int = 0,
) -> SentenceSet:
    """Reads a set.

    Args:
        source: `builtin`, `builtin:NAME`, a .tsv/.csv (header `de` and `en`, further references in `en2`, `en3`, ...) or
            .jsonl file with the same keys, any other file with one German sentence a line, or a Hub data set as
            `repository:config:split`.
        split: of the built-in corpus. Of a file or a Hub set, `test` is all of it; `train` and `eval` are the parts that
            training on it with this `max_pairs` and `seed` makes.
        reference_files: further references, one English sentence a line.
        max_pairs: read no more than these.
    Raises:
        ValueError: if it cannot be read, is empty, or the numbers of lines differ.
    """
    if split not in SPLITS:
        raise ValueError(f"split = {split!r}: wanted one of {', '.join(SPLITS)}.")
    path = Path(source).expanduser()
    if path.is_file() and split == "test":
        found = _from_file(source, path, max_pairs)
    else:
        found = _from_pairs(source, split, _pairs(source, split, max_pairs, seed))
    found = _with_references(
        found, [(file, read_lines(file)) for file in reference_files], max_pairs
    )
    _check(found, source)
    return found


def _pairs(source: str, split: str, max_pairs: int | None, seed: int) -> list[Pair]:
    if split == "test":
        return sources.load_test(source, max_pairs)
    return getattr(sources.load_dataset(source, max_pairs, seed), split)[:max_pairs]


def _from_pairs(source: str, split: str, pairs: Sequence[Pair]) -> SentenceSet:
    return SentenceSet(source, split, [de for de, _ in pairs], [[en for _, en in pairs]])


def _from_file(source: str, path: Path, max_pairs: int | None) -> SentenceSet:
    if path.suffix.lower() not in SUFFIXES:
        lines = read_lines(path)
        return SentenceSet(source, "test", lines[:max_pairs], [], len(lines))
    table = read_table(path, COLUMNS, ("de",))
    rows = [row for _, row in islice(table, max_pairs)]
    whole = len(rows) + sum(1 for _ in table)
    columns = [name for name in dict.fromkeys(key for row in rows for key in row) if name != "de"]
    return SentenceSet(
        source,
        "test",
        [row["de"].rstrip() for row in rows],
        [_column(rows, name) for name in columns],
        whole,
    )


def _column(rows: Sequence[dict], name: str) -> list[str | None]:
    """A column of references; only in further ones does an empty cell mean that there is none."""
    texts = [row.get(name, "").rstrip() for row in rows]
    return [text or (None if name != "en" else "") for text in texts]


def read_lines(path: Path) -> list[str]:
    """The lines of a text file, or of one that gzip packed (.gz), as the `sacrebleu` command reads them: a line feed alone ends a line.

    One thing differs: a byte-order mark is left out here, and is a part of the first line there.

    Raises:
        ValueError: if it cannot be read, or is too large.
    """
    path = Path(path)
    try:
        with (gzip.open if path.name.endswith(".gz") else open)(
            path.expanduser(), "rt", encoding="utf-8-sig", newline="\n"
        ) as file:
            return [line.rstrip() for line in _bounded(numbered_lines(file, path.name), path.name)]
    except UnicodeDecodeError:
        raise ValueError(f"{path} cannot be read (not UTF-8 text).") from None
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(
            f"{path} cannot be read ({getattr(error, 'strerror', None) or 'not a whole gzip file'})."
        ) from None


def _bounded(lines: Iterable[str], name: str) -> Iterator[str]:
    """The lines, while they are together no larger than a table may be; a packed file does not look as large as it is."""
    size = 0
    for line in lines:
        size += len(line)
        if size > MAX_FILE_BYTES:
            raise ValueError(f"{name} has over {MAX_FILE_BYTES:,} characters; cut it down.")
        yield line


def _with_references(
    found: SentenceSet, files: Sequence[tuple[Path, list[str]]], max_pairs: int | None
) -> SentenceSet:
    for path, lines in files:
        if not _fits(len(lines), found, max_pairs):
            raise ValueError(
                f"{found.id} has {_size(found)}, but the reference {path} has {len(lines):,} lines; each sentence wants its line."
            )
    return replace(
        found, references=[*found.references, *(lines[:max_pairs] for _, lines in files)]
    )


def _fits(lines: int, found: SentenceSet, max_pairs: int | None) -> bool:
    """Whether a file has a line for each of these sentences, or for each of the whole set that they are the first of."""
    return (
        min(lines, max_pairs or lines) == len(found)
        if found.whole is None
        else lines in (len(found), found.whole)
    )


def _size(found: SentenceSet) -> str:
    """How many sentences there are, in words."""
    taken = (
        f", of which the first {len(found):,} are taken"
        if found.whole and found.whole > len(found)
        else ""
    )
    return f"{found.whole or len(found):,} sentences{taken}"


def _check(found: SentenceSet, source: str):
    if not len(found):
        what = (
            f"no {found.split} part"
            if source.startswith("builtin") or found.split != "test"
            else "no sentences"
        )
        raise ValueError(f"{source} has {what}: there is nothing to evaluate.")
    if not found.references:
        raise ValueError(
            f"{source} has no references: give a file with the columns de and en, or add --reference FILE with one English sentence a line."
        )
    for i, row in enumerate(zip(found.sources, *found.references), 1):
        if max(len(text or "") for text in row) > MAX_CHARACTERS:
            raise ValueError(
                f"{source}, sentence {i}: it has over {MAX_CHARACTERS:,} characters; split it."
            )
        if all(text is None for text in row[1:]):
            raise ValueError(f"{source}, sentence {i}: it has no reference.")


def read_outputs(path: Path, sentences: SentenceSet, max_pairs: int | None = None) -> list[str]:
    """One system's outputs from a file, a line for each sentence of the set.

    Args:
        max_pairs: read no more than these, as for the set.
    Raises:
        ValueError: naming both numbers, if they differ.
    """
    lines = read_lines(path)
    if not _fits(len(lines), sentences, max_pairs):
        raise ValueError(
            f"{path} has {len(lines):,} lines, but {sentences.id} has {_size(sentences)}; each sentence wants its line."
        )
    long = next((i for i, line in enumerate(lines, 1) if len(line) > MAX_CHARACTERS), None)
    if long:
        raise ValueError(f"{path}, line {long}: it has over {MAX_CHARACTERS:,} characters.")
    return lines[:max_pairs]
