"""Base models: the embedded one, a folder or a Hub repository, all in Hugging Face's T5 format."""

import errno
import fcntl
import hashlib
import os
import re
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from lora_demo.checkpoints import names
from lora_demo.checkpoints.tensors import headers, read_index, read_json, read_tensor, shards, write_json, write_tensors
from lora_demo.model.parameters import FLAN_T5, T5Config

EMBEDDED = "mini"
EMBEDDED_FOLDER = Path(__file__).parent.parent / "assets" / "mini"
FILES = ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "spiece.model", "model.safetensors", "model.safetensors.index.json", "model-*-of-*.safetensors")
TOKENIZER_FILES = FILES[1:6]
LARGE = 20_000_000
"""Bytes from which a file of the Hub is worth taking up where it was interrupted."""
ANSWER_SECONDS = 60.0
"""How long the Hub may be silent; its client's own default is to wait for ever."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Base:
    """A base model that is on this machine: what the user called it, where it lies, its geometry."""

    id: str
    folder: Path
    config: T5Config
    revision: str | None = None


def find_base(id: str = EMBEDDED, revision: str | None = None, progress: Progress | None = None) -> Base:
    """Finds `mini`, a folder, or a Hub id; the last is downloaded (weights, config and tokenizer only) or taken from the cache.

    Args:
        progress: told the bytes that are there and all bytes of a large file, as it comes; what it raises ends the
            download, which the next call takes up where it ended.
    Raises:
        ValueError: if there is no such base, or no way to it; the message says what to do.
    """
    folder = EMBEDDED_FOLDER if id == EMBEDDED else Path(id).expanduser()
    if not folder.is_dir():
        folder = _download(id, revision, progress=progress)
    return Base(id, folder, _true_head(T5Config.from_json(read_json(folder / "config.json")), folder), revision)


def find_config(id: str = EMBEDDED, revision: str | None = None) -> T5Config:
    """A base's geometry alone, without weights: known here for FLAN-T5, else read from its config.json."""
    if id in FLAN_T5:
        return FLAN_T5[id]
    if id == EMBEDDED or Path(id).expanduser().is_dir():
        folder = EMBEDDED_FOLDER if id == EMBEDDED else Path(id).expanduser()
        return T5Config.from_json(read_json(folder / "config.json"))
    return T5Config.from_json(read_json(_download(id, revision, ("config.json",)) / "config.json"))


def _download(id: str, revision: str | None, patterns=FILES, progress: Progress | None = None) -> Path:
    """The folder of a Hub base, `user/name`, or `user/name/folder` where it lies in a folder of an adapter's repository."""
    from huggingface_hub import errors
    from huggingface_hub.utils import validate_repo_id

    try:
        if id.startswith((".", "/", "~")) or id.count("/") > 2 or os.sep * 2 in id:
            raise ValueError(f"There is no base model folder {id!r}: give a folder with config.json and model.safetensors, '{EMBEDDED}', or a Hub id such as google/flan-t5-small.")
        parts = id.split("/")
        repo, inner = "/".join(parts[:2]), parts[2] if len(parts) == 3 else ""
        validate_repo_id(repo)
        if inner and not re.fullmatch(r"[\w-][\w.-]*", inner):
            raise errors.HFValidationError
        return _snapshot(repo, revision, [f"{inner}/{pattern}" if inner else pattern for pattern in patterns], progress) / inner
    except errors.HFValidationError:
        raise ValueError(f"{id!r} is neither a folder nor a Hub id: use '{EMBEDDED}', a folder, or an id such as google/flan-t5-small.") from None
    except errors.RevisionNotFoundError:
        raise ValueError(f"The Hub's {id!r} has no revision {revision!r}.") from None
    except errors.GatedRepoError:
        raise ValueError(f"The Hub's {id!r} is gated: accept its terms on its page and log in with `hf auth login`.") from None
    except errors.RepositoryNotFoundError:
        raise ValueError(f"The Hub has no public model {id!r}, and there is no folder of that name: check the spelling, or log in with `hf auth login` if it is private.") from None
    except (OSError, errors.HTTPError, errors.EntryNotFoundError, RuntimeError) as error:
        raise ValueError(_no_way(id, error)) from None


def _snapshot(repo: str, revision: str | None, patterns: list[str], progress: Progress | None) -> Path:
    """Downloads what is not cached yet; a fault that may pass is tried again, and what has come already stays.

    The Hub's client moves a file to its place only once all of it is there, but starts an interrupted one anew; so
    large ones are fetched before it, and it finds them in its cache.
    """
    from huggingface_hub import errors, get_session, snapshot_download
    from huggingface_hub.utils import disable_progress_bars

    if not sys.stderr.isatty():
        disable_progress_bars()
    for wait in (0.5, 2.0, 0.0):
        try:
            get_session().timeout = ANSWER_SECONDS
            for file in _missing(repo, revision, patterns):
                _fetch_blob(repo, file.commit_hash, file.filename, progress)
            return Path(snapshot_download(repo, revision=revision, allow_patterns=patterns))
        except (OSError, errors.HTTPError, errors.EntryNotFoundError) as error:
            if not wait or not _may_pass(error):
                raise
            time.sleep(wait)
    raise AssertionError("the last try returns or raises")


def _missing(repo: str, revision: str | None, patterns: list[str]) -> list:
    """The large files that are not cached; none if the Hub cannot be asked, when the cache decides."""
    from huggingface_hub import errors, snapshot_download

    try:
        plan = snapshot_download(repo, revision=revision, allow_patterns=patterns, dry_run=True)
    except errors.DryRunError:
        return []
    return [file for file in plan if file.will_download and file.file_size >= LARGE]


def _fetch_blob(repo: str, commit: str, name: str, progress: Progress | None):
    """Puts a large file into the client's cache, from where an earlier try ended, and only if its SHA-256 is right."""
    from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url
    from huggingface_hub.file_download import repo_folder_name
    from huggingface_hub.utils import build_hf_headers

    url = hf_hub_url(repo, name, revision=commit)
    told = get_hf_file_metadata(url)
    if not re.fullmatch("[0-9a-f]{64}", told.etag or "") or not told.size:
        return
    blob = Path(constants.HF_HUB_CACHE, repo_folder_name(repo_id=repo, repo_type="model"), "blobs", told.etag)
    blob.parent.mkdir(parents=True, exist_ok=True)
    partial = blob.with_name(f"{told.etag}.lora_demo")
    headers = build_hf_headers() if urlsplit(url)[:2] == urlsplit(told.location)[:2] else {}  # no token to another host
    with open(partial, "ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # another process may be fetching the same base
        if blob.exists():
            return partial.unlink(missing_ok=True)
        try:
            _receive(told.location, headers, file, told.size, progress, name)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                partial.unlink()
            raise
        if _sha256([partial]) != told.etag:
            partial.unlink()
            raise OSError(f"Consistency check of {name} failed.")
        os.replace(partial, blob)


def _receive(url: str, headers: dict, file, size: int, progress: Progress | None, name: str):
    """Appends the rest of the file; over a cut connection it goes on as long as every try brings something."""
    from huggingface_hub import errors, get_session
    from huggingface_hub.utils import hf_raise_for_status, tqdm

    with tqdm(desc=name, total=size, unit="B", unit_scale=True, disable=None) as bar:
        while (began := file.tell()) < size:
            try:
                asked = headers | {"Range": f"bytes={began}-", "Accept-Encoding": "identity"}
                with get_session().stream("GET", url, headers=asked, timeout=ANSWER_SECONDS) as response:
                    hf_raise_for_status(response)
                    if response.status_code != 206:
                        file.seek(file.truncate(0))
                    for chunk in response.iter_bytes():
                        file.write(chunk[: size - file.tell()])
                        bar.update(file.tell() - bar.n)
                        if progress:
                            progress(file.tell(), size)
            except errors.HTTPError as error:
                if file.tell() <= began or isinstance(error, errors.HfHubHTTPError):
                    raise


def _may_pass(error: BaseException) -> bool:
    """Whether another try may succeed: after a busy or faulty server, or a cut connection."""
    from huggingface_hub import errors

    seen = [error, error.__cause__]
    if any(isinstance(e, errors.OfflineModeIsEnabled) for e in seen):
        return False
    statuses = [e.response.status_code for e in seen if getattr(e, "response", None) is not None]
    if statuses:
        return statuses[0] in (408, 429) or statuses[0] >= 500
    return any(isinstance(e, errors.HTTPError) or "Consistency check" in str(e) for e in seen)


def _no_way(id: str, error: Exception) -> str:
    if getattr(error, "errno", None) == 28:
        return f"The disk is full: {id!r} could not be stored. Free some space, or set HF_HOME to a larger disk."
    if getattr(error, "errno", None) in (13, 30):
        return f"{id!r} could not be stored, since the cache cannot be written: set HF_HOME to a folder of your own."
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        return f"HF_HUB_OFFLINE is set, and {id!r} is not wholly cached here: unset it, or use --base {EMBEDDED}, which is embedded."
    return f"No way to the Hub for {id!r}, and it is not wholly cached here: check the connection and try again, or use --base {EMBEDDED}, which is embedded, or --base FOLDER with a downloaded checkpoint."


def _true_head(config: T5Config, folder: Path) -> T5Config:
    """Whether the head is tied is decided by the weights: transformers 5 writes `tie_word_embeddings: true` for every T5."""
    index = read_index(folder)
    embedding = names.locate("shared.weight", index)
    if "lm_head.weight" not in index or embedding in (None, "lm_head.weight"):
        return replace(config, tie_word_embeddings=True)
    same = config.tie_word_embeddings and np.array_equal(*(read_tensor(index[name], name) for name in (embedding, "lm_head.weight")))
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
        array = read_tensor(file, name)
        variable.assign(array.T if names.is_transposed(path, base.config) else array)
    return model


def check_tensors(base: Base) -> dict[str, tuple[Path, str]]:
    """Our path -> (file, name there), after holding the files' headers against the table in both directions."""
    index = read_index(base.folder)
    found = {name: header for file in sorted(set(index.values())) for name, header in headers(file).items() if index.get(name) == file}
    expected = names.expected_tensors(base.config)
    sources = {name: names.locate(name, found) for name in expected}
    problems = [f"missing {name}" for name in expected if sources[name] is None]
    problems += [f"unknown {name}" for name in found if name not in sources.values() and not names.IGNORED.match(name)]
    for name, (_, shape) in expected.items():
        if sources[name] is not None and found[sources[name]][1] != shape:
            problems.append(f"{sources[name]} is {found[sources[name]][1]}, wanted {shape}")
    if problems:
        raise ValueError(f"The weights in {base.folder} do not fit its config.json: {'; '.join(problems)}.")
    return {path: (index[sources[name]], sources[name]) for name, (path, _) in expected.items()}


def fingerprint(base: Base) -> str:
    """SHA-256 over the base's weight files, in the order of their names."""
    return _sha256(sorted(set(read_index(base.folder).values())))


def _sha256(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        with open(file, "rb") as stream:
            while chunk := stream.read(1 << 22):
                digest.update(chunk)
    return digest.hexdigest()


def save_checkpoint(folder: Path, config: T5Config, weights: Mapping[str, np.ndarray], tokenizer_folder: Path, max_shard_bytes: int = 5 * 10**9):
    """Writes a Hugging Face T5 checkpoint that transformers loads: weights by our paths, kernels as (d_in, d_out)."""
    tensors = {names.checkpoint_name(path): array.T if names.is_transposed(path, config) else array for path, array in weights.items()}
    files = dict(shards(tensors, max_shard_bytes))
    for file, members in files.items():
        write_tensors(folder / file, {name: tensors[name] for name in members})
    if len(files) > 1:
        weight_map = {name: file for file, members in files.items() for name in members}
        write_json(folder / "model.safetensors.index.json", {"metadata": {"total_size": sum(a.nbytes for a in tensors.values())}, "weight_map": weight_map})
    for file in TOKENIZER_FILES:
        if (tokenizer_folder / file).is_file() and tokenizer_folder != folder:
            (folder / file).write_bytes((tokenizer_folder / file).read_bytes())
    write_json(folder / "config.json", {**config.to_json(), "dtype": "float32"})
