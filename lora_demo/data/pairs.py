"""German-English pairs from files."""

from collections.abc import Iterable
from pathlib import Path

from lora_demo.data.cleaning import clean
from lora_demo.data.lines import LineFiles, read_line_files
from lora_demo.data.readers import read_rows
from lora_demo.data.readers.columns import PAIR_COLUMNS
from lora_demo.data.readers.rows import NumberedRow
from lora_demo.data.skipped import SkippedRows
from lora_demo.language import _

MAX_CHARACTERS = 5_000
"""Characters of a sentence."""
Pair = tuple[str, str]
"""A German sentence and its English translation."""


def read_file(
    path: Path,
    max_pairs: int | None = None,
    columns: str | None = None,
    skipped: SkippedRows | None = None,
) -> list[Pair]:
    """Read and clean the pairs of a file; rows with an empty side are left out.

    Args:
        path: A file with a suffix of `data.readers.FORMATS`.
        max_pairs: Stop after this number of pairs; None for all.
        columns: Names of its columns such as `de=Deutsch,en=Englisch`; None to find them.
        skipped: Notes the rows that are left out.

    Returns:
        The pairs in their order.

    Raises:
        ValueError: For another kind of file, missing columns, or a broken line, with its number.
    """
    rows = read_rows(path, PAIR_COLUMNS.named(columns))
    return _clean_pairs(rows, path.name, max_pairs, skipped)


def read_two_files(
    files: LineFiles, max_pairs: int | None = None, skipped: SkippedRows | None = None
) -> list[Pair]:
    """Read and clean the pairs of two files with one sentence a line.

    Args:
        files: The German and the English file.
        max_pairs: Stop after this number of pairs; None for all.
        skipped: Notes the lines that are left out.

    Returns:
        The pairs in their order; lines with an empty side are left out.

    Raises:
        ValueError: If a file cannot be read, or the numbers of lines differ.
    """
    name = ",".join(path.name for path in files)
    return _clean_pairs(read_line_files(files), name, max_pairs, skipped)


def _clean_pairs(
    rows: Iterable[NumberedRow], name: str, max_pairs: int | None, skipped: SkippedRows | None
) -> list[Pair]:
    pairs: list[Pair] = []
    skipped = skipped or SkippedRows()
    for number, row in rows:
        de, en = clean(row["de"]), clean(row["en"])
        if max(len(de), len(en)) > MAX_CHARACTERS:
            raise ValueError(
                _(
                    "{file}, line {line}: a sentence has over {limit} characters. Split it.",
                    file=name,
                    line=number,
                    limit=MAX_CHARACTERS,
                )
            )
        skipped.note(number, (de, en))
        if de and en:
            pairs.append((de, en))
        if max_pairs and len(pairs) >= max_pairs:
            break
    return pairs
