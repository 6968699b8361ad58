"""Hashes of the words that an adapter knows from its training, to notice texts of another kind.

Only words of several pairs are recorded, so that a name in a single pair leaves no trace.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError

from lora_demo.checkpoints.pair_hashes import normalised
from lora_demo.checkpoints.tensors import open_tensors, write_tensors
from lora_demo.model.checks import is_number

FILE = "training_words.safetensors"
HASH_BYTES = 4
MIN_PAIRS = 3
"""A word is known if it is in the German text of this many pairs."""
USUAL = 0.95
"""Share of held-out sentences that count as usual."""
MIN_UNKNOWN = 2
"""A text with fewer unknown words is never of another kind."""
WORDS, LIMIT = "words", "limit"
"""Tensors of the file."""


@dataclass(frozen=True)
class TrainingWords:
    """The words that an adapter knows.

    Args:
        words: Hashes of German words of at least MIN_PAIRS training pairs.
        limit: Share of unknown words that USUAL of the held-out sentences do not exceed.
    """

    words: frozenset[int]
    limit: float

    @classmethod
    def of(cls, train: Iterable[str], held_out: Sequence[str]) -> "TrainingWords":
        """Record the words of German sentences.

        Args:
            train: Sentences of the training pairs.
            held_out: Sentences of the held-out pairs, at least one.
        """
        counts = Counter(word for text in train for word in set(_hashes(text)))
        known = frozenset(word for word, count in counts.items() if count >= MIN_PAIRS)
        shares = sorted(_unknown_share(known, _hashes(text)) for text in held_out)
        return cls(known, shares[math.ceil(USUAL * len(shares)) - 1])

    @classmethod
    def read(cls, folder: Path) -> "TrainingWords | None":
        """Read the words of an adapter folder; None if they are missing or not readable.

        Args:
            folder: An adapter folder.
        """
        try:
            with open_tensors(Path(folder) / FILE) as file:
                words, limit = file.get_tensor(WORDS), file.get_tensor(LIMIT)
        except (OSError, SafetensorError):
            return None
        is_sound = words.dtype == np.uint32 and words.ndim == 1 and limit.shape == (1,)
        if not is_sound or not is_number(float(limit[0]), 0, 1):
            return None
        return cls(frozenset(words.tolist()), float(limit[0]))

    def union(self, other: "TrainingWords") -> "TrainingWords":
        """Return the words of both, for a combined adapter, or one that was trained further.

        Args:
            other: Words of the other adapter. The result has the larger of the two limits.
        """
        return TrainingWords(self.words | other.words, max(self.limit, other.limit))

    def write(self, folder: Path) -> None:
        """Write the words into an adapter folder.

        Args:
            folder: An adapter folder. Words that it already has are replaced.
        """
        tensors = {
            WORDS: np.array(sorted(self.words), np.uint32),
            LIMIT: np.array([self.limit], np.float32),
        }
        write_tensors(Path(folder) / FILE, tensors)

    def count_unknown(self, text: str) -> tuple[int, int]:
        """Count the unknown words of a text and all its words.

        Args:
            text: German.
        """
        words = _hashes(text)
        return sum(word not in self.words for word in words), len(words)

    def is_outside(self, text: str) -> bool:
        """Check whether a text has more unknown words than usual in held-out sentences.

        Args:
            text: German.
        """
        unknown, count = self.count_unknown(text)
        return unknown >= MIN_UNKNOWN and unknown > self.limit * count


def _unknown_share(known: frozenset[int], words: Sequence[int]) -> float:
    return sum(word not in known for word in words) / max(1, len(words))


def _hashes(text: str) -> list[int]:
    """Return 32 bits of BLAKE2 over each word, without case."""
    return [
        int.from_bytes(
            hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=HASH_BYTES).digest()
        )
        for word in normalised(text).split()
    ]
