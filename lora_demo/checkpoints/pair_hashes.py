"""What an adapter was trained on, as hashes of normalised pairs: enough to recognise a sentence, too little to read one."""

import hashlib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from safetensors import SafetensorError

from lora_demo.checkpoints.tensors import open_tensors, write_tensors

Pair = tuple[str, str]
FILE = "training_pairs.safetensors"


@dataclass(frozen=True)
class PairHashes:
    """Hashes of the pairs trained on, of their German sides, and of the pairs by which the best step was chosen."""

    pairs: frozenset[int]
    sources: frozenset[int]
    chosen: frozenset[int]

    @classmethod
    def of(cls, train: Iterable[Pair], held_out: Iterable[Pair]) -> "PairHashes":
        return cls(_hashes(train), frozenset(hash_texts(de) for de, _ in train), _hashes(held_out))

    @classmethod
    def read(cls, folder: Path) -> "PairHashes | None":
        """Those that lie in an adapter's folder; None where there are none, or none that can be read."""
        try:
            with open_tensors(Path(folder) / FILE) as file:
                arrays = [file.get_tensor(field.name) for field in fields(cls)]
        except (OSError, SafetensorError):
            return None
        return (
            cls(*(frozenset(array.tolist()) for array in arrays))
            if all(array.dtype == np.uint64 and array.ndim == 1 for array in arrays)
            else None
        )

    def write(self, folder: Path):
        write_tensors(
            Path(folder) / FILE,
            {
                field.name: np.array(sorted(getattr(self, field.name)), np.uint64)
                for field in fields(self)
            },
        )


def hash_texts(*texts: str) -> int:
    """64 bits of BLAKE2 over the normalised texts."""
    joined = "\x1f".join(map(normalised, texts)).encode("utf-8", "replace")
    return int.from_bytes(hashlib.blake2b(joined, digest_size=8).digest())


def normalised(text: str) -> str:
    """Letters and digits only, without case and without the ways that Unicode has to write the same."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join("".join(c if c.isalnum() else " " for c in plain).split()) or text.strip()


def _hashes(pairs: Iterable[Pair]) -> frozenset[int]:
    return frozenset(hash_texts(de, en) for de, en in pairs)
