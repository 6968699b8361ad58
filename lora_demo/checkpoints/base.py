"""Base models in Hugging Face's T5 format: the embedded one, a folder, or a Hub repository."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lora_demo.checkpoints import names
from lora_demo.checkpoints.adapter_files import natural_key
from lora_demo.checkpoints.adapter_places import MAX_SEARCHED, list_some
from lora_demo.checkpoints.base_download import FILES, download_base
from lora_demo.checkpoints.base_mismatch import describe_mismatch
from lora_demo.checkpoints.download import Progress, sha256_of
from lora_demo.checkpoints.embedded import EMBEDDED, EMBEDDED_FOLDER
from lora_demo.checkpoints.tensors import (
    Array,
    headers,
    read_index,
    read_tensor,
    shards,
    write_tensors,
)
from lora_demo.files import expand_home, read_json, write_json
from lora_demo.language import _
from lora_demo.model.config import FLAN_T5, T5Config

if TYPE_CHECKING:
    from lora_demo.model.t5 import T5

TOKENIZER_FILES = FILES[1:7]
MAX_SHARD_BYTES = 5 * 10**9


@dataclass(frozen=True)
class Base:
    """A base model on this machine.

    Args:
        id: Its name as the user gave it: `mini`, a folder or a Hub id.
        folder: The folder of its files.
        config: Its geometry.
        revision: The commit, if it is from the Hub.
    """

    id: str
    folder: Path
    config: T5Config
    revision: str | None = None


def find_base(
    id: str = EMBEDDED, revision: str | None = None, progress: Progress | None = None
) -> Base:
    """Find a base model, and download it if it is neither here nor in the cache.

    Only weights, config and tokenizer are downloaded, with the user's own token if there is one.
    Never pass a stranger's id; use `find_config` for it.

    Args:
        id: `mini`, a folder, or a Hub id such as `google/flan-t5-small`.
        revision: Branch, tag or commit of a Hub repository. None: its main branch.
        progress: Called with the bytes present and the bytes of the whole download. An exception
            from it ends the download; the next call continues it.

    Raises:
        ValueError: If the base is not found, or the Hub cannot be reached. The message says what
            to do.

    Example:
        >>> find_base("mini").config.feed_forward_proj
        'gated-gelu'
    """
    folder = _local_folder(id)
    commit = None
    if folder is None:
        folder = download_base(id, revision, progress=progress)
        # The Hub's cache has one folder for each commit; a base may be in a folder of it.
        commit = folder.parts[-1 if id.count("/") < 2 else -2]
    config = _read_config(folder)
    return Base(id, folder, _with_true_head(config, folder), commit)


def find_config(
    id: str = EMBEDDED, revision: str | None = None, token: bool | None = None
) -> T5Config:
    """Find a base's geometry without its weights; FLAN-T5's is known without the Hub.

    Args:
        id: As for `find_base`.
        revision: As for `find_base`.
        token: False for a stranger's id: then only public repositories are read, without a token
            and not from the cache. None: the user's token.

    Raises:
        ValueError: As for `find_base`.
    """
    if id in FLAN_T5:
        return FLAN_T5[id]
    folder = _local_folder(id) or download_base(id, revision, ("config.json",), token)
    return _read_config(folder)


def find_tokenizer(id: str, revision: str | None = None) -> Path:
    """Find the folder of a base's config and tokenizer, without its weights.

    Args:
        id: As for `find_base`.
        revision: As for `find_base`.

    Raises:
        ValueError: As for `find_base`.
    """
    return _local_folder(id) or download_base(id, revision, ["config.json", *TOKENIZER_FILES])


def _read_config(folder: Path) -> T5Config:
    file = folder / "config.json"
    if not file.is_file():
        raise ValueError(_not_a_base(folder))
    return T5Config.from_json(read_json(file))


def _not_a_base(folder: Path) -> str:
    """Say what to give instead of a folder without `config.json`."""
    inner = [str(path.parent) for path in islice(folder.glob("*/config.json"), MAX_SEARCHED)]
    if inner:
        return _(
            "{folder} is not a base model: it has no config.json. Give one of its "
            "folders that have one: {places}.",
            folder=folder,
            places=list_some(sorted(inner, key=natural_key)),
        )
    if (folder / "adapter_config.json").is_file():
        return _(
            "{folder} is an adapter, not a base model. Give it with --adapter.",
            folder=folder,
        )
    return _(
        "{folder} is not a base model: it has no config.json. Give the folder of a T5 "
        "checkpoint, with config.json and model.safetensors.",
        folder=folder,
    )


def is_on_hub(id: str) -> bool:
    """Check whether an id is neither the embedded base nor a folder, so that it is a Hub id.

    Args:
        id: As for `find_base`; the Hub is not asked.
    """
    return _local_folder(id) is None


def _local_folder(id: str) -> Path | None:
    if id == EMBEDDED:
        return EMBEDDED_FOLDER
    folder = expand_home(id)
    return folder if folder.is_dir() else None


def _with_true_head(config: T5Config, folder: Path) -> T5Config:
    """Decide from the weights whether the head is tied.

    transformers 5 writes `tie_word_embeddings: true` for every T5.
    """
    index = read_index(folder)
    embedding = names.locate("shared.weight", index)
    if "lm_head.weight" not in index or embedding in (None, "lm_head.weight"):
        return replace(config, tie_word_embeddings=True)
    if not config.tie_word_embeddings:
        return config
    shared = read_tensor(index[embedding], embedding)
    head = read_tensor(index["lm_head.weight"], "lm_head.weight")
    return replace(config, tie_word_embeddings=bool(np.array_equal(shared, head)))


def load_model(base: Base, precision: str = "float32") -> "T5":
    """Create the base's T5 and read its weights, one tensor at a time.

    Args:
        base: The base.
        precision: `float32`, `bfloat16` or `int8`.

    Raises:
        ValueError: Listing every tensor that is missing, unknown or of another shape; or if one
            is not finite.
    """
    from lora_demo.model import backend  # noqa: F401  (first: it silences TensorFlow's import)
    from lora_demo.model.t5 import T5

    sources = check_tensors(base)
    model = T5(base.config, precision)
    model.load((path, _read_finite(*source)) for path, source in sources.items())
    return model


def _read_finite(file: Path, name: str) -> Array:
    """Read a tensor; refuse NaN, which a T5 gets from training in float16."""
    tensor = read_tensor(file, name)
    if not np.isfinite(tensor.sum(dtype="float32")):
        raise ValueError(
            _(
                "{file} has NaN or infinite values in {name}. Use another base, or one that was "
                "trained in float32 or bfloat16.",
                file=file,
                name=name,
            )
        )
    return tensor


def check_tensors(base: Base) -> dict[str, tuple[Path, str]]:
    """Compare the headers of a base's files with its config, in both directions.

    Args:
        base: The base.

    Returns:
        T5's module path -> (file, the tensor's name in it).

    Raises:
        ValueError: Listing every tensor that is missing, unknown or of another shape; or if the
            stacks have embeddings of their own.
    """
    index = read_index(base.folder)
    found = {
        name: header
        for file in sorted(set(index.values()))
        for name, header in headers(file).items()
        if index.get(name) == file
    }
    sources: dict[str, tuple[Path, str]] = {}
    missing: list[str] = []
    wrong_shapes: list[str] = []
    for name, (path, expected) in names.expected_tensors(base.config).items():
        source = names.locate(name, found)
        if source is None:
            missing.append(name)
            continue
        sources[path] = (index[source], source)
        shape = found[source][1]
        if shape != expected:
            wrong_shapes.append(
                _(
                    "{name} is {shape}, expected {expected}",
                    name=source,
                    shape=shape,
                    expected=expected,
                )
            )
    used = {source for _path, source in sources.values()}
    unknown = [name for name in found if name not in used and not names.IGNORED.match(name)]
    if missing or unknown or wrong_shapes:
        raise ValueError(describe_mismatch(base.folder, missing, unknown, wrong_shapes))
    _check_embeddings(sources["shared"], index)
    return sources


def _check_embeddings(shared: tuple[Path, str], index: Mapping[str, Path]) -> None:
    """Check that a file's embeddings of encoder and decoder are copies of the shared one.

    transformers would use a copy that differs, since T5's two stacks need not share an embedding.
    """
    copies = [name for name in names.EMBEDDING_COPIES if name in index and name != shared[1]]
    if not copies:
        return
    embedding = read_tensor(*shared)
    for name in copies:
        if not np.array_equal(embedding, read_tensor(index[name], name)):
            raise ValueError(
                _(
                    "In {folder}, {name} differs from {shared}. Only a T5 whose encoder and "
                    "decoder share one embedding is supported. Use another base, or remove "
                    "{name} from the file if it is left over from before the model was trained.",
                    folder=index[name].parent,
                    name=name,
                    shared=shared[1],
                )
            )


def fingerprint(base: Base) -> str:
    """Return the SHA-256 over a base's weight files, in the order of their names.

    Args:
        base: A base with its weights. They are read again only if a file changed.
    """
    files = sorted(set(read_index(base.folder).values()))
    return _hash_files(tuple(files), tuple(file.stat().st_mtime_ns for file in files))


@functools.lru_cache(maxsize=4)
def _hash_files(files: tuple[Path, ...], modified: tuple[int, ...]) -> str:
    """Hash files of gigabytes once; a new time in `modified` makes the cache miss."""
    return sha256_of(files)


def save_checkpoint(
    folder: Path,
    config: T5Config,
    weights: Mapping[str, Array],
    tokenizer_folder: Path,
    max_shard_bytes: int = MAX_SHARD_BYTES,
) -> None:
    """Write a Hugging Face T5 checkpoint that transformers loads.

    Args:
        folder: The new checkpoint folder.
        config: The geometry.
        weights: By T5's module path.
        tokenizer_folder: Its tokenizer files are copied; it may be `folder` itself.
        max_shard_bytes: Largest weights file.
    """
    tensors = {names.checkpoint_name(path): array for path, array in weights.items()}
    files = dict(shards(tensors, max_shard_bytes))
    for file, members in files.items():
        write_tensors(folder / file, {name: tensors[name] for name in members})
    if len(files) > 1:
        weight_map = {name: file for file, members in files.items() for name in members}
        total = sum(array.nbytes for array in tensors.values())
        index = {"metadata": {"total_size": total}, "weight_map": weight_map}
        write_json(folder / "model.safetensors.index.json", index)
    for file in TOKENIZER_FILES:
        if (tokenizer_folder / file).is_file() and tokenizer_folder != folder:
            (folder / file).write_bytes((tokenizer_folder / file).read_bytes())
    write_json(folder / "config.json", {**config.to_json(), "dtype": "float32"})
