"""German-English pairs from a file."""

import re
from pathlib import Path

from lora_demo.data.cleaning import clean
from lora_demo.data.tables import read_table

MAX_CHARACTERS = 5_000
Pair = tuple[str, str]


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
