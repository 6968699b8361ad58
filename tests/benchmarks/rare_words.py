"""BLEU of held-out sentences by the frequency of their rarest German word in the training pairs.

    python -m tests.benchmarks.rare_words --train train.jsonl --test test.jsonl \
        --adapter mini-r4 --adapter mini-r16

The files are those of `python -m lora_demo.training.pretrain.split`.
"""

import argparse
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import sacrebleu

from lora_demo import Translator
from lora_demo.checkpoints.adapter_files import find_adapter
from lora_demo.data.pairs import Pair, read_file

EDGES = (0, 1, 5, 20, 100)
"""Lowest frequency of each group."""


def main(arguments: list[str] | None = None) -> list[dict]:
    """Translate the test pairs by all systems and print the table."""
    options = parse(arguments)
    pairs = read_file(options.test)
    groups = group_pairs(pairs, count_words(read_file(options.train)))
    adapters = [find_adapter(name) for name in options.adapter]
    columns = Translator(options.base).compare([de for de, _ in pairs], adapters)
    rows = []
    for lowest, places in groups.items():
        row = {"rarest word": f"{lowest} times or more", "sentences": len(places)}
        references = [[pairs[i][1] for i in places]]
        for column in columns:
            texts = [column.texts[i] for i in places]
            row[column.name] = round(sacrebleu.corpus_bleu(texts, references).score, 1)
        rows.append(row)
    print("| " + " | ".join(rows[0]) + " |\n|" + "---|" * len(rows[0]))
    for row in rows:
        print("| " + " | ".join(str(value) for value in row.values()) + " |")
    return rows


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", default="mini")
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--test", type=Path, required=True)
    parser.add_argument("--adapter", action="append", default=[])
    return parser.parse_args(arguments)


def words_of(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def count_words(pairs: Iterable[Pair]) -> Counter[str]:
    """Count the German words of pairs."""
    return Counter(word for german, _ in pairs for word in words_of(german))


def group_pairs(pairs: list[Pair], counts: Counter[str]) -> dict[int, list[int]]:
    """Group the places of pairs by the highest of EDGES that their rarest word reaches."""
    groups: dict[int, list[int]] = {edge: [] for edge in EDGES}
    for place, (german, _) in enumerate(pairs):
        rarest = min((counts[word] for word in words_of(german)), default=0)
        groups[max(edge for edge in EDGES if edge <= rarest)].append(place)
    return {edge: places for edge, places in groups.items() if places}


if __name__ == "__main__":
    main()
