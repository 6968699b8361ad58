"""Hashes of the pairs that an adapter was trained on.

They are enough to recognise a known sentence, and too little to read it.
"""

import hashlib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from safetensors import SafetensorError

from lora_demo.checkpoints.tensors import Array, open_tensors, write_tensors

Pair = tuple[str, str]
FILE = "training_pairs.safetensors"
HASH_BYTES = 8
SEPARATOR = "\x1f"


@dataclass(frozen=True)
class PairHashes:
    """Hashes of training data.

    Args:
        pairs: Hashes of the training pairs.
        sources: Hashes of their German sentences.
        chosen: Hashes of the held-out pairs by which the best step was chosen.
    """

    pairs: frozenset[int]
    sources: frozenset[int]
    chosen: frozenset[int]

    @classmethod
    def of(cls, train: Iterable[Pair], held_out: Iterable[Pair]) -> "PairHashes":
        """Hash training pairs and held-out pairs.

        Args:
            train: (German, English) pairs; iterated twice.
            held_out: (German, English) pairs.
        """
        sources = frozenset(hash_texts(german) for german, _ in train)
        return cls(_hash_pairs(train), sources, _hash_pairs(held_out))

    @classmethod
    def read(cls, folder: Path) -> "PairHashes | None":
        """Read the hashes of an adapter folder; None if they are missing or not readable.

        Args:
            folder: An adapter folder.
        """
        try:
            with open_tensors(Path(folder) / FILE) as file:
                arrays = [file.get_tensor(field.name) for field in fields(cls)]
        except (OSError, SafetensorError):
            return None
        if not all(map(_is_hash_list, arrays)):
            return None
        return cls(*(frozenset(array.tolist()) for array in arrays))

    def union(self, other: "PairHashes") -> "PairHashes":
        """Return the hashes of both, for an adapter whose training began with another.

        Args:
            other: Hashes of the adapter that training began with, or of another part of a
                combined adapter.
        """
        names = [field.name for field in fields(self)]
        return PairHashes(*(getattr(self, name) | getattr(other, name) for name in names))

    def write(self, folder: Path) -> None:
        """Write the hashes into an adapter folder.

        Args:
            folder: An adapter folder. Hashes that it already has are replaced.
        """
        tensors = {
            field.name: np.array(sorted(getattr(self, field.name)), np.uint64)
            for field in fields(self)
        }
        write_tensors(Path(folder) / FILE, tensors)


def _is_hash_list(array: Array) -> bool:
    return array.dtype == np.uint64 and array.ndim == 1


def hash_texts(*texts: str) -> int:
    """Return 64 bits of BLAKE2 over normalised texts."""
    joined = SEPARATOR.join(map(normalised, texts)).encode("utf-8", "replace")
    return int.from_bytes(hashlib.blake2b(joined, digest_size=HASH_BYTES).digest())


def normalised(text: str) -> str:
    """Reduce a text to letters and digits, without case and in one Unicode form.

    A text without any is only stripped.

    Args:
        text: A German or an English text.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    letters = "".join(c if c.isalnum() else " " for c in plain)
    return " ".join(letters.split()) or text.strip()


def _hash_pairs(pairs: Iterable[Pair]) -> frozenset[int]:
    return frozenset(hash_texts(german, english) for german, english in pairs)
