"""The split of an export into pairs to train on and held-out pairs, in memory or as files.

`python -m lora_demo.training.pretrain.split --pairs FILE --output FOLDER` writes the files.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lora_demo.arguments import Parser
from lora_demo.data.cleaning import clean
from lora_demo.data.pairs import Pair, read_file
from lora_demo.data.splits import split_components
from lora_demo.training.pretrain.config import PretrainConfig

HELP = {
    "pairs": "German-English pairs: .tsv, .csv or .jsonl, or .txt with English<TAB>German lines",
    "output": "folder for train.jsonl, followed.jsonl and test.jsonl",
    "held_out": "pairs held out: half to follow a run, half for the final test",
    "seed": "seed of the split",
}


def read_pairs(path: Path) -> list[Pair]:
    """Read German-English pairs; a .txt has English first, as the manythings.org exports do.

    Args:
        path: A .txt of `English<TAB>German` lines, or a file of another format for `read_file`.

    Raises:
        ValueError: If the file is not a .txt and `read_file` refuses it.
    """
    if path.suffix != ".txt":
        return read_file(path)
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    pairs = [(clean(row[1]), clean(row[0])) for row in rows if len(row) >= 2]
    return list(dict.fromkeys(pair for pair in pairs if all(pair)))


def split_pairs(path: Path, held_out: int, seed: int) -> tuple[list[Pair], list[Pair], list[Pair]]:
    """Split the pairs of a file into three parts that share no sentence with the first.

    Args:
        path: The file of pairs, as `read_pairs` reads it.
        held_out: Number of pairs to hold out, at least approximately.
        seed: Seed of the split and of the order of the held-out pairs.

    Returns:
        The pairs to train on, those that follow a run, and those of the final test.

    Raises:
        ValueError: If a part has too few pairs.
    """
    train, rest = split_components(read_pairs(path), held_out, seed)
    if len(rest) < 2 or not train:
        raise ValueError(
            f"{path} has {len(train)} pairs to train on and {len(rest)} to hold out; "
            "at least 1 and 2 are needed."
        )
    order = np.random.default_rng(seed).permutation(len(rest))
    shuffled = [rest[i] for i in order]
    middle = len(shuffled) // 2
    return train, shuffled[:middle], shuffled[middle:]


def main(argv: Sequence[str] | None = None) -> None:
    """Write the three parts as files; bad settings end the command in one line, with status 2.

    Args:
        argv: The words of the command line; None for those of this process.
    """
    commands = parser()
    options = commands.parse_args(argv)
    try:
        parts = split_pairs(options.pairs, options.held_out, options.seed)
        options.output.mkdir(parents=True, exist_ok=True)
        for name, pairs in zip(("train", "followed", "test"), parts, strict=True):
            path = options.output / f"{name}.jsonl"
            path.write_text(_as_json_lines(pairs), encoding="utf-8")
            print(f"{path}: {len(pairs):,} pairs")
    except (ValueError, OSError) as error:
        commands.error(str(error))


def _as_json_lines(pairs: Sequence[Pair]) -> str:
    rows = [json.dumps({"de": de, "en": en}, ensure_ascii=False) for de, en in pairs]
    return "".join(row + "\n" for row in rows)


def parser() -> argparse.ArgumentParser:
    """Build the parser of the command, with the defaults of a pre-training run."""
    made = Parser(
        prog="python -m lora_demo.training.pretrain.split",
        description="Write the pairs that pre-training uses and those that it holds out.",
    )
    made.add_argument("--pairs", type=Path, required=True, help=HELP["pairs"])
    made.add_argument("--output", type=Path, required=True, help=HELP["output"])
    for name in ("held_out", "seed"):
        default = getattr(PretrainConfig, name)
        option = "--" + name.replace("_", "-")
        help_text = f"{HELP[name]} (default: {default})"
        made.add_argument(option, type=int, default=default, help=help_text)
    return made


if __name__ == "__main__":
    main()
