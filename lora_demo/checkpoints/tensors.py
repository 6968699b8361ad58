"""Read safetensors files one tensor at a time, and write them atomically."""

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import ml_dtypes  # its import also registers bfloat16 with numpy
import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from lora_demo.files import atomic_write, read_json, refuse_lfs_pointer
from lora_demo.language import _

FLOATS_OF_8_BITS = {
    "F8_E4M3": ml_dtypes.float8_e4m3fn,
    "F8_E4M3FNUZ": ml_dtypes.float8_e4m3fnuz,
    "F8_E5M2": ml_dtypes.float8_e5m2,
    "F8_E5M2FNUZ": ml_dtypes.float8_e5m2fnuz,
}
"""Types that the library does not read into numpy, with numpy's types for them."""
FLOATS = ("F32", "F16", "BF16", "F64", *FLOATS_OF_8_BITS)
OTHER_WEIGHTS = (
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
    "tf_model.h5",
    "flax_model.msgpack",
)
"""Files of weights in other formats."""
CONVERT = (
    "from transformers import T5ForConditionalGeneration as T; "
    "T.from_pretrained('.'{}).save_pretrained('.')"
)
SHARD = re.compile(r"model(?:\.(?P<variant>\w+))?-\d+-of-\d+\.safetensors")
"""A part of the weights, as transformers names it."""
MAX_HEADER_BYTES = 10_000_000
"""Far more than any T5 needs. The library allows 100 MB, and each name takes memory."""

Array = np.ndarray[Any, np.dtype[Any]]
Header = tuple[str, tuple[int, ...]]
"""A tensor's type and shape."""


def read_index(folder: Path) -> dict[str, Path]:
    """Map each tensor of a checkpoint to the file that holds it.

    Args:
        folder: Holds `model.safetensors`, or shards and `model.safetensors.index.json`.

    Raises:
        ValueError: If neither is there, or the index names a file outside the folder.
    """
    single, index = folder / "model.safetensors", folder / "model.safetensors.index.json"
    # As in transformers: an index beside the whole file is left over from an earlier save.
    if single.is_file():
        return dict.fromkeys(headers(single), single)
    if index.is_file():
        return _read_shard_index(index)
    raise ValueError(
        _(
            "{folder} has no model.safetensors and no {index}. {advice}",
            folder=folder,
            index=index.name,
            advice=_advice(folder),
        )
    )


def _advice(folder: Path) -> str:
    """Say how to get a model.safetensors from the weights that a folder has instead."""
    files = sorted(path.name for path in folder.glob("model*.safetensors"))
    shards = [match for match in map(SHARD.fullmatch, files) if match]
    if shards and shards[0]["variant"]:
        return _(
            "{file} is a part of the variant {variant}. Save the model without a variant in its "
            'folder, where torch and transformers are installed: python -c "{convert}"',
            file=shards[0][0],
            variant=shards[0]["variant"],
            convert=CONVERT.format(f", variant='{shards[0]['variant']}'"),
        )
    if shards:
        return _(
            "It has {file}, a part of the weights. Download the index and every part.",
            file=shards[0][0],
        )
    variants = [name for name in files if name.startswith("model.")]
    if variants:
        return _("Rename {file} to model.safetensors.", file=variants[0])
    found = [name for name in OTHER_WEIGHTS if (folder / name).is_file()]
    if not found:
        return _("Download the model again, with its weights in safetensors.")
    return _(
        "{file} is not read, because it can run code. Convert it in its folder, with a Python "
        'that has torch and transformers: python -c "{convert}"',
        file=found[0],
        convert=CONVERT.format(""),
    )


def _read_shard_index(index: Path) -> dict[str, Path]:
    weight_map = read_json(index).get("weight_map")
    if not isinstance(weight_map, dict) or not _are_strings(weight_map.values()):
        raise ValueError(
            _("{index} has no weight_map. Download or save the checkpoint again.", index=index)
        )
    for name in sorted(set(weight_map.values())):
        if name != os.path.basename(name) or not (index.parent / name).is_file():
            raise ValueError(
                _(
                    "{index} names the shard {name!r}, which is not in its folder. Download or "
                    "save the checkpoint again.",
                    index=index,
                    name=name,
                )
            )
    return {tensor: index.parent / name for tensor, name in weight_map.items()}


def _are_strings(values: Any) -> bool:
    return all(isinstance(value, str) for value in values)


def headers(path: Path) -> dict[str, Header]:
    """Read the type and shape of every tensor from a file's header.

    Args:
        path: A safetensors file.

    Raises:
        ValueError: If the file is damaged; the library checks sizes, offsets and overlaps.
    """
    try:
        with open_tensors(path) as file:
            slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 (no dict)
            return {
                name: (part.get_dtype(), tuple(part.get_shape())) for name, part in slices.items()
            }
    except (SafetensorError, OSError) as error:
        raise ValueError(_unreadable(path, error)) from None


def open_tensors(path: Path) -> Any:
    """Open a safetensors file.

    Args:
        path: The file.

    Raises:
        SafetensorError: If it is damaged, or its header is too large.
        OSError: If it cannot be read.
        ValueError: If it is a Git LFS pointer.
    """
    refuse_lfs_pointer(path)
    with open(path, "rb") as file:
        start = file.read(8)
        if start.lstrip().startswith(b"<"):
            raise SafetensorError(_("it is a web page, probably the answer to a failed download"))
        if int.from_bytes(start, "little") > MAX_HEADER_BYTES:
            raise SafetensorError(
                _("its header is over {limit} MB", limit=MAX_HEADER_BYTES // 10**6)
            )
    return safe_open(path, "numpy")


def read_tensor(path: Path, name: str) -> Array:
    """Read one tensor, and close the file so that its pages do not stay in memory.

    Args:
        path: A safetensors file.
        name: The tensor's name.

    Raises:
        ValueError: If it is missing or not a float tensor.
    """
    return read_tensors(path, [name])[name]


def read_tensors(path: Path, names: Sequence[str]) -> dict[str, Array]:
    """Read several tensors, which is faster than to open the file for each.

    Args:
        path: A safetensors file.
        names: The tensors' names, at least one.

    Raises:
        ValueError: If one is missing or not a float tensor.
    """
    name = names[0]
    tensors: dict[str, Array] = {}
    try:
        with open_tensors(path) as file:
            for name in names:
                tensors[name] = _read_float_tensor(file, path, name)
    except (SafetensorError, OSError) as error:
        raise ValueError(
            _(
                "{file}: cannot read {name} ({reason}). Download or save the file again.",
                file=path,
                name=name,
                reason=_brief(error),
            )
        ) from None
    return tensors


def _read_float_tensor(file: Any, path: Path, name: str) -> Array:
    """Read a tensor of an open file, of any type with a fraction."""
    kind = file.get_slice(name).get_dtype()
    if kind not in FLOATS:
        raise ValueError(
            _(
                "{file}: {name} is {type}; expected one of {floats}. Save the model in float32.",
                file=path,
                name=name,
                type=kind,
                floats=", ".join(FLOATS),
            )
        )
    if kind in FLOATS_OF_8_BITS:
        return _read_8_bit_tensor(path, name, FLOATS_OF_8_BITS[kind])
    tensor: Array = file.get_tensor(name)
    return tensor


def _read_8_bit_tensor(path: Path, name: str, kind: type) -> Array:
    """Read a tensor by its offsets in the file; the library has checked the header."""
    with open(path, "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        entry = json.loads(file.read(size))[name]
        start, end = entry["data_offsets"]
        file.seek(8 + size + start)
        return np.frombuffer(file.read(end - start), kind).reshape(entry["shape"])


def read_metadata(path: Path) -> dict[str, str]:
    """Read a file's own metadata.

    Args:
        path: A safetensors file.

    Raises:
        ValueError: If it is damaged.
    """
    try:
        with open_tensors(path) as file:
            return file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise ValueError(_unreadable(path, error)) from None


def write_tensors(
    path: Path, tensors: Mapping[str, Array], metadata: Mapping[str, str] | None = None
) -> None:
    """Write a safetensors file atomically.

    Args:
        path: The file.
        tensors: By name.
        metadata: None for `{"format": "pt"}`, which PEFT and transformers expect.
    """
    contiguous = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    with atomic_write(path) as partial:
        save_file(contiguous, partial, metadata=dict(metadata or {"format": "pt"}))


def shards(tensors: Mapping[str, Array], max_bytes: int) -> Iterator[tuple[str, list[str]]]:
    """Distribute tensors over files, as transformers does.

    Args:
        tensors: By name.
        max_bytes: Largest file.

    Yields:
        (file name, names of its tensors); the file is `model.safetensors` if one is enough, else
        `model-0000i-of-0000n.safetensors`.
    """
    from huggingface_hub import split_state_dict_into_shards_factory

    state_dict: dict[str, Any] = dict(tensors)
    split = split_state_dict_into_shards_factory(
        state_dict,
        get_storage_size=lambda array: array.nbytes,
        filename_pattern="model{suffix}.safetensors",
        max_shard_size=max_bytes,
    )
    yield from split.filename_to_tensors.items()


def _unreadable(path: Path, error: Exception) -> str:
    return _(
        "{file} is not a readable safetensors file ({reason}). Download or save it again.",
        file=path,
        reason=_brief(error),
    )


def _brief(error: Exception) -> str:
    return str(error).split("\n")[0][:200]
