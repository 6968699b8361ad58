"""An adapter to the Hub: PEFT's files, manifest, model card, and a base that is nowhere else, all in one commit."""

import hashlib
import io
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lora_demo.checkpoints.adapters import (
    CARD,
    CONFIG,
    MANIFEST,
    WEIGHTS,
    adapted_paths,
    read_config,
    targets_of,
)
from lora_demo.checkpoints.base import EMBEDDED, EMBEDDED_FOLDER, FILES
from lora_demo.checkpoints.card import is_generated, model_card
from lora_demo.checkpoints.connection import ask, checked_name, open_hub, repository
from lora_demo.checkpoints.download import download, look_up
from lora_demo.checkpoints.tensors import MAX_JSON_BYTES, headers, read_json

BASE_FOLDER = "base"
BASE_CARD = "README.md"
"""Goes along with a base, since it names whose data the base was trained on."""
MOST_BASE_BYTES = 3 * 10**9
LOCAL = re.compile(r"[/~]|[A-Za-z]:\\|\.\.?/")
"""How a path of this machine begins; none goes out."""
IN_MEMORY = 1_000_000
"""Bytes up to which a file is read before it is sent, so that a tree of many takes few file handles."""
MOST_IN_COMMIT = 10_000_000
"""Bytes from which on the Hub wants even a text apart from the commit."""
SIGHT_PAUSES = (0.25, 0.5, 1, 2)
"""Seconds between the looks for a repository that was just made: some Hubs show it a moment later."""

Content = bytes | Path


@dataclass(frozen=True)
class Parcel:
    """What a push sends: the name of each file in the repository, with its bytes or where they lie."""

    repo: str
    files: Mapping[str, Content]

    @property
    def card(self) -> str:
        """The model card."""
        return self.files[CARD].decode()

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes of each file."""
        return {name: _size(content) for name, content in self.files.items()}


@dataclass(frozen=True)
class Pushed:
    """A push that is done; `changed` is False where the Hub had it all already, `commit` is empty where it tells none."""

    repo: str
    url: str
    commit: str
    changed: bool


class Taken(ValueError):
    """A repository is there already, and was not made by lora_demo."""


def preview_push(adapter: Path, repo: str, with_base: bool = True) -> Parcel:
    """Makes what would be sent; asks nobody.

    Args:
        repo: `user/name`; as the card names it.
        with_base: send a base along that is embedded or a folder, so that others can use the adapter.
    Raises:
        ValueError: if the folder is no plain LoRA adapter with a readable weights file, or `repo` no name with an owner.
    """
    repo = checked_name(repo)
    if "/" not in repo:
        raise ValueError(f"{repo!r} has no owner, and the model card names it: write user/name.")
    config = read_config(adapter)
    if not (adapter / WEIGHTS).is_file():
        raise ValueError(f"{adapter} has no {WEIGHTS}.")
    headers(adapter / WEIGHTS)
    manifest = manifest_of(adapter, config)
    base = _base_folder(manifest["base"]["id"]) if with_base else None
    along = BASE_FOLDER if base else None
    files: dict[str, Content] = {
        WEIGHTS: (adapter / WEIGHTS).read_bytes(),
        CONFIG: _config(config, repo, along),
        MANIFEST: _json(_public(manifest)),
    }
    files[CARD] = _card(adapter, _public(manifest), repo, along)
    files |= {f"{BASE_FOLDER}/{path.name}": path for path in _base_files(base)} if base else {}
    return Parcel(repo, files)


def push_adapter(
    adapter: Path,
    repo: str,
    *,
    private: bool = False,
    overwrite: bool = False,
    with_base: bool = True,
    token: str | None = None,
) -> Pushed:
    """Creates or updates a model repository with the adapter, in one commit; what is there already is not sent again.

    Args:
        repo: `user/name`, or `name` under the token's owner.
        private: make a new repository private.
        overwrite: also write to a repository that no lora_demo has written.
        token: used once and kept nowhere; None: that of `hf auth login` or HF_TOKEN.
    Raises:
        Taken: if the repository is not ours and `overwrite` is not set.
        ValueError: in one sentence, what went wrong and what to do.
    """
    hub = open_hub(token)
    repo = repository(repo, hub)
    parcel = preview_push(adapter, repo, with_base)
    there = find_repository(hub, repo) or make_repository(hub, repo, private=private)
    if there is not None:
        check_ours(hub, repo, overwrite)
        if private and there.private is False:
            raise ValueError(
                f"{repo} exists and is public: make it private in its settings on the Hub, choose another name, or push without `private`."
            )
    return send(hub, repo, parcel.files, "Push a LoRA adapter with lora_demo")


def find_repository(hub, repo: str, kind: str = "model", revision: str | None = None):
    """What the Hub says of a repository; None if there is none that the token may see, whether or not the answer says what is not found."""
    from huggingface_hub import errors

    def look():
        try:
            return hub.repo_info(repo, repo_type=kind, revision=revision)
        except (errors.GatedRepoError, errors.RevisionNotFoundError):
            raise
        except errors.HfHubHTTPError as error:
            if (
                isinstance(error, errors.RepositoryNotFoundError)
                or error.response.status_code == 404
            ):
                return None
            raise

    return ask(look, repo)


def make_repository(hub, repo: str, kind: str = "model", **wanted):
    """Creates a repository, and waits until it can be seen; returns what the Hub says of it if it was there already, else None.

    A try whose answer was lost is looked up before the next one.
    """
    from huggingface_hub import errors

    look = lambda: find_repository(hub, repo, kind)

    def create() -> bool:
        try:
            hub.create_repo(repo, repo_type=kind, **wanted)
        except errors.HfHubHTTPError as error:
            if error.response.status_code == 409 and look():
                return False
            raise
        return True

    made = ask(create, repo, lambda: True if look() else None)
    for pause in SIGHT_PAUSES:
        if there := look():
            return None if made else there
        time.sleep(pause)


def check_ours(hub, repo: str, overwrite: bool):
    """Refuses a repository that holds something, unless a manifest says that lora_demo wrote it."""
    names = set() if overwrite else {entry.path for entry in tree(hub, repo)}
    if names - {".gitattributes"} and not (
        MANIFEST in names and _is_manifest(download_bytes(hub, repo, MANIFEST))
    ):
        raise Taken(
            f"{repo} exists and was not made by lora_demo, so nothing was sent: choose another name, or ask for it with --overwrite."
        )


def _is_manifest(data: bytes) -> bool:
    try:
        document = json.loads(data) if len(data) <= MAX_JSON_BYTES else None
    except (ValueError, RecursionError):
        return False
    return (
        isinstance(document, dict)
        and document.get("format") == 1
        and isinstance(document.get("base"), dict)
    )


def tree(hub, repo: str, kind: str = "model", revision: str | None = None) -> list:
    """The files of a repository that is known to be there, with sizes and hashes; none of one without a commit, whose tree is not found."""
    from huggingface_hub import errors

    def look():
        try:
            return list(hub.list_repo_tree(repo, recursive=True, repo_type=kind, revision=revision))
        except errors.RepositoryNotFoundError:
            raise
        except errors.HfHubHTTPError as error:
            if error.response.status_code == 404:
                return []
            raise

    return [entry for entry in ask(look, repo) if hasattr(entry, "blob_id")]


def download_bytes(hub, repo: str, name: str, kind: str = "model") -> bytes:
    """A small file's content, kept nowhere."""
    from tempfile import TemporaryDirectory

    from huggingface_hub import hf_hub_url

    def fetch(path: Path) -> bytes:
        url = hf_hub_url(repo, name, repo_type=kind)
        download(url, path, look_up(url, hub.token), token=hub.token)
        return path.read_bytes()

    with TemporaryDirectory() as folder:
        return ask(lambda: fetch(Path(folder, "file")), repo)


def send(
    hub,
    repo: str,
    files: Mapping[str, Content],
    message: str,
    kind: str = "model",
    remove: tuple[str, ...] = (),
) -> Pushed:
    """Commits files on top of the present state, once: a try whose answer was lost is looked up before the next one.

    Args:
        remove: names to delete in the same commit.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    head = ask(lambda: hub.repo_info(repo, repo_type=kind), repo).sha
    parent = head if re.fullmatch("[0-9a-f]{40}", head or "") else None
    url = f"{hub.endpoint}/{'' if kind == 'model' else kind + 's/'}{repo}"
    present = {entry.path: entry for entry in tree(hub, repo, kind)}
    is_there = lambda name, content, entries: (
        name in entries
        and (_same(entries[name], content) or _same_bytes(hub, repo, entries[name], content, kind))
    )
    changed = {
        name: content for name, content in files.items() if not is_there(name, content, present)
    }
    if not changed and not remove:
        return Pushed(repo, url, head or "", False)

    def commit() -> str:
        operations = [
            CommitOperationAdd(name, _buffer(content)) for name, content in changed.items()
        ]
        _send_large(hub, repo, operations, kind)
        operations += [CommitOperationDelete(name) for name in remove]
        return hub.create_commit(
            repo,
            operations,
            commit_message=message,
            repo_type=kind,
            parent_commit=parent,
            num_threads=1,
        ).oid

    def settled() -> str | None:
        info = hub.repo_info(repo, repo_type=kind)
        now = (
            {entry.path: entry for entry in tree(hub, repo, kind)}
            if head is None or info.sha != head
            else {}
        )
        done = (
            now
            and not set(remove) & set(now)
            and all(is_there(name, content, now) for name, content in changed.items())
        )
        return info.sha or "" if done else None

    return Pushed(repo, url, ask(commit, repo, settled, hub.token), True)


def _send_large(hub, repo: str, operations: list, kind: str):
    """Sends what the Hub wants apart from the commit, one file after the other.

    All at once the client sends them in threads of its own, equal ones at the same time out of one buffer, so that they come
    torn, and goes on with the others after one has failed. To ask how each of many small texts is wanted would take too long.
    """
    for operation in operations:
        if b"\0" in operation.upload_info.sample or operation.upload_info.size > MOST_IN_COMMIT:
            hub.preupload_lfs_files(repo, [operation], repo_type=kind, free_memory=False)


def _size(content: Content) -> int:
    return content.stat().st_size if isinstance(content, Path) else len(content)


def _buffer(content: Content) -> io.BufferedIOBase:
    """An open file: those go over plain HTTP, which every Hub-compatible server and proxy understands."""
    if isinstance(content, Path) and _size(content) > IN_MEMORY:
        return open(content, "rb")
    return io.BytesIO(content if isinstance(content, bytes) else content.read_bytes())


def _same(entry, content: Content) -> bool:
    """Whether the Hub's file has this content, by its hash: SHA-256 of a large file, git's of a small one."""
    if entry.size != _size(content):
        return False
    digest = hashlib.sha256() if entry.lfs else hashlib.sha1(b"blob %d\0" % entry.size)
    with _buffer(content) as file:
        while chunk := file.read(1 << 22):
            digest.update(chunk)
    return digest.hexdigest() == (entry.lfs.sha256 if entry.lfs else entry.blob_id)


def _same_bytes(hub, repo: str, entry, content: Content, kind: str) -> bool:
    """Whether the Hub's small file has this content, byte by byte: not every Hub's hash of it is git's."""
    if entry.lfs or entry.size != _size(content):
        return False
    with _buffer(content) as file:
        return download_bytes(hub, repo, entry.path, kind) == file.read()


def manifest_of(adapter: Path, config: dict) -> dict:
    """The adapter's manifest; for one that was made elsewhere, what its config tells."""
    if (adapter / MANIFEST).is_file():
        document = read_json(adapter / MANIFEST)
        if (
            isinstance(document.get("base"), dict)
            and isinstance(document["base"].get("id"), str)
            and isinstance(document.get("config"), dict)
        ):
            return document
    base = {
        "id": str(config.get("base_model_name_or_path") or "unknown"),
        "revision": config.get("revision"),
        "sha256": None,
    }
    short = {
        "rank": config["r"],
        "alpha": config["lora_alpha"],
        "targets": list(targets_of(path for path in adapted_paths(adapter) if "." in path)),
    }
    return {"format": 1, "name": adapter.resolve().name, "base": base, "config": short}


def _public(manifest: dict) -> dict:
    """The manifest without this machine's folders: of a path, only the last part goes out."""
    text = json.dumps(manifest)
    for path in sorted({p for p in _strings(manifest) if LOCAL.match(p)}, key=len, reverse=True):
        text = text.replace(json.dumps(path)[1:-1], Path(path).name)
    return json.loads(text)


def _strings(manifest: dict):
    config, data = (
        manifest[key] if isinstance(manifest.get(key), dict) else {} for key in ("config", "data")
    )
    evaluations = manifest["evaluations"] if isinstance(manifest.get("evaluations"), list) else []
    sets = [
        e["data"].get("source")
        for e in evaluations
        if isinstance(e, dict) and isinstance(e.get("data"), dict)
    ]
    candidates = (
        manifest["base"]["id"],
        data.get("source"),
        config.get("base"),
        config.get("data"),
        *(e.get("base") for e in evaluations if isinstance(e, dict)),
        *sets,
    )
    return [c for c in candidates if isinstance(c, str)]


def _config(document: dict, repo: str, base_folder: str | None) -> bytes:
    """PEFT's config; a base that is a folder of this machine is named by where it lies along, or else by its last part."""
    base = str(document.get("base_model_name_or_path") or "")
    if base_folder and base != EMBEDDED:
        document = document | {"base_model_name_or_path": f"{repo}/{base_folder}", "revision": None}
    elif LOCAL.match(base):
        document = document | {"base_model_name_or_path": Path(base).name}
    return _json(document)


def _json(document: dict) -> bytes:
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def _card(adapter: Path, manifest: dict, repo: str, base_folder: str | None) -> bytes:
    """A card that a person wrote or changed goes out as it is; else one is made for this repository."""
    path = adapter / CARD
    written = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    if not is_generated(written):
        return written.encode()
    try:
        return model_card(manifest, repo, base_folder).encode()
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ValueError(
            f"{adapter / MANIFEST} lacks what a model card needs: delete it to push without, or train again."
        ) from None


def _base_folder(id: str) -> Path | None:
    """Where a base lies that is in no repository of its own; None for one from the Hub, or that is gone."""
    folder = EMBEDDED_FOLDER if id == EMBEDDED else Path(id).expanduser()
    return folder if folder.is_dir() and (folder / "config.json").is_file() else None


def _base_files(folder: Path) -> list[Path]:
    files = sorted(
        {path for pattern in (*FILES, BASE_CARD) for path in folder.glob(pattern) if path.is_file()}
    )
    total = sum(path.stat().st_size for path in files)
    if total > MOST_BASE_BYTES:
        raise ValueError(
            f"The base {folder.name} has {total / 1e9:.1f} GB, too much to go along: push it to a repository of its own, or use --without-base."
        )
    return files
