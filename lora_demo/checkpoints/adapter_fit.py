"""Check from the headers alone whether an adapter's tensors fit a base."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lora_demo.checkpoints.adapter_config import read_config
from lora_demo.checkpoints.adapter_files import PICKLED_WEIGHTS, WEIGHTS
from lora_demo.checkpoints.adapter_places import pickle_advice
from lora_demo.checkpoints.names import adapter_names, magnitude_name
from lora_demo.checkpoints.tensors import Header, headers
from lora_demo.model.config import T5Config
from lora_demo.model.parameters import MAX_RANK, dense_shapes, is_target

MAX_BYTES = 2 * 10**9
ADAPTER_FLOATS = ("F32", "F16", "BF16", "F64")


def find_problems(folder: Path, config: T5Config) -> list[str]:
    """List everything that keeps an adapter from fitting a base.

    Args:
        folder: An adapter folder.
        config: The base's geometry.

    Returns:
        One entry for each problem; empty if the adapter fits.

    Raises:
        ValueError: If the adapter is not plain LoRA, or its weights file is damaged.
    """
    document = read_config(folder)
    file_problem = _file_problem(folder)
    if file_problem:
        return [file_problem]
    found = headers(folder / WEIGHTS)
    shapes = dense_shapes(config)
    path_of = {name: path for path in shapes for name in _names(path, document)}
    problems = [*_unknown_tensors(found, path_of), *_wrong_types(found, path_of)]
    present = {path_of[name] for name in found if name in path_of}
    adapted = [path for path in shapes if path in present or _is_promised(path, document)]
    for path in adapted:
        problems += _shape_problems(path, shapes[path], found, document)
    if not adapted and not problems:
        return ["it does not adapt any matrix of this base"]
    return problems


def _names(path: str, document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of a matrix's tensors: two factors, and the magnitudes of DoRA."""
    names = adapter_names(path)
    return (*names, magnitude_name(path)) if document.get("use_dora") else names


def _file_problem(folder: Path) -> str | None:
    path = folder / WEIGHTS
    if path.is_file():
        if path.stat().st_size > MAX_BYTES:
            return f"{WEIGHTS} is over {MAX_BYTES // 10**9} GB"
        return None
    if (folder / PICKLED_WEIGHTS).is_file():
        return pickle_advice("it")
    return f"it has no {WEIGHTS}; copy that file from where the adapter was saved"


def _unknown_tensors(found: Mapping[str, Header], path_of: Mapping[str, str]) -> Iterator[str]:
    for name in found:
        if name not in path_of:
            yield f"{name[:120]!r} does not belong to any matrix of this base"


def _wrong_types(found: Mapping[str, Header], path_of: Mapping[str, str]) -> Iterator[str]:
    for name, (kind, _) in found.items():
        if name in path_of and kind not in ADAPTER_FLOATS:
            yield f"{name} is {kind}, not a float"


def _is_promised(path: str, document: Mapping[str, Any]) -> bool:
    """Check whether the config's list of targets includes a matrix."""
    targets = document.get("target_modules")
    if document.get("layers_to_transform") is not None or document.get("exclude_modules"):
        return False
    if not isinstance(targets, list):
        return False
    return is_target(path, [target for target in targets if isinstance(target, str)])


def _rank_of(header: Header | None, document: Mapping[str, Any]) -> int:
    """Return the rank of lora_A (r, d_in) if the config allows it, else the config's own rank."""
    allowed = {document["r"], *(document.get("rank_pattern") or {}).values()}
    if header is None or not header[1] or header[1][0] not in allowed:
        return int(document["r"])
    return header[1][0]


def _shape_problems(
    path: str, shape: tuple[int, int], found: Mapping[str, Header], document: Mapping[str, Any]
) -> Iterator[str]:
    """Compare the two factors of one matrix with what its rank and shape demand."""
    d_in, d_out = shape
    name_A, name_B = adapter_names(path)
    r = _rank_of(found.get(name_A), document)
    if not 1 <= r <= MAX_RANK:
        yield f"{path} has rank {r}, expected 1 to {MAX_RANK}"
        return
    shapes: dict[str, tuple[int, ...]] = {name_A: (r, d_in), name_B: (d_out, r)}
    if document.get("use_dora"):
        shapes[magnitude_name(path)] = (d_out,)
    for name, expected in shapes.items():
        if name not in found:
            yield f"missing {name}"
        elif found[name][1] != expected:
            yield f"{name} is {found[name][1]}, expected {expected}"
