"""The pairs of a pre-training run: read from an export, and split into training and held-out pairs."""

from pathlib import Path

import numpy as np

from lora_demo.data.cleaning import clean
from lora_demo.data.pairs import Pair, read_file
from lora_demo.data.splits import split_components
from lora_demo.training.pretrain.config import PretrainConfig


def read_pairs(path: Path) -> list[Pair]:
    """Read German-English pairs; a .txt has English first, as the manythings.org exports do."""
    if path.suffix != ".txt":
        return read_file(path)
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    pairs = [(clean(row[1]), clean(row[0])) for row in rows if len(row) >= 2]
    return list(dict.fromkeys(pair for pair in pairs if all(pair)))


def split_pairs(config: PretrainConfig) -> tuple[list[Pair], list[Pair]]:
    """The training pairs, and the held-out pairs in random order; they share no sentence.

    Raises:
        ValueError: if either part has too few pairs.
    """
    train, held_out = split_components(read_pairs(config.pairs), config.held_out, config.seed)
    if len(held_out) < 2 or not train:
        raise ValueError(
            f"{config.pairs} has {len(train)} pairs to train on and {len(held_out)} to hold out; "
            "at least 1 and 2 are needed."
        )
    order = np.random.default_rng(config.seed).permutation(len(held_out))
    return train, [held_out[i] for i in order]
