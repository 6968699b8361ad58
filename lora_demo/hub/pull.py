"""An adapter from the Hub: any PEFT LoRA for a T5 base, only its four files, checked, and there whole or not at all."""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from lora_demo.checkpoints.adapters import (
    CARD,
    CONFIG,
    MANIFEST,
    WEIGHTS,
    read_adapter,
    read_config,
)
from lora_demo.checkpoints.base import EMBEDDED, find_base, find_config, fingerprint
from lora_demo.checkpoints.connection import ask, open_hub, repository
from lora_demo.checkpoints.download import download, look_up
from lora_demo.checkpoints.tensors import MAX_JSON_BYTES, read_json
from lora_demo.hub.push import find_repository, tree
from lora_demo.model.config import T5Config

LIMITS = {
    WEIGHTS: 2 * 10**9,
    CONFIG: MAX_JSON_BYTES,
    MANIFEST: MAX_JSON_BYTES,
    CARD: MAX_JSON_BYTES,
}
"""The files that are taken, and the most bytes of each."""


@dataclass(frozen=True)
class Pulled:
    """An adapter that is here; `base` is what to give as --base, `note` what to know about it."""

    folder: Path
    repo: str
    commit: str
    base: str
    revision: str | None
    rank: int
    note: str = ""


def parse_id(text: str) -> tuple[str, str | None]:
    """`user/name` or `user/name@revision`, or the address of its page -> repository and revision."""
    match = re.fullmatch(
        r"(?:https://huggingface\.co/)?([A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(?:(?:@|/tree/)([\w./-]{1,200}))?/?",
        text.strip(),
    )
    if match is None or ".." in text:
        raise ValueError(
            f"{text[:100]!r} is no adapter on the Hub: write user/name, or user/name@revision."
        )
    return match[1], match[2]


def pull_adapter(
    id: str,
    folder: Path,
    *,
    base: str | None = None,
    config: T5Config | None = None,
    overwrite: bool = False,
    most_bytes: int | None = None,
    token: str | bool | None = None,
) -> Pulled:
    """Downloads an adapter, holds it against its base, and only then puts it in its place.

    Args:
        id: `user/name` or `user/name@revision`.
        folder: where it will lie.
        base: hold it against this base (default: the one that it names); config: against this geometry, whatever it names.
        overwrite: replace what is in the folder.
        most_bytes: of the weights; None: 2 GB.
        token: as in `open_hub`; what is public needs none.
    Raises:
        ValueError: in one sentence, what went wrong and what to do; the folder is untouched then.
    """
    if folder.exists() and not overwrite and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(
            f"{folder} exists and is not empty: choose another folder with --output, or ask for it with --overwrite."
        )
    hub = open_hub(token, anonymous=True)
    repo, revision = parse_id(id)
    repo = repository(repo, hub)
    commit = _commit(hub, repo, revision)
    entries = _choose(hub, repo, commit, most_bytes or LIMITS[WEIGHTS])
    waiting = folder.with_name(f".{folder.name}.{os.getpid()}.partial")
    try:
        waiting.mkdir(parents=True)
        for entry in entries:
            ask(lambda: _fetch(hub, repo, commit, entry, waiting), repo)
        pulled = _checked(waiting, repo, commit, base, config)
        _replace(waiting, folder)
    except OSError as error:
        raise ValueError(
            f"{folder} cannot be written ({error.strerror or type(error).__name__})."
        ) from None
    finally:
        shutil.rmtree(waiting, ignore_errors=True)
    return Pulled(folder, repo, commit, **pulled)


def _commit(hub, repo: str, revision: str | None) -> str:
    info = find_repository(hub, repo, revision=revision)
    if info is None:
        raise ValueError(
            f"There is no repository {repo}{f' with the revision {revision}' if revision else ''} on the Hub that you may see: check the spelling, or log in with `hf auth login` if it is private."
        )
    return info.sha


def _choose(hub, repo: str, commit: str, most_bytes: int) -> list:
    """The known files that are there, after a look at their sizes."""
    entries = {entry.path: entry for entry in tree(hub, repo, revision=commit)}
    sizes = {name: entry.size for name, entry in entries.items()}
    if CONFIG not in sizes:
        raise ValueError(f"{repo} is no PEFT adapter: it has no {CONFIG}.")
    if WEIGHTS not in sizes:
        pickled = (
            " only adapter_model.bin, a pickle, which could run code; ask its author for safetensors"
            if "adapter_model.bin" in sizes
            else ""
        )
        raise ValueError(f"{repo} has no {WEIGHTS}{',' + pickled if pickled else ''}.")
    limits = LIMITS | {WEIGHTS: most_bytes}
    large = [
        f"{name} has {sizes[name] / 1e6:,.1f} MB, more than {limit / 1e6:,.0f}"
        for name, limit in limits.items()
        if sizes.get(name, 0) > limit
    ]
    if large:
        raise ValueError(f"{repo} is too large: {'; '.join(large)}.")
    return [entries[name] for name in limits if name in entries]


def _fetch(hub, repo: str, commit: str, entry, folder: Path):
    from huggingface_hub import hf_hub_url

    url = hf_hub_url(repo, entry.path, revision=commit)
    download(
        url,
        folder / entry.path,
        look_up(url, hub.token),
        token=hub.token,
        size=entry.size,
        sha256=entry.lfs and entry.lfs.sha256,
        git_sha1=None if entry.lfs else entry.blob_id,
    )


def _checked(
    folder: Path, repo: str, commit: str, base: str | None, config: T5Config | None
) -> dict:
    """Reads the adapter as any that is uploaded; returns what it is and what base it wants."""
    try:
        document = read_config(folder)
        named = str(document.get("base_model_name_or_path") or "")
        revision = (
            document.get("revision")
            if isinstance(document.get("revision"), str) and named.count("/") == 1
            else None
        )
        adapter = read_adapter(
            folder, config or _config(base or named, None if base else revision, repo)
        )
    except ValueError as error:
        said = str(error).replace(str(folder), repo).replace(folder.name, repo)
        raise ValueError(
            f"{said.rstrip('.')}; it was made for the base {named[:100]!r}, and a page that is started with `--base` and that name can use it."
            if config and named
            else said
        ) from None
    wanted = base or named
    return {
        "base": wanted,
        "revision": revision,
        "rank": adapter.r,
        "note": _note(folder, wanted, repo),
    }


def _config(base: str, revision: str | None, repo: str) -> T5Config:
    if not base:
        raise ValueError(f"{repo} names no base: give the one that it was made for with --base.")
    try:
        return find_config(base, revision)
    except ValueError as error:
        raise ValueError(
            f"{repo} was made for the base {base[:100]!r}, which cannot be read here, so it cannot be checked: give its base with --base. ({error})"
        ) from None


def _note(folder: Path, base: str, repo: str) -> str:
    """For an adapter of an embedded base: whether it is the base that is embedded here."""
    manifest = read_json(folder / MANIFEST) if (folder / MANIFEST).is_file() else {}
    wanted = (
        (manifest.get("base") or {}).get("sha256")
        if isinstance(manifest.get("base"), dict)
        else None
    )
    if base != EMBEDDED or not wanted or wanted == fingerprint(find_base(EMBEDDED)):
        return ""
    return f"It was made for another version of {EMBEDDED} than the one here: use --base {repo}/base, which lies along with it."


def _replace(waiting: Path, folder: Path):
    """Puts the new folder in the place of the old one, which is gone only once the new one stands."""
    old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    if folder.exists():
        os.replace(folder, old)
    os.replace(waiting, folder)
    shutil.rmtree(old, ignore_errors=True)
