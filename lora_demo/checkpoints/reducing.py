"""Reduce an adapter to a lower rank by the truncated SVD of s A B for each matrix.

No matrix of rank r is nearer in Frobenius norm than the one of the r largest singular values
(Eckart and Young 1936). The product is never formed: with A = Q_a R_a and B^T = Q_b R_b, the SVD of
the small R_a R_b^T gives all of it.

Axes: n singular values, at most the rank.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from lora_demo.checkpoints.adapter_config import peft_config, read_config
from lora_demo.checkpoints.adapter_files import MANIFEST
from lora_demo.checkpoints.adapter_matrices import targets_of
from lora_demo.checkpoints.adapters import Adapter, write_adapter
from lora_demo.checkpoints.card import model_card
from lora_demo.checkpoints.pair_hashes import PairHashes
from lora_demo.checkpoints.tensors import Array
from lora_demo.checkpoints.training_words import TrainingWords
from lora_demo.files import read_json_or_empty
from lora_demo.language import _
from lora_demo.model.checks import is_whole
from lora_demo.model.config import T5Config
from lora_demo.model.lora_config import LoraConfig
from lora_demo.model.parameters import is_target
from lora_demo.model.shapes import dense_shapes

MAX_SCALE = 100
Svd = tuple[Array, Array, Array]
"""U (d_in, n), S (n,), V^T (n, d_out)."""


@dataclass(frozen=True)
class Loss:
    """The loss of a reduction, in Frobenius norms over all matrices.

    Args:
        rank: The new rank.
        lost: ||s A B - s' A' B'||.
        whole: ||s A B||.
    """

    rank: int
    lost: float
    whole: float

    @property
    def share(self) -> float:
        """The norm of the lost part over that of the whole, 0 to 1."""
        return self.lost / self.whole if self.whole else 0.0


def decompose(adapter: Adapter) -> dict[str, Svd]:
    """Compute the thin SVD of s A B for each matrix, by its path.

    Args:
        adapter: A LoRA adapter; DoRA's magnitudes are ignored.
    """
    return {path: _svd(A, B, scale) for path, (A, B, scale) in adapter.matrices.items()}


def order_components(adapter: Adapter) -> Adapter:
    """Rewrite an adapter so that its first k components are its nearest adapter of rank k.

    Args:
        adapter: The adapter.

    Returns:
        The same update: the components of each matrix are those of its SVD, the largest first.

    Raises:
        ValueError: For an adapter of DoRA.
    """
    adapter.refuse_dora(_("a lower rank"))
    matrices = {}
    for path, (U, S, Vt) in decompose(adapter).items():
        A, B = factors(U, S, Vt, len(S), 1.0)
        matrices[path] = (A.astype("float32"), B.astype("float32"), 1.0)
    return replace(adapter, matrices=matrices)


def _svd(A: Array, B: Array, scale: float) -> Svd:
    Q_a, R_a = np.linalg.qr(A.astype("float64"))
    Q_b, R_b = np.linalg.qr(B.T.astype("float64"))
    U, S, Vt = np.linalg.svd(scale * R_a @ R_b.T, full_matrices=False)
    return Q_a @ U, S, Vt @ Q_b.T


def loss_at(parts: Mapping[str, Svd], rank: int) -> Loss:
    """Compute what is lost at a rank: the norm of all singular values beyond it.

    Args:
        parts: Result of `decompose`.
        rank: The new rank.
    """
    values = [S for _U, S, _V in parts.values()]
    return Loss(rank, _norm(S[rank:] for S in values), _norm(values))


def matrix_losses(parts: Mapping[str, Svd], rank: int) -> dict[str, Loss]:
    """Compute what each matrix loses at a rank, by its path.

    Args:
        parts: Result of `decompose`.
        rank: The new rank.
    """
    return {path: loss_at({path: svd}, rank) for path, svd in parts.items()}


def _norm(values: Iterable[Array]) -> float:
    return math.sqrt(sum(float(np.sum(S * S)) for S in values))


def reduce_adapter(adapter: Adapter, rank: int, folder: Path, config: T5Config, name: str) -> Loss:
    """Write the nearest adapter of a lower rank, with the same alpha / r.

    Args:
        adapter: The adapter to reduce.
        rank: The new rank.
        folder: The new adapter folder.
        config: The base's geometry.
        name: The new adapter's name.

    Returns:
        The loss of the reduction.

    Raises:
        ValueError: Unless the rank is from 1 to one below the adapter's.
    """
    adapter.refuse_dora(_("a lower rank"))
    _check_rank(adapter, rank)
    parts = decompose(adapter)
    document = read_config(adapter.folder)
    scale = _scale(document)
    lora = LoraConfig(rank, scale * rank, 0.0, target_names(adapter.matrices, config))
    loss = loss_at(parts, rank)
    manifest = _manifest(adapter, lora, document, name, loss)
    matrices = {path: factors(U, S, Vt, rank, scale) for path, (U, S, Vt) in parts.items()}
    peft = peft_config(lora, adapter.base_id, document.get("revision"))
    write_adapter(folder, matrices, peft, manifest, model_card(manifest))
    _copy_training_records(adapter.folder, folder)
    return loss


def _check_rank(adapter: Adapter, rank: int) -> None:
    highest = max(A.shape[1] for A, *_rest in adapter.matrices.values())
    if highest == 1:
        raise ValueError(_("rank = {rank!r}: an adapter of rank 1 cannot be reduced.", rank=rank))
    if not is_whole(rank, 1, highest - 1):
        raise ValueError(
            _(
                "rank = {rank!r} (must be a whole number from 1 to {high}, below the adapter's "
                "rank of {highest}).",
                rank=rank,
                high=highest - 1,
                highest=highest,
            )
        )


def _copy_training_records(source: Path, target: Path) -> None:
    """Copy the hashes of the training pairs and the training words, if the adapter has them."""
    for record in (PairHashes.read(source), TrainingWords.read(source)):
        if record:
            record.write(target)


def factors(U: Array, S: Array, Vt: Array, rank: int, scale: float) -> tuple[Array, Array]:
    """Split a truncated SVD into two factors: scale A B = U S V^T. Each gets the square roots of S.

    Args:
        U: (d_in, n).
        S: (n,); missing singular values count as zero.
        Vt: (n, d_out).
        rank: The new rank.
        scale: Factor of the update.

    Returns:
        A (d_in, rank) and B (rank, d_out).
    """
    root = np.sqrt(S[:rank] / scale)
    missing = (0, max(0, rank - len(S)))
    A = np.pad(U[:, :rank] * root, ((0, 0), missing))
    B = np.pad(root[:, None] * Vt[:rank], (missing, (0, 0)))
    return A, B


def _scale(document: Mapping[str, Any]) -> float:
    """Return the scale in the config, so that the new config has the same; 1 if it is unusable."""
    divisor = math.sqrt(document["r"]) if document.get("use_rslora") else document["r"]
    scale = document["lora_alpha"] / divisor
    return scale if 0 < scale <= MAX_SCALE else 1.0


def target_names(paths: Iterable[str], config: T5Config) -> tuple[str, ...]:
    """Return T5's names if they select exactly the given matrices, else the whole paths.

    Args:
        paths: T5's module paths of the adapted matrices.
        config: The base's geometry.
    """
    adapted = tuple(paths)
    names = targets_of(adapted)
    selected = {path for path in dense_shapes(config) if is_target(path, names)}
    return names if selected == set(adapted) else adapted


def _manifest(
    adapter: Adapter, lora: LoraConfig, document: Mapping[str, Any], name: str, loss: Loss
) -> dict[str, Any]:
    """Copy what is still true of the new adapter: its base and its data, but not the scores."""
    old = read_json_or_empty(adapter.folder / MANIFEST)
    base, data = section(old, "base"), section(old, "data")
    return {
        "format": 1,
        "name": name,
        "base": {
            "id": adapter.base_id,
            "revision": document.get("revision"),
            "sha256": str(base.get("sha256") or ""),
        },
        "data": {"source": str(data.get("source") or "")},
        "config": {"rank": lora.r, "alpha": lora.lora_alpha, "targets": list(lora.target_modules)},
        "reduced": {
            "from": str(old.get("name") or adapter.name),
            "from_rank": adapter.r,
            "frobenius_lost": loss.lost,
            "frobenius_whole": loss.whole,
        },
    }


def section(manifest: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return an object inside a manifest; empty if it is missing or not an object.

    Args:
        manifest: Content of `manifest.json`, which may come from a stranger.
        key: Name of the object, such as `base`.
    """
    value = manifest.get(key)
    return value if isinstance(value, dict) else {}
