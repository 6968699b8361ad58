"""An adapter of lower rank that comes as near to the original as any can: the truncated SVD of s A B for each matrix.

Eckart and Young 1936: no matrix of rank r is nearer in Frobenius norm than the r largest singular values with their
vectors. The product is never formed: with A = Q_a R_a and B^T = Q_b R_b, the SVD of the small R_a R_b^T gives all of it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lora_demo.checkpoints.adapters import (
    MANIFEST,
    Adapter,
    peft_config,
    read_config,
    write_adapter,
)
from lora_demo.checkpoints.card import model_card
from lora_demo.checkpoints.pair_hashes import PairHashes
from lora_demo.checkpoints.tensors import read_json
from lora_demo.model.config import T5Config
from lora_demo.model.parameters import dense_shapes, is_target

Svd = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Loss:
    """What a reduction to `rank` loses: ||s A B - s' A' B'|| over all matrices, beside ||s A B||, both Frobenius norms."""

    rank: int
    lost: float
    whole: float

    @property
    def share(self) -> float:
        return self.lost / self.whole if self.whole else 0.0


def decompose(adapter: Adapter) -> dict[str, Svd]:
    """The thin SVD of s A B by path: U (d_in, n), S (n,), V^T (n, d_out) with n at most the rank."""
    return {path: _svd(*matrix) for path, matrix in adapter.matrices.items()}


def _svd(A: np.ndarray, B: np.ndarray, scale: float) -> Svd:
    Q_a, R_a = np.linalg.qr(A.astype("float64"))
    Q_b, R_b = np.linalg.qr(B.T.astype("float64"))
    U, S, Vt = np.linalg.svd(scale * R_a @ R_b.T, full_matrices=False)
    return Q_a @ U, S, Vt @ Q_b.T


def loss_at(parts: Mapping[str, Svd], rank: int) -> Loss:
    """What is lost at a rank: the norm of all the singular values beyond it."""
    norm = lambda values: math.sqrt(sum(float(np.sum(S * S)) for S in values))
    return Loss(
        rank, norm(S[rank:] for _, S, _ in parts.values()), norm(S for _, S, _ in parts.values())
    )


def reduce_adapter(adapter: Adapter, rank: int, folder: Path, config: T5Config, name: str) -> Loss:
    """Writes the nearest adapter of a lower rank to a folder, with the same alpha / r; returns what is lost.

    Raises:
        ValueError: unless the rank is from 1 to one below the adapter's.
    """
    highest = max(A.shape[1] for A, _, _ in adapter.matrices.values())
    if not isinstance(rank, int) or isinstance(rank, bool) or not 1 <= rank < highest:
        raise ValueError(
            f"rank = {rank!r}: wanted a whole number below the adapter's {highest}"
            + (", and at least 1." if highest > 1 else "; it cannot be reduced.")
        )
    from lora_demo.model.lora import LoraConfig

    parts, document = decompose(adapter), read_config(adapter.folder)
    scale = _scale(document)
    lora = LoraConfig(rank, scale * rank, 0.0, _targets(adapter, config))
    loss = loss_at(parts, rank)
    manifest = _manifest(adapter, lora, document, name, loss)
    matrices = {path: _factors(*part, rank, scale) for path, part in parts.items()}
    write_adapter(
        folder,
        matrices,
        peft_config(lora, adapter.base_id, document.get("revision")),
        manifest,
        model_card(manifest),
    )
    if hashes := PairHashes.read(adapter.folder):
        hashes.write(folder)
    return loss


def _factors(
    U: np.ndarray, S: np.ndarray, Vt: np.ndarray, rank: int, scale: float
) -> tuple[np.ndarray, np.ndarray]:
    """A (d_in, rank) and B (rank, d_out) whose product times the scale is the truncated SVD, the roots of S on either side."""
    root, pad = np.sqrt(S[:rank] / scale), (0, max(0, rank - len(S)))
    return np.pad(U[:, :rank] * root, ((0, 0), pad)), np.pad(
        root[:, None] * Vt[:rank], (pad, (0, 0))
    )


def _scale(document: dict) -> float:
    """alpha / r of the config, so that the new one reads like the old; 1 where that is no use."""
    scale = document["lora_alpha"] / (
        math.sqrt(document["r"]) if document.get("use_rslora") else document["r"]
    )
    return scale if 0 < scale <= 100 else 1.0


def _targets(adapter: Adapter, config: T5Config) -> tuple[str, ...]:
    """T5's names where they say exactly which matrices are adapted, else whole paths."""
    named = [path for path in dense_shapes(config) if is_target(path, adapter.targets)]
    return adapter.targets if set(named) == set(adapter.matrices) else tuple(adapter.matrices)


def _manifest(adapter: Adapter, lora, document: dict, name: str, loss: Loss) -> dict:
    """What is still true of the new adapter: its base and its data, not the scores, which were the old one's."""
    try:
        old = read_json(adapter.folder / MANIFEST)
    except ValueError:
        old = {}
    section = lambda key: old[key] if isinstance(old.get(key), dict) else {}
    return {
        "format": 1,
        "name": name,
        "base": {
            "id": adapter.base_id,
            "revision": document.get("revision"),
            "sha256": str(section("base").get("sha256") or ""),
        },
        "data": {"source": str(section("data").get("source") or "")},
        "config": {"rank": lora.r, "alpha": lora.lora_alpha, "targets": list(lora.target_modules)},
        "reduced": {
            "from": str(old.get("name") or adapter.name),
            "from_rank": adapter.r,
            "frobenius_lost": loss.lost,
            "frobenius_whole": loss.whole,
        },
    }
