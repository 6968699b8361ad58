"""Record the training words of an adapter again: `python -m lora_demo.evaluation.training_words A`.

Training records them itself. This is for adapters that were trained before, where their data are.
"""

import argparse
from pathlib import Path

from lora_demo.checkpoints.adapter_files import find_adapter
from lora_demo.checkpoints.training_words import TrainingWords
from lora_demo.evaluation.overlap import read_training_data


def record(folder: Path) -> TrainingWords:
    """Read the training data that an adapter names, and write their words into its folder.

    Args:
        folder: The adapter folder.

    Raises:
        ValueError: If the data cannot be read, or have changed since the training.
    """
    data = read_training_data(folder)
    if data.dataset is None:
        raise ValueError(f"{folder.name}: {data.problem}.")
    if data.changed:
        raise ValueError(f"{folder.name}: its training data has changed since it was trained.")
    train, held_out = data.dataset.train, data.dataset.eval
    words = TrainingWords.of((pair[0] for pair in train), [pair[0] for pair in held_out])
    words.write(folder)
    return words


def main() -> None:
    """Record the words of the adapters on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("adapters", nargs="+", metavar="ADAPTER", help="folder or shipped name")
    for name in parser.parse_args().adapters:
        folder = find_adapter(name)
        words = record(folder)
        print(f"{folder.name}: {len(words.words):,} words, limit {words.limit:.0%}")


if __name__ == "__main__":
    main()
