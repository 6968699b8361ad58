"""Describe an adapter: its settings, its fit to a base, and how far it moves each matrix."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from lora_demo.checkpoints.adapter_config import read_config
from lora_demo.checkpoints.adapter_files import WEIGHTS
from lora_demo.checkpoints.adapter_fit import check_fit
from lora_demo.checkpoints.adapter_matrices import adapted_paths, targets_of
from lora_demo.checkpoints.adapters import Adapter, read_adapter
from lora_demo.checkpoints.base import Base
from lora_demo.checkpoints.names import checkpoint_name
from lora_demo.checkpoints.tensors import Array, headers, read_index, read_tensor
from lora_demo.model.config import T5Config

TINY = 1e-30
"""Smallest norm to divide by."""


def inspect_adapter(
    folder: Path, base: Base | None, config: T5Config | None = None
) -> dict[str, Any]:
    """Describe an adapter.

    Args:
        folder: An adapter folder.
        base: The base with its weights. None: only `config` is known, and norms are None.
        config: The base's geometry, if `base` is None.

    Returns:
        A JSON document. `layers` has, for each adapted matrix, `relative_norm`: the Frobenius norm
        of the update relative to the matrix, ||scale A B|| / ||W||. It is empty if the adapter does
        not fit. `notes` are sentences about contents of the files that have no effect.

    Raises:
        ValueError: If the folder is not a plain LoRA adapter, or neither base nor config is given.
    """
    document = read_config(folder)
    config = base.config if base else config
    if config is None:
        raise ValueError("inspect_adapter needs a base or its config.")
    fit = check_fit(folder, config)
    adapter = None if fit.problems else read_adapter(folder, config)
    has_weights = (folder / WEIGHTS).is_file()
    paths = fit.paths or (adapted_paths(folder) if has_weights else ())
    return {
        "adapter": str(folder),
        "base": base.id if base else str(document.get("base_model_name_or_path") or ""),
        "rank": document["r"],
        "alpha": document["lora_alpha"],
        "targets": list(targets_of(paths)),
        "parameters": adapter.parameters if adapter else count_values(folder),
        "fits": not fit.problems,
        "problems": list(fit.problems),
        "notes": list(fit.notes),
        "layers": _layers(adapter, base) if adapter else [],
    }


def count_values(folder: Path) -> int:
    """Count the parameters in an adapter's weights file; 0 without a file.

    Args:
        folder: An adapter folder.
    """
    if not (folder / WEIGHTS).is_file():
        return 0
    return sum(math.prod(shape) for _, shape in headers(folder / WEIGHTS).values())


def _layers(adapter: Adapter, base: Base | None) -> list[dict[str, Any]]:
    if base is None:
        return [{"name": path, "relative_norm": None} for path in adapter.matrices]
    files = read_index(base.folder)
    layers = []
    for path, (A, B, scale) in adapter.matrices.items():
        name = checkpoint_name(path)
        weight = read_tensor(files[name], name)
        if path in adapter.magnitudes:
            norm = _relative_norm_of_dora(A, B, scale, weight, adapter.magnitudes[path])
        else:
            norm = _relative_norm(A, B, scale, weight)
        layers.append({"name": path, "relative_norm": norm})
    return layers


def _relative_norm_of_dora(
    A: Array, B: Array, scale: float, weight: Array, magnitude: Array
) -> float:
    """Compute ||W' - W|| / ||W|| for W' = m (W + s A B) / ||W + s A B||."""
    weight = weight.astype("float64")
    merged = weight + scale * (A.astype("float64") @ B).T
    merged *= (magnitude / np.linalg.norm(merged, axis=1))[:, None]
    return float(np.linalg.norm(merged - weight)) / max(float(np.linalg.norm(weight)), TINY)


def _relative_norm(A: Array, B: Array, scale: float, weight: Array) -> float:
    """Compute ||scale A B|| / ||W|| without A B, from ||A B||^2 = trace((A^T A)(B B^T)).

    Args:
        A: (d_in, r).
        B: (r, d_out).
        scale: Factor of the update.
        weight: W.
    """
    A, B = A.astype("float64"), B.astype("float64")
    trace = float(np.sum((A.T @ A) * (B @ B.T)))
    update = abs(scale) * math.sqrt(max(0.0, trace))
    return update / max(float(np.linalg.norm(weight.astype("float64"))), TINY)
