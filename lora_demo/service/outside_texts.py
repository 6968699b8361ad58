"""Sentences that are of another kind than the training data of an adapter."""

import functools
from collections.abc import Sequence
from pathlib import Path

from lora_demo.checkpoints.training_words import FILE, TrainingWords


def find_outside(folder: Path, sentences: Sequence[str]) -> dict[int, tuple[int, int]]:
    """Find the sentences with more unknown words than usual in an adapter's held-out sentences.

    Args:
        folder: The adapter folder.
        sentences: German.

    Returns:
        Numbers of unknown words and of words, by the position of the sentence. Empty if the adapter
        does not record its words.
    """
    file = Path(folder) / FILE
    words = _read(Path(folder), file.stat().st_mtime_ns) if file.is_file() else None
    if words is None:
        return {}
    return {
        i: words.count_unknown(text) for i, text in enumerate(sentences) if words.is_outside(text)
    }


@functools.lru_cache(maxsize=16)
def _read(folder: Path, changed: int) -> TrainingWords | None:
    """Read the words; `changed` makes the cache notice new ones."""
    return TrainingWords.read(folder)
