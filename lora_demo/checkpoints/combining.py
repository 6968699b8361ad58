"""Combine adapters of one base into one: the sum of weight * scale * A B, matrix by matrix.

The sum of low-rank products is one product of concatenated factors, [A_1 A_2 ...] and
[w_1 s_1 B_1; w_2 s_2 B_2; ...]. So the combination is exact, and its rank is the sum of the ranks.
PEFT calls it `combination_type="cat"`. A truncated SVD then gives a lower rank, with a known loss.

Axes: r rank.
"""

import functools
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from lora_demo.checkpoints.adapter_base import recorded_base
from lora_demo.checkpoints.adapter_config import peft_config, read_config
from lora_demo.checkpoints.adapter_files import MANIFEST, WEIGHTS
from lora_demo.checkpoints.adapter_matrices import targets_of
from lora_demo.checkpoints.adapters import Adapter, write_adapter
from lora_demo.checkpoints.card import model_card
from lora_demo.checkpoints.combination_checks import check_folders
from lora_demo.checkpoints.download import sha256_of
from lora_demo.checkpoints.pair_hashes import PairHashes
from lora_demo.checkpoints.reducing import (
    Loss,
    decompose,
    factors,
    loss_at,
    matrix_losses,
    section,
    target_names,
)
from lora_demo.checkpoints.tensors import Array
from lora_demo.checkpoints.training_words import TrainingWords
from lora_demo.files import read_json_or_empty
from lora_demo.language import _
from lora_demo.model.checks import is_number, is_whole
from lora_demo.model.config import T5Config
from lora_demo.model.lora_config import LoraConfig
from lora_demo.model.parameters import MAX_RANK

MAX_WEIGHT = 10
Record = TypeVar("Record", PairHashes, TrainingWords)


@dataclass(frozen=True)
class Part:
    """One adapter of a combination.

    Args:
        adapter: The adapter, as trained.
        weight: Factor of its update; a negative one subtracts it.
        name: Name to show; empty for the folder's.

    Raises:
        ValueError: If the weight is zero or not a number from -10 to 10.
    """

    adapter: Adapter
    weight: float
    name: str = ""

    @property
    def label(self) -> str:
        """The name to show."""
        return self.name or self.adapter.name

    def __post_init__(self) -> None:
        self.adapter.refuse_dora(_("a sum"))
        allowed = _("a number from -{limit} to {limit}", limit=MAX_WEIGHT)
        if not is_number(self.weight, -MAX_WEIGHT, MAX_WEIGHT):
            raise ValueError(
                _(
                    "The weight of {name} is {weight!r} (must be {allowed}).",
                    name=self.label,
                    weight=self.weight,
                    allowed=allowed,
                )
            )
        if self.weight == 0:
            raise ValueError(
                _(
                    "The weight of {name} is 0, so it would add nothing. Leave it out, or give "
                    "{allowed}.",
                    name=self.label,
                    allowed=allowed,
                )
            )


@dataclass(frozen=True)
class Combined:
    """A combined adapter.

    Args:
        rank: Its rank.
        exact_rank: The rank without reduction, the largest sum of ranks of a matrix.
        loss: The loss of the reduction over all matrices; zero without one.
        matrices: The loss of the reduction in each matrix, by T5's module path.
    """

    rank: int
    exact_rank: int
    loss: Loss
    matrices: Mapping[str, Loss]

    @property
    def is_exact(self) -> bool:
        """True if the sum was not reduced."""
        return self.rank == self.exact_rank


def concatenate(parts: Sequence[Part], name: str) -> Adapter:
    """Add adapters exactly, by concatenating their ranks; nothing is written.

    Args:
        parts: The adapters with their weights. A matrix that only some of them adapt has only their
            factors.
        name: Name of the sum.

    Returns:
        An adapter whose scale is 1 in every matrix.

    Raises:
        ValueError: If the ranks add up to more than `MAX_RANK`.
    """
    paths = dict.fromkeys(path for part in parts for path in part.adapter.matrices)
    matrices = {path: _concatenate_matrix(parts, path) for path in paths}
    rank = max((A.shape[1] for A, *_rest in matrices.values()), default=1)
    if rank > MAX_RANK:
        raise ValueError(
            _(
                "The ranks of these adapters add up to {rank}, over the limit of {limit}. Combine "
                "fewer of them, or reduce them first.",
                rank=rank,
                limit=MAX_RANK,
            )
        )
    base_id = parts[0].adapter.base_id if parts else ""
    return Adapter(Path(name), rank, float(rank), targets_of(paths), base_id, matrices)


def _concatenate_matrix(parts: Sequence[Part], path: str) -> tuple[Array, Array, float]:
    """Return A (d_in, r) and B (r, d_out) with all ranks, and the scale 1."""
    left, right = [], []
    for part in parts:
        if path in part.adapter.matrices:
            A, B, scale = part.adapter.matrices[path]
            left.append(A)
            right.append((part.weight * scale * B.astype("float64")).astype("float32"))
    return np.concatenate(left, axis=1), np.concatenate(right, axis=0), 1.0


def combine_adapters(
    parts: Sequence[Part],
    folder: Path,
    config: T5Config,
    name: str,
    rank: int | None = None,
    base_id: str | None = None,
) -> Combined:
    """Write the weighted sum of adapters as one adapter.

    Args:
        parts: The adapters with their weights.
        folder: The new adapter folder.
        config: The base's geometry.
        name: The new adapter's name.
        rank: Reduce the sum to this rank by truncated SVD. None: keep it exact.
        base_id: Name of the base. None: the name in the adapters, which must be the same.

    Returns:
        Rank and loss.

    Raises:
        ValueError: If the adapters cannot be combined, or the rank is not below the exact one.
    """
    folders = [part.adapter.folder for part in parts]
    check_folders(folders, base_id is not None, [part.label for part in parts])
    exact = concatenate(parts, name)
    if rank is not None and not is_whole(rank, 1, exact.r - 1):
        raise ValueError(
            _(
                "rank = {rank!r} (must be a whole number from 1 to {high}; without it, the "
                "combination has rank {exact} and is exact).",
                rank=rank,
                high=exact.r - 1,
                exact=exact.r,
            )
        )
    svds = decompose(exact)
    new_rank = rank or exact.r
    combined = Combined(new_rank, exact.r, loss_at(svds, new_rank), matrix_losses(svds, new_rank))
    if rank is None:
        matrices = {path: _pad(A, B, new_rank) for path, (A, B, _scale) in exact.matrices.items()}
    else:
        matrices = {path: factors(*svd, rank=rank, scale=1.0) for path, svd in svds.items()}
    _write(folder, matrices, parts, combined, config, name, base_id or exact.base_id)
    return combined


def _pad(A: Array, B: Array, rank: int) -> tuple[Array, Array]:
    """Fill A (d_in, r) and B (r, d_out) with zeros to a rank that all matrices share."""
    missing = (0, rank - A.shape[1])
    return np.pad(A, ((0, 0), missing)), np.pad(B, (missing, (0, 0)))


def _write(
    folder: Path,
    matrices: Mapping[str, tuple[Array, Array]],
    parts: Sequence[Part],
    combined: Combined,
    config: T5Config,
    name: str,
    base_id: str,
) -> None:
    targets = target_names(matrices, config)
    lora = LoraConfig(combined.rank, float(combined.rank), 0.0, targets)
    revision = read_config(parts[0].adapter.folder).get("revision")
    manifest = {
        "format": 1,
        "name": name,
        "base": {"id": base_id, "revision": revision, "sha256": _common_base_hash(parts)},
        "data": _data_entry(parts),
        "config": {"rank": lora.r, "alpha": lora.lora_alpha, "targets": list(targets)},
        "combined": _combined_entry(parts, combined, name),
    }
    peft = peft_config(lora, base_id, revision)
    write_adapter(folder, matrices, peft, manifest, model_card(manifest))
    for record in (_join(PairHashes, parts), _join(TrainingWords, parts)):
        if record:
            record.write(folder)


def _common_base_hash(parts: Sequence[Part]) -> str:
    """Return the first known hash; `check_folders` has refused adapters with another."""
    return next(filter(None, (recorded_base(part.adapter.folder)[1] for part in parts)), "")


def _data_entry(parts: Sequence[Part]) -> dict[str, Any]:
    sources = list(dict.fromkeys(source for part in parts for source in _sources(part)))
    return {"source": sources[0] if len(sources) == 1 else "", "sources": sources}


def _sources(part: Part) -> list[str]:
    """List the sources of an adapter's training data; a combined one has several."""
    data = section(read_json_or_empty(part.adapter.folder / MANIFEST), "data")
    sources = data.get("sources")
    found = sources if isinstance(sources, list) else [data.get("source")]
    return [str(source) for source in found if source]


def _combined_entry(parts: Sequence[Part], combined: Combined, name: str) -> dict[str, Any]:
    words = [f"{part.label}={part.weight:g}" for part in parts]
    rank = [] if combined.is_exact else ["--rank", str(combined.rank)]
    command = ["python", "-m", "lora_demo", "combine", *words, *rank, "--output", name]
    return {
        "from": [_part_entry(part) for part in parts],
        "exact_rank": combined.exact_rank,
        "frobenius_lost": combined.loss.lost,
        "frobenius_whole": combined.loss.whole,
        "matrices": [] if combined.is_exact else matrix_entries(combined),
        "command": shlex.join(command),
    }


def _part_entry(part: Part) -> dict[str, Any]:
    manifest = read_json_or_empty(part.adapter.folder / MANIFEST)
    return {
        "name": part.name or str(manifest.get("name") or part.label),
        "weight": part.weight,
        "rank": part.adapter.r,
        "sha256": sha256_of([part.adapter.folder / WEIGHTS]),
    }


def matrix_entries(combined: Combined) -> list[dict[str, Any]]:
    """Return the loss of each matrix as JSON.

    Args:
        combined: Result of `combine_adapters`.
    """
    return [
        {"name": path, "frobenius_lost": loss.lost, "frobenius_whole": loss.whole}
        for path, loss in combined.matrices.items()
    ]


def _join(kind: type[Record], parts: Sequence[Part]) -> Record | None:
    """Join the records of the adapters' training data; None unless every adapter has one."""
    read = [kind.read(part.adapter.folder) for part in parts]
    records = [record for record in read if record]
    if len(records) < len(parts):
        return None
    return functools.reduce(kind.union, records)
