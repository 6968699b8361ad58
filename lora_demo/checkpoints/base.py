"""Base models: the embedded one, a folder or a Hub repository, all in Hugging Face's T5 format."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lora_demo.checkpoints import names
from lora_demo.checkpoints.connection import UNREADABLE, Torn, open_hub, patiently, sentence
from lora_demo.checkpoints.download import Progress, download, look_up, sha256_of
from lora_demo.checkpoints.tensors import (
    headers,
    read_index,
    read_json,
    read_tensor,
    shards,
    write_json,
    write_tensors,
)
from lora_demo.model.config import FLAN_T5, T5Config

EMBEDDED = "mini"
EMBEDDED_FOLDER = Path(__file__).parent.parent / "assets" / "mini"
FILES = (
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "spiece.model",
    "model.safetensors",
    "model.safetensors.index.json",
    "model-*-of-*.safetensors",
)
TOKENIZER_FILES = FILES[1:6]
HASH = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")
"""The ETags by which the client of the Hub names its files: git's SHA-1 of a small one, SHA-256 of a large one."""


@dataclass(frozen=True)
class Base:
    """A base model that is on this machine: what the user called it, where it lies, its geometry; for one from the Hub, the commit that it is."""

    id: str
    folder: Path
    config: T5Config
    revision: str | None = None


def find_base(
    id: str = EMBEDDED, revision: str | None = None, progress: Progress | None = None
) -> Base:
    """Finds `mini`, a folder, or a Hub id; the last is downloaded (weights, config and tokenizer only) or taken from the cache.

    It is for whoever runs the program, whose token is used where there is one: a stranger's id goes to `find_config`.

    Args:
        progress: told the bytes that have come and all that are to come; what it raises ends the download, which the
            next call takes up where it ended.
    Raises:
        ValueError: if there is no such base, or no way to it; the message says what to do.
    """
    folder, commit = EMBEDDED_FOLDER if id == EMBEDDED else Path(id).expanduser(), None
    if not folder.is_dir():
        folder = _download(id, revision, progress=progress)
        commit = folder.parts[
            -1 if id.count("/") < 2 else -2
        ]  # the client's cache has a folder for each
    return Base(
        id,
        folder,
        _true_head(T5Config.from_json(read_json(folder / "config.json")), folder),
        commit,
    )


def find_config(
    id: str = EMBEDDED, revision: str | None = None, token: bool | None = None
) -> T5Config:
    """A base's geometry alone, without weights: known here for FLAN-T5, else read from its config.json.

    Args:
        token: False for a stranger's id: only what everybody may see is read, with no token and not from the cache.
    """
    if id in FLAN_T5:
        return FLAN_T5[id]
    if id == EMBEDDED or Path(id).expanduser().is_dir():
        folder = EMBEDDED_FOLDER if id == EMBEDDED else Path(id).expanduser()
        return T5Config.from_json(read_json(folder / "config.json"))
    return T5Config.from_json(
        read_json(_download(id, revision, ("config.json",), token) / "config.json")
    )


def _download(
    id: str,
    revision: str | None,
    patterns=FILES,
    token: bool | None = None,
    progress: Progress | None = None,
) -> Path:
    """The folder of a Hub base, `user/name`, or `user/name/folder` where it lies in a folder of an adapter's repository."""
    from huggingface_hub import errors
    from huggingface_hub.utils import validate_repo_id

    try:
        if id.startswith((".", "/", "~")) or id.count("/") > 2 or os.sep * 2 in id:
            raise ValueError(
                f"There is no base model folder {id!r}: give a folder with config.json and model.safetensors, '{EMBEDDED}', or a Hub id such as google/flan-t5-small."
            )
        parts = id.split("/")
        repo, inner = "/".join(parts[:2]), parts[2] if len(parts) == 3 else ""
        validate_repo_id(repo)
        if inner and not re.fullmatch(r"[\w-][\w.-]*", inner):
            raise errors.HFValidationError
        return (
            _snapshot(
                repo,
                revision,
                [f"{inner}/{pattern}" if inner else pattern for pattern in patterns],
                token,
                progress,
            )
            / inner
        )
    except errors.HFValidationError:
        raise ValueError(
            f"{id!r} is neither a folder nor a Hub id: use '{EMBEDDED}', a folder, or an id such as google/flan-t5-small."
        ) from None
    except errors.RevisionNotFoundError:
        raise ValueError(f"The Hub's {id!r} has no revision {revision!r}.") from None
    except errors.GatedRepoError:
        raise ValueError(
            f"The Hub's {id!r} is gated: accept its terms on its page and log in with `hf auth login`."
        ) from None
    except errors.RepositoryNotFoundError:
        raise ValueError(_no_model(id)) from None
    except (
        OSError,
        errors.HTTPError,
        errors.EntryNotFoundError,
        RuntimeError,
        *UNREADABLE,
    ) as error:
        raise ValueError(_no_way(id, error)) from None


def _snapshot(
    repo: str,
    revision: str | None,
    patterns: list[str],
    token: bool | None,
    progress: Progress | None,
) -> Path:
    """Downloads what is not cached yet; a fault that may pass is tried again, and what has come already stays.

    The Hub's client moves a file to its place only once all of it is there, but starts an interrupted one anew and
    checks no hash; so files are fetched before it, and it finds them in its cache.
    """
    from huggingface_hub import snapshot_download

    hub = open_hub(token, anonymous=True)

    def fetch() -> Path:
        if token is False:
            hub.repo_info(repo, revision=revision)
        missing = sorted(
            _missing(hub, repo, revision, patterns), key=lambda file: file.file_size or 0
        )
        there, total = 0, sum(file.file_size or 0 for file in missing)
        for file in missing:
            _fetch_blob(
                hub, repo, file, progress and (lambda count, size: progress(there + count, total))
            )
            there += file.file_size or 0
        return Path(
            snapshot_download(repo, revision=revision, allow_patterns=patterns, token=hub.token)
        )

    return patiently(fetch)


def _missing(hub, repo: str, revision: str | None, patterns: list[str]) -> list:
    """The files that are not cached; none if the Hub cannot be asked, when the cache decides."""
    from huggingface_hub import errors, snapshot_download

    try:
        return [
            file
            for file in snapshot_download(
                repo, revision=revision, allow_patterns=patterns, token=hub.token, dry_run=True
            )
            if file.will_download
        ]
    except errors.DryRunError:
        return []


def _fetch_blob(hub, repo: str, file, progress: Progress | None):
    """Puts a file into the client's cache; one whose hash the Hub does not tell is left to the client."""
    from huggingface_hub import constants, hf_hub_url
    from huggingface_hub.file_download import repo_folder_name

    url = hf_hub_url(repo, file.filename, revision=file.commit_hash)
    told = look_up(url, hub.token)
    if HASH.fullmatch(told.etag):
        blob = Path(
            constants.HF_HUB_CACHE,
            repo_folder_name(repo_id=repo, repo_type="model"),
            "blobs",
            told.etag,
        )
        blob.parent.mkdir(parents=True, exist_ok=True)
        download(url, blob, told, token=hub.token, size=file.file_size, progress=progress)


def _no_model(id: str) -> str:
    return f"The Hub has no public model {id!r}, and there is no folder of that name: check the spelling, or log in with `hf auth login` if it is private."


def _no_way(id: str, error: Exception) -> str:
    response = getattr(error, "response", None)
    if getattr(error, "errno", None) == 28:
        return f"The disk is full: {id!r} could not be stored. Free some space, or set HF_HOME to a larger disk."
    if getattr(error, "errno", None) in (13, 30):
        return f"{id!r} could not be stored, since the cache cannot be written: set HF_HOME to a folder of your own."
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        return f"HF_HUB_OFFLINE is set, and {id!r} is not wholly cached here: unset it, or use --base {EMBEDDED}, which is embedded."
    if getattr(response, "status_code", 0) == 404 and "/api/models/" in response.request.url.path:
        return _no_model(id)
    if getattr(response, "status_code", 404) != 404 or isinstance(error, (Torn, *UNREADABLE)):
        return f"{sentence(error, id)} Or use --base {EMBEDDED}, which is embedded."
    return f"No way to the Hub for {id!r}, and it is not wholly cached here: check the connection and try again, or use --base {EMBEDDED}, which is embedded, or --base FOLDER with a downloaded checkpoint."


def _true_head(config: T5Config, folder: Path) -> T5Config:
    """Whether the head is tied is decided by the weights: transformers 5 writes `tie_word_embeddings: true` for every T5."""
    index = read_index(folder)
    embedding = names.locate("shared.weight", index)
    if "lm_head.weight" not in index or embedding in (None, "lm_head.weight"):
        return replace(config, tie_word_embeddings=True)
    same = config.tie_word_embeddings and np.array_equal(
        *(read_tensor(index[name], name) for name in (embedding, "lm_head.weight"))
    )
    return replace(config, tie_word_embeddings=bool(same))


def load_model(base: Base, precision: str = "float32"):
    """The base's T5 with its weights, read tensor by tensor.

    Raises:
        ValueError: listing every tensor that is missing, unknown or of another shape.
    """
    from lora_demo.model import backend  # noqa: F401  (first, since it quiets TensorFlow's import)
    from lora_demo.model.t5 import T5

    sources = check_tensors(base)
    model = T5(base.config, precision)
    for path, variable in model.parameters().items():
        file, name = sources[path]
        variable.assign(read_tensor(file, name))
    return model


def check_tensors(base: Base) -> dict[str, tuple[Path, str]]:
    """Our path -> (file, name there), after holding the files' headers against the table in both directions."""
    index = read_index(base.folder)
    found = {
        name: header
        for file in sorted(set(index.values()))
        for name, header in headers(file).items()
        if index.get(name) == file
    }
    expected = names.expected_tensors(base.config)
    sources = {name: names.locate(name, found) for name in expected}
    problems = [f"missing {name}" for name in expected if sources[name] is None]
    problems += [
        f"unknown {name}"
        for name in found
        if name not in sources.values() and not names.IGNORED.match(name)
    ]
    for name, (_, shape) in expected.items():
        if sources[name] is not None and found[sources[name]][1] != shape:
            problems.append(f"{sources[name]} is {found[sources[name]][1]}, wanted {shape}")
    if problems:
        raise ValueError(
            f"The weights in {base.folder} do not fit its config.json: {'; '.join(problems)}."
        )
    return {path: (index[sources[name]], sources[name]) for name, (path, _) in expected.items()}


def fingerprint(base: Base) -> str:
    """SHA-256 over the base's weight files, in the order of their names."""
    return sha256_of(sorted(set(read_index(base.folder).values())))


def save_checkpoint(
    folder: Path,
    config: T5Config,
    weights: Mapping[str, np.ndarray],
    tokenizer_folder: Path,
    max_shard_bytes: int = 5 * 10**9,
):
    """Writes a Hugging Face T5 checkpoint that transformers loads: weights by our paths."""
    tensors = {names.checkpoint_name(path): array for path, array in weights.items()}
    files = dict(shards(tensors, max_shard_bytes))
    for file, members in files.items():
        write_tensors(folder / file, {name: tensors[name] for name in members})
    if len(files) > 1:
        weight_map = {name: file for file, members in files.items() for name in members}
        write_json(
            folder / "model.safetensors.index.json",
            {
                "metadata": {"total_size": sum(a.nbytes for a in tensors.values())},
                "weight_map": weight_map,
            },
        )
    for file in TOKENIZER_FILES:
        if (tokenizer_folder / file).is_file() and tokenizer_folder != folder:
            (folder / file).write_bytes((tokenizer_folder / file).read_bytes())
    write_json(folder / "config.json", {**config.to_json(), "dtype": "float32"})
