"""German-English pairs from a file."""

from pathlib import Path

from lora_demo.data.cleaning import clean
from lora_demo.data.readers import read_rows
from lora_demo.data.readers.rows import PAIR_COLUMNS

MAX_CHARACTERS = 5_000
"""Characters of a sentence."""
Pair = tuple[str, str]
"""A German sentence and its English translation."""


def read_file(path: Path, max_pairs: int | None = None) -> list[Pair]:
    """Read and clean the pairs of a file; rows with an empty side are left out.

    Args:
        path: a file with a suffix of `data.readers.READERS`.
        max_pairs: stop after this number of pairs; None for all.

    Returns:
        The pairs in their order.

    Raises:
        ValueError: for another kind of file, missing columns, or a broken line, with its number.
    """
    pairs = []
    for number, row in read_rows(path, PAIR_COLUMNS):
        de, en = clean(row["de"]), clean(row["en"])
        if max(len(de), len(en)) > MAX_CHARACTERS:
            raise ValueError(
                f"{path.name}, line {number}: a sentence has over {MAX_CHARACTERS} characters. "
                "Split it."
            )
        if de and en:
            pairs.append((de, en))
        if max_pairs and len(pairs) >= max_pairs:
            break
    return pairs
