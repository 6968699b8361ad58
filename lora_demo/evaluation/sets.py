"""Sets to evaluate on: German sentences with one or more English references.

Texts stay as they are in their files, except for white space at the ends of lines. The `sacrebleu`
command reads them in the same way, so it computes the same numbers from the same files.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from lora_demo.data import sources
from lora_demo.data.lines import find_line_files, read_line_files, read_lines
from lora_demo.data.readers import is_data_file, read_rows
from lora_demo.data.readers.columns import Columns
from lora_demo.data.readers.missing import MISSING, lacks_side
from lora_demo.data.readers.rows import NumberedRow
from lora_demo.data.skipped import SkippedRows
from lora_demo.files import expand_home
from lora_demo.language import _, ngettext

SPLITS = ("test", "eval", "train")
COLUMNS = Columns(re.compile(r"de|en\d{0,2}"), ("de",))
BREAKS = re.compile(r"[\t\r\n]+")
"""Breaks inside a cell, which a file with one sentence a line cannot hold."""
MAX_CHARACTERS = 20_000
MISSING_REFERENCE = "\0"
"""Replaces a missing reference in a set's hash, so that it differs from an empty one."""


@dataclass(frozen=True)
class SentenceSet:
    """German sentences with their references.

    Attributes:
        id: The source, as it was given.
        split: `test`, `eval` or `train`.
        sources: The German sentences.
        references: One list for each reference, as sacreBLEU takes them; None where a sentence has
            fewer references.
        file_size: Number of sentences in the file that these are the first of; None if unknown.
        skipped: Rows of the file that are left out, because a side is missing.
    """

    id: str
    split: str
    sources: list[str]
    references: list[list[str | None]]
    file_size: int | None = None
    skipped: SkippedRows = field(default_factory=SkippedRows)

    def __len__(self) -> int:
        return len(self.sources)

    @property
    def sha256(self) -> str:
        """Hash of all sentences and references in their order."""
        lines = []
        for row in zip(self.sources, *self.references, strict=True):
            lines.append("\t".join(MISSING_REFERENCE if text is None else text for text in row))
        return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()

    def references_of(self, i: int) -> list[str]:
        """List the references of sentence `i`.

        Args:
            i: The row of the sentence, from 0.
        """
        texts = [column[i] for column in self.references]
        return [text for text in texts if text is not None]

    def part(self, rows: Sequence[int]) -> "SentenceSet":
        """Select some of the sentences.

        Args:
            rows: The rows to keep, in the order of the result.
        """
        return SentenceSet(
            self.id,
            self.split,
            [self.sources[i] for i in rows],
            [[column[i] for i in rows] for column in self.references],
            skipped=self.skipped,
        )


def load_set(
    source: str = "builtin",
    split: str = "test",
    reference_files: Sequence[Path] = (),
    max_pairs: int | None = None,
    seed: int = 0,
    columns: str | None = None,
) -> SentenceSet:
    """Read a set.

    Args:
        source: `builtin`, `builtin:NAME`, a file with a suffix of `data.readers.FORMATS` (further
            references in the columns `en2`, `en3`, ...), two files of lines, any other text file
            with one German sentence a line, or a Hub data set as `repository:config:split`.
        split: Part of the built-in corpus. For a file or a Hub data set, `test` is all; `train`
            and `eval` are the parts that training with this `max_pairs` and `seed` makes.
        reference_files: Further references, one English sentence a line.
        max_pairs: Read only the first sentences, at most this many.
        seed: The seed of the split.
        columns: Names of the columns such as `de=Deutsch,en=Englisch`; None to find them.

    Returns:
        The set.

    Raises:
        ValueError: If the set cannot be read, is empty, or the numbers of lines differ.
    """
    if split not in SPLITS:
        raise ValueError(
            _(
                "split = {split!r} (must be one of {allowed}).",
                split=split,
                allowed=", ".join(SPLITS),
            )
        )
    path = expand_home(source)
    files = find_line_files(source) if split == "test" else None
    if path.is_file() and split == "test":
        sentences = _from_file(source, path, max_pairs, columns)
    elif files:
        sentences = _from_rows(source, read_line_files(files), max_pairs)
    else:
        sentences = _load_pairs(source, split, max_pairs, seed, columns)
    sentences = _add_references(sentences, reference_files, max_pairs)
    _check(sentences, source)
    return sentences


def _load_pairs(
    source: str, split: str, max_pairs: int | None, seed: int, columns: str | None
) -> SentenceSet:
    skipped = SkippedRows()
    if split == "test":
        pairs = sources.load_test(source, max_pairs, columns)
    else:
        dataset = sources.load_dataset(source, max_pairs, seed, columns)
        pairs, skipped = getattr(dataset, split)[:max_pairs], dataset.skipped
    german = [de for de, _unused in pairs]
    return SentenceSet(source, split, german, [[en for _unused, en in pairs]], skipped=skipped)


def _from_file(source: str, path: Path, max_pairs: int | None, columns: str | None) -> SentenceSet:
    if not is_data_file(path):
        lines = read_lines(path)
        return SentenceSet(source, "test", lines[:max_pairs], [], len(lines))
    return _from_rows(source, read_rows(path, COLUMNS.named(columns)), max_pairs)


def _from_rows(source: str, table: Iterator[NumberedRow], max_pairs: int | None) -> SentenceSet:
    skipped = SkippedRows()
    complete = _complete_rows(table, skipped)
    rows = list(islice(complete, max_pairs))
    file_size = len(rows) + sum(1 for _unused in complete)
    names = dict.fromkeys(name for row in rows for name in row if name != "de")
    return SentenceSet(
        source,
        "test",
        [_one_line(row["de"]) for row in rows],
        [_reference_column(rows, name) for name in names],
        file_size,
        skipped,
    )


def _complete_rows(
    table: Iterator[NumberedRow], skipped: SkippedRows
) -> Iterator[Mapping[str, str]]:
    """Yield the rows that lack no side; an empty cell is a text to score."""
    for number, row in table:
        if lacks_side(row):
            skipped.empty.append(number)
        else:
            skipped.note_words(number, list(row.values()))
            yield row


def _one_line(text: str) -> str:
    return BREAKS.sub(" ", text).rstrip()


def _reference_column(rows: Sequence[Mapping[str, str]], name: str) -> list[str | None]:
    """Read a column of references; an empty cell means "no reference", except in `en`.

    A missing value always means "no reference".
    """
    cells = [row.get(name, "") for row in rows]
    texts = [None if cell is MISSING else _one_line(cell) for cell in cells]
    if name == "en":
        return texts
    return [text or None for text in texts]


def _add_references(
    sentences: SentenceSet, files: Sequence[Path], max_pairs: int | None
) -> SentenceSet:
    columns: list[list[str | None]] = []
    for path in files:
        lines = read_lines(path)
        if not has_right_length(len(lines), sentences, max_pairs):
            raise ValueError(
                _(
                    "{set} has {size}, but the number of lines in the reference {path} is "
                    "{count:,}. Give one line for each sentence.",
                    set=sentences.id,
                    size=describe_length(sentences),
                    path=path,
                    count=len(lines),
                )
            )
        columns.append(list(lines[:max_pairs]))
    return replace(sentences, references=[*sentences.references, *columns])


def has_right_length(lines: int, sentences: SentenceSet, max_pairs: int | None) -> bool:
    """Check for one line for each sentence of a set, or of the file that it is the start of.

    Args:
        lines: The number of lines.
        sentences: The set.
        max_pairs: The most sentences that were read; None: all.
    """
    if sentences.file_size is None:
        return min(lines, max_pairs or lines) == len(sentences)
    return lines in (len(sentences), sentences.file_size)


def describe_length(sentences: SentenceSet) -> str:
    """Say how many sentences the file of a set has, and how many of them are used.

    Args:
        sentences: The set, which may be only the start of its file.
    """
    size = sentences.file_size or len(sentences)
    if size > len(sentences):
        return ngettext(
            "{size:,} sentences, of which only the first is used",
            "{size:,} sentences, of which the first {count:,} are used",
            len(sentences),
            size=size,
        )
    number = ngettext("{count:,} sentence", "{count:,} sentences", size)
    left_out = len(sentences.skipped.empty)
    if left_out:
        return ngettext(
            "{sentences}, because {count:,} row with a missing side is left out",
            "{sentences}, because {count:,} rows with a missing side are left out",
            left_out,
            sentences=number,
        )
    return number


def _check(sentences: SentenceSet, source: str) -> None:
    if not len(sentences):
        has_parts = source.startswith("builtin") or sentences.split != "test"
        missing = _("no {split} part", split=sentences.split) if has_parts else _("no sentences")
        raise ValueError(
            _(
                "{source} has {missing}, so there is nothing to evaluate.",
                source=source,
                missing=missing,
            )
        )
    if not sentences.references:
        raise ValueError(
            _(
                "{source} has no references. Give a file with the columns de and en, name the "
                "columns with --columns de=NAME,en=NAME, or add --reference FILE with one English "
                "sentence per line.",
                source=source,
            )
        )
    for number, row in enumerate(zip(sentences.sources, *sentences.references, strict=True), 1):
        if max(len(text or "") for text in row) > MAX_CHARACTERS:
            raise ValueError(
                _(
                    "{source}, sentence {number}: it has more than {limit:,} "
                    "characters. Split it into shorter sentences.",
                    source=source,
                    number=number,
                    limit=MAX_CHARACTERS,
                )
            )
        if all(text is None for text in row[1:]):
            raise ValueError(
                _(
                    "{source}, sentence {number}: it has no reference. Add one, or remove the "
                    "sentence.",
                    source=source,
                    number=number,
                )
            )


def read_outputs(path: Path, sentences: SentenceSet, max_pairs: int | None = None) -> list[str]:
    """Read one system's outputs from a file with one line for each sentence.

    Args:
        path: The file.
        sentences: The set.
        max_pairs: Read only the first lines, at most this many, as for the set.

    Returns:
        The outputs in the order of the set.

    Raises:
        ValueError: If the numbers of lines and sentences differ, or a line is too long.
    """
    lines = read_lines(path)
    if not has_right_length(len(lines), sentences, max_pairs):
        raise ValueError(
            _(
                "The number of lines in {path} is {count:,}, but {set} has {size}. Give one line "
                "for each sentence.",
                path=path,
                count=len(lines),
                set=sentences.id,
                size=describe_length(sentences),
            )
        )
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_CHARACTERS:
            raise ValueError(
                _(
                    "{path}, line {number}: it has more than {limit:,} characters. Shorten it.",
                    path=path,
                    number=number,
                    limit=MAX_CHARACTERS,
                )
            )
    return lines[:max_pairs]
