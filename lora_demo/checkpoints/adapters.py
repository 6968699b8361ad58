"""Read and write LoRA adapters as PEFT folders.

Axes: r rank.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lora_demo.checkpoints.adapter_config import list_problems, read_config
from lora_demo.checkpoints.adapter_files import (
    CARD,
    CONFIG,
    MANIFEST,
    WEIGHTS,
    adapted_paths,
    targets_of,
)
from lora_demo.checkpoints.adapter_fit import find_problems
from lora_demo.checkpoints.names import adapter_names, magnitude_name
from lora_demo.checkpoints.patterns import match_patterns
from lora_demo.checkpoints.tensors import Array, read_tensor, write_tensors
from lora_demo.files import write_json, write_text
from lora_demo.model.config import T5Config
from lora_demo.model.parameters import dense_shapes


@dataclass(frozen=True)
class Adapter:
    """A LoRA adapter in memory.

    Args:
        folder: Where it was read from.
        r: The config's rank; single matrices may differ.
        lora_alpha: The config's alpha.
        targets: T5's names of the adapted matrices.
        base_id: Hub id or folder of the base; empty if the config names none.
        matrices: T5's module path -> A (d_in, r), B (r, d_out), both float32, and the scale.
        magnitudes: T5's module path -> (d_out,) in float32, for DoRA; empty for LoRA.
    """

    folder: Path
    r: int
    lora_alpha: float
    targets: tuple[str, ...]
    base_id: str
    matrices: Mapping[str, tuple[Array, Array, float]]
    magnitudes: Mapping[str, Array] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def parameters(self) -> int:
        """The number of parameters in A and B, and in DoRA's magnitudes."""
        factors = sum(A.size + B.size for A, B, _ in self.matrices.values())
        return factors + sum(magnitude.size for magnitude in self.magnitudes.values())

    def refuse_dora(self, action: str) -> None:
        """Raise ValueError if this is an adapter of DoRA, whose update is not a low-rank product.

        Args:
            action: What cannot be done, for the message.
        """
        if self.magnitudes:
            raise ValueError(
                f"{self.name} is a DoRA adapter, and {action} needs plain LoRA. Merge it into its "
                "base with `merge`, and use that as --base."
            )


def read_adapter(folder: Path, config: T5Config) -> Adapter:
    """Read an adapter and check it against a base.

    Args:
        folder: A PEFT adapter folder.
        config: The base's geometry.

    Raises:
        ValueError: If the folder is not a LoRA adapter that this package can apply exactly; the
            message lists every mismatch.
    """
    document = read_config(folder)
    problems = find_problems(folder, config)
    if problems:
        raise ValueError(
            f"The adapter {folder.name} does not fit this base: {list_problems(problems)}."
        )
    present = set(adapted_paths(folder))
    paths = [path for path in dense_shapes(config) if path in present]
    alphas = match_patterns(document.get("alpha_pattern"), paths, document["lora_alpha"])
    matrices = {path: _read_matrix(folder, path, alphas[path], document) for path in paths}
    magnitudes = {}
    if document.get("use_dora"):
        magnitudes = {path: _read_magnitude(folder, path) for path in paths}
    not_finite = [
        path
        for path, (A, B, _) in matrices.items()
        if not _are_finite(A, B, magnitudes.get(path, A))
    ]
    if not_finite:
        raise ValueError(
            f"The adapter {folder.name} has NaN or infinite values in {list_problems(not_finite)}."
        )
    return Adapter(
        folder=folder,
        r=document["r"],
        lora_alpha=document["lora_alpha"],
        targets=targets_of(matrices),
        base_id=str(document.get("base_model_name_or_path") or ""),
        matrices=matrices,
        magnitudes=magnitudes,
    )


def _read_magnitude(folder: Path, path: str) -> Array:
    return read_tensor(folder / WEIGHTS, magnitude_name(path)).astype("float32")


def _read_matrix(
    folder: Path, path: str, alpha: float, document: Mapping[str, Any]
) -> tuple[Array, Array, float]:
    """Read the factors and the scale of one matrix; files hold A (r, d_in) and B (d_out, r)."""
    name_A, name_B = adapter_names(path)
    A = read_tensor(folder / WEIGHTS, name_A).astype("float32").T
    B = read_tensor(folder / WEIGHTS, name_B).astype("float32").T
    r = A.shape[1]
    return A, B, float(alpha) / (math.sqrt(r) if document.get("use_rslora") else r)


def _are_finite(*arrays: Array) -> bool:
    return all(bool(np.isfinite(array).all()) for array in arrays)


def write_adapter(
    folder: Path,
    matrices: Mapping[str, tuple[Array, ...]],
    config_document: dict[str, Any],
    manifest: dict[str, Any],
    card: str,
) -> None:
    """Write an adapter that PEFT loads unchanged.

    Args:
        folder: The new adapter folder.
        matrices: T5's module path -> A (d_in, r), B (r, d_out), and for DoRA magnitudes (d_out,).
        config_document: Result of `adapter_config.peft_config`.
        manifest: Content of `manifest.json`.
        card: Content of `README.md`.
    """
    tensors = {
        name: array.T.astype("float32")
        for path, arrays in matrices.items()
        for name, array in zip((*adapter_names(path), magnitude_name(path)), arrays, strict=False)
    }
    write_tensors(folder / WEIGHTS, tensors, {"format": "pt"})
    write_json(folder / CONFIG, config_document)
    write_json(folder / MANIFEST, manifest)
    write_text(folder / CARD, card)
