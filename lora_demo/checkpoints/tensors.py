"""Reading and writing safetensors files, one tensor at a time and never half."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import ml_dtypes  # noqa: F401  (tells numpy what bfloat16 is)
import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from lora_demo.files import (  # noqa: F401  (until every user imports them from there)
    MAX_JSON_BYTES,
    atomic_write,
    read_json,
    remove_partials,
    write_json,
    write_text,
)

replacing = atomic_write
FLOATS = ("F32", "F16", "BF16", "F64")
MAX_HEADER_BYTES = 10_000_000
"""Far above any T5's; the library would read ten times as much, and each name takes memory."""


def read_index(folder: Path) -> dict[str, Path]:
    """Tensor name -> the file that holds it, from `model.safetensors` or the shards' index.

    Raises:
        ValueError: if there are no safetensors, or the index names a file that is absent or outside the folder.
    """
    single, index = folder / "model.safetensors", folder / "model.safetensors.index.json"
    if index.is_file():
        return _read_shard_index(index)
    if single.is_file():
        return {name: single for name in headers(single)}
    raise ValueError(
        f"{folder} has no model.safetensors and no model.safetensors.index.json; other weight formats are not read, since they can run code."
    )


def _read_shard_index(index: Path) -> dict[str, Path]:
    weight_map = read_json(index).get("weight_map")
    if not isinstance(weight_map, dict) or not all(
        isinstance(name, str) for name in weight_map.values()
    ):
        raise ValueError(f"{index} has no weight_map.")
    for name in sorted(set(weight_map.values())):
        if name != os.path.basename(name) or not (index.parent / name).is_file():
            raise ValueError(f"{index} names the shard {name!r}, which is not in its folder.")
    return {tensor: index.parent / name for tensor, name in weight_map.items()}


def headers(path: Path) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Tensor name -> (dtype, shape), from the header alone.

    Raises:
        ValueError: if the file is not sound; the library checks sizes, offsets and overlaps.
    """
    try:
        with open_tensors(path) as file:
            slices = {name: file.get_slice(name) for name in file.keys()}
            return {
                name: (part.get_dtype(), tuple(part.get_shape())) for name, part in slices.items()
            }
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path} is not a readable safetensors file ({_brief(error)}).") from None


def open_tensors(path: Path):
    """A safetensors file, open; SafetensorError or OSError if it is none, or its header is too large."""
    with open(path, "rb") as file:
        if int.from_bytes(file.read(8), "little") > MAX_HEADER_BYTES:
            raise SafetensorError(f"its header is over {MAX_HEADER_BYTES // 10**6} MB")
    return safe_open(path, "numpy")


def read_tensor(path: Path, name: str) -> np.ndarray:
    """One tensor; the file is closed again at once, so that what was read does not stay in memory.

    Raises:
        ValueError: if it is absent or no float tensor.
    """
    try:
        with open_tensors(path) as file:
            if file.get_slice(name).get_dtype() not in FLOATS:
                raise ValueError(
                    f"{path}: {name} is {file.get_slice(name).get_dtype()}; wanted one of {', '.join(FLOATS)}."
                )
            return file.get_tensor(name)
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path}: cannot read {name} ({_brief(error)}).") from None


def read_metadata(path: Path) -> dict[str, str]:
    """The file's own metadata."""
    try:
        with open_tensors(path) as file:
            return file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path} is not a readable safetensors file ({_brief(error)}).") from None


def write_tensors(
    path: Path, tensors: Mapping[str, np.ndarray], metadata: Mapping[str, str] | None = None
):
    """Writes a safetensors file that is there whole or not at all."""
    with atomic_write(path) as partial:
        save_file(
            {name: np.ascontiguousarray(array) for name, array in tensors.items()},
            partial,
            metadata=dict(metadata or {"format": "pt"}),
        )


def shards(tensors: Mapping[str, np.ndarray], max_bytes: int) -> Iterator[tuple[str, list[str]]]:
    """Splits tensors over files `model.safetensors` or `model-0000i-of-0000n.safetensors`: (file name, tensor names)."""
    from huggingface_hub import split_state_dict_into_shards_factory

    split = split_state_dict_into_shards_factory(
        tensors,
        get_storage_size=lambda array: array.nbytes,
        filename_pattern="model{suffix}.safetensors",
        max_shard_size=max_bytes,
    )
    yield from split.filename_to_tensors.items()


def _brief(error: Exception) -> str:
    return str(error).split("\n")[0][:200]
