"""Read and write LoRA adapters as PEFT folders.

Axes: r rank.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lora_demo.checkpoints.adapter_config import list_problems, read_config
from lora_demo.checkpoints.adapter_files import CARD, CONFIG, MANIFEST, WEIGHTS
from lora_demo.checkpoints.adapter_fit import check_fit
from lora_demo.checkpoints.adapter_matrices import saved_names, targets_of
from lora_demo.checkpoints.names import adapter_names, magnitude_name
from lora_demo.checkpoints.patterns import match_patterns
from lora_demo.checkpoints.tensors import Array, read_tensors, write_tensors
from lora_demo.files import write_json, write_text
from lora_demo.language import _
from lora_demo.model.config import T5Config


@dataclass(frozen=True)
class Adapter:
    """A LoRA adapter in memory.

    Args:
        folder: The folder that it was read from.
        r: The config's rank; single matrices may differ.
        lora_alpha: The config's alpha.
        targets: T5's names of the adapted matrices.
        base_id: Hub id or folder of the base; empty if the config names none.
        matrices: T5's module path -> A (d_in, r), B (r, d_out), both float32, and the scale.
        magnitudes: T5's module path -> (d_out,) in float32, for DoRA; empty for LoRA.
        notes: One sentence for each part of its files that has no effect.
    """

    folder: Path
    r: int
    lora_alpha: float
    targets: tuple[str, ...]
    base_id: str
    matrices: Mapping[str, tuple[Array, Array, float]]
    magnitudes: Mapping[str, Array] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def parameters(self) -> int:
        """The number of parameters in A and B, and in DoRA's magnitudes."""
        factors = sum(A.size + B.size for A, B, _scale in self.matrices.values())
        return factors + sum(magnitude.size for magnitude in self.magnitudes.values())

    def refuse_dora(self, action: str) -> None:
        """Refuse a DoRA adapter, whose update is not a low-rank product.

        Args:
            action: The action that is not possible, for the message.

        Raises:
            ValueError: If this is a DoRA adapter.
        """
        if self.magnitudes:
            raise ValueError(
                _(
                    "{name} is a DoRA adapter, and {action} needs plain LoRA. Merge it into its "
                    "base with `merge`, and use that as --base.",
                    name=self.name,
                    action=action,
                )
            )


def read_adapter(folder: Path, config: T5Config) -> Adapter:
    """Read an adapter and check it against a base.

    Args:
        folder: A PEFT adapter folder.
        config: The base's geometry.

    Returns:
        The adapter, with all its matrices in memory.

    Raises:
        ValueError: If the folder is not a LoRA adapter that this package can apply exactly; the
            message lists every mismatch.
    """
    document = read_config(folder)
    fit = check_fit(folder, config)
    if fit.problems:
        name = str(document.get("base_model_name_or_path") or "")[:120]
        raise ValueError(_misfit(folder.name, list_problems(fit.problems), name))
    paths = fit.paths
    alphas = match_patterns(
        "alpha_pattern", document.get("alpha_pattern"), paths, document["lora_alpha"]
    )
    names = [name for path in paths for name in adapter_names(path)]
    if document.get("use_dora"):
        names += [magnitude_name(path) for path in paths]
    tensors = _read_tensors(folder, names)
    matrices = {path: _scaled_matrix(tensors, path, alphas[path], document) for path in paths}
    magnitudes = {}
    if document.get("use_dora"):
        magnitudes = {path: tensors[magnitude_name(path)] for path in paths}
    adapter = Adapter(
        folder=folder,
        r=document["r"],
        lora_alpha=document["lora_alpha"],
        targets=targets_of(matrices),
        base_id=str(document.get("base_model_name_or_path") or ""),
        matrices=matrices,
        magnitudes=magnitudes,
        notes=fit.notes,
    )
    _check_finite(adapter)
    return adapter


def _misfit(adapter: str, problems: str, base: str) -> str:
    """Say why an adapter does not fit, and which base does, if its name is known."""
    if not base:
        return _(
            "The adapter {adapter} does not fit this base: {problems}. Use it with the base that "
            "it was trained on.",
            adapter=adapter,
            problems=problems,
        )
    return _(
        "The adapter {adapter} does not fit this base: {problems}. Use it with the base that it "
        "was trained on, {base!r}.",
        adapter=adapter,
        problems=problems,
        base=base,
    )


def _check_finite(adapter: Adapter) -> None:
    not_finite = [path for path in adapter.matrices if not _is_finite(adapter, path)]
    if not_finite:
        raise ValueError(
            _(
                "The adapter {name} has NaN or infinite values in {matrices}. Use another "
                "adapter, or train it again with a lower learning rate.",
                name=adapter.name,
                matrices=list_problems(not_finite),
            )
        )


def _is_finite(adapter: Adapter, path: str) -> bool:
    A, B, _scale = adapter.matrices[path]
    arrays = [A, B]
    if path in adapter.magnitudes:
        arrays.append(adapter.magnitudes[path])
    return all(bool(np.isfinite(array).all()) for array in arrays)


def _read_tensors(folder: Path, names: Sequence[str]) -> dict[str, Array]:
    """Read tensors of an adapter in float32."""
    saved = saved_names(folder)
    tensors = read_tensors(folder / WEIGHTS, [saved[name] for name in names])
    return {name: tensors[saved[name]].astype("float32") for name in names}


def _scaled_matrix(
    tensors: Mapping[str, Array], path: str, alpha: float, document: Mapping[str, Any]
) -> tuple[Array, Array, float]:
    """Return the factors and the scale of a matrix; files hold A (r, d_in) and B (d_out, r)."""
    A, B = (tensors[name].T for name in adapter_names(path))
    r = A.shape[1]
    divisor = math.sqrt(r) if document.get("use_rslora") else r
    return A, B, float(alpha) / divisor


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
    tensors = {}
    for path, arrays in matrices.items():
        names = (*adapter_names(path), magnitude_name(path))[: len(arrays)]
        for name, array in zip(names, arrays, strict=True):
            tensors[name] = array.T.astype("float32")
    write_tensors(folder / WEIGHTS, tensors, {"format": "pt"})
    write_json(folder / CONFIG, config_document)
    write_json(folder / MANIFEST, manifest)
    write_text(folder / CARD, card)
