"""Pull an adapter from the Hub: any PEFT LoRA adapter for a T5 base, checked before it is kept."""

import os
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from lora_demo.checkpoints.adapter_base import is_for_other_version
from lora_demo.checkpoints.adapter_config import read_config
from lora_demo.checkpoints.adapter_files import CONFIG, PICKLED_WEIGHTS, WEIGHTS
from lora_demo.checkpoints.adapter_places import BASE_CONFIG, name_places, pickle_advice
from lora_demo.checkpoints.adapters import read_adapter
from lora_demo.checkpoints.base import find_config
from lora_demo.checkpoints.connection import call_hub, open_hub
from lora_demo.checkpoints.download import download, file_metadata
from lora_demo.checkpoints.embedded import EMBEDDED
from lora_demo.checkpoints.hub_advice import CHECK_SPELLING, advice
from lora_demo.checkpoints.repository_names import full_name
from lora_demo.files import MAX_JSON_BYTES
from lora_demo.formatting import format_size
from lora_demo.hub.places import PULLED_FILES, Place, parse_place
from lora_demo.hub.repositories import find_repository, list_files
from lora_demo.language import _
from lora_demo.model.config import T5Config

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFile

MAX_BYTES = dict.fromkeys(PULLED_FILES, MAX_JSON_BYTES) | {WEIGHTS: 2 * 10**9}
"""The files that a pull downloads, and the limit of each."""


@dataclass(frozen=True)
class Pulled:
    """A pulled adapter.

    Args:
        folder: Its folder on this machine.
        repo: `user/name`.
        commit: The commit that was pulled.
        base: The base it needs, as --base takes it.
        revision: The revision of that base; None for the default one.
        rank: Its rank r.
        note: A warning about the base; empty if there is none.
    """

    folder: Path
    repo: str
    commit: str
    base: str
    revision: str | None
    rank: int
    note: str = ""


def pull_adapter(
    id: str,
    folder: Path,
    *,
    base: str | None = None,
    config: T5Config | None = None,
    overwrite: bool = False,
    max_bytes: int | None = None,
    token: str | bool | None = None,
) -> Pulled:
    """Download an adapter, check it against its base, and only then put it into its folder.

    Args:
        id: As for `lora_demo.hub.places.parse_place`.
        folder: The folder to write.
        base: Check it against this base; None for the base that it names.
        config: Check it against this geometry instead, without loading any base.
        overwrite: Replace the contents of an existing folder.
        max_bytes: Limit of the weights; None for 2 GB.
        token: As in `open_hub`; public repositories need none.

    Returns:
        The pulled adapter.

    Raises:
        ValueError: With one sentence on what went wrong and what to do. The folder is unchanged.
    """
    if not overwrite:
        _check_folder(folder)
    hub = open_hub(token, anonymous=True)
    place = parse_place(id)
    repo = full_name(place.repo, hub)
    commit = _find_commit(hub, repo, place.revision)
    files = _select_files(hub, place, commit, max_bytes or MAX_BYTES[WEIGHTS])
    partial = folder.with_name(f".{folder.name}.{os.getpid()}.partial")
    try:
        partial.mkdir(parents=True)
        for file in files:
            _download(hub, repo, commit, file, partial)
        facts = _check_adapter(partial, place.name, base, config)
        _replace(partial, folder)
    except OSError as error:
        raise ValueError(
            _(
                "{folder} cannot be written ({reason}). Choose a folder that you can write to.",
                folder=folder,
                reason=error.strerror or type(error).__name__,
            )
        ) from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Pulled(folder, repo, commit, **facts)


def _check_folder(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(
            _(
                "{folder} exists and is not empty. Choose another folder with --output, or "
                "replace it with --overwrite.",
                folder=folder,
            )
        )


def _find_commit(hub: "HfApi", repo: str, revision: str | None) -> str:
    info = find_repository(hub, repo, revision=revision)
    if info is None:
        raise ValueError(_no_repository(repo, revision))
    return info.sha or ""


def _no_repository(repo: str, revision: str | None) -> str:
    missing = _("The Hub has no repository {repo} that you can read.", repo=repo)
    if revision:
        missing = _(
            "The Hub has no repository {repo} with the revision {revision} that you can read.",
            repo=repo,
            revision=revision,
        )
    return f"{missing} {advice(CHECK_SPELLING)}"


def _select_files(hub: "HfApi", place: Place, commit: str, max_bytes: int) -> "list[RepoFile]":
    """Return the files to download, after checking that none is missing or too large."""
    prefix = f"{place.folder}/" if place.folder else ""
    paths = {file.path: file for file in list_files(hub, place.repo, revision=commit)}
    files = {name: paths[prefix + name] for name in MAX_BYTES if prefix + name in paths}
    repo = place.name
    if CONFIG not in files:
        raise ValueError(_not_an_adapter(place, paths))
    if WEIGHTS not in files and prefix + PICKLED_WEIGHTS in paths:
        raise ValueError(pickle_advice(repo))
    if WEIGHTS not in files:
        others = name_places(f"{place.repo}/{folder}" for folder in _adapters_in(paths))
        how = others or _("Ask its author to upload it.")
        raise ValueError(_("{repo} has no {file}. {advice}", repo=repo, file=WEIGHTS, advice=how))
    _check_sizes(files, repo, MAX_BYTES | {WEIGHTS: max_bytes})
    return list(files.values())


def _not_an_adapter(place: Place, paths: Collection[str]) -> str:
    """Say what a place without an adapter holds instead."""
    others = [path.removesuffix(f"/{CONFIG}") for path in paths if path.endswith(f"/{CONFIG}")]
    how = name_places(f"{place.repo}/{other}" for other in others)
    base_config = f"{place.folder}/{BASE_CONFIG}" if place.folder else BASE_CONFIG
    if not how and base_config in paths:
        how = _("It is a whole model. Use it with --base {repo}.", repo=place.name)
    return _(
        "{repo} is not a PEFT adapter: it has no {file}. {advice}",
        repo=place.name,
        file=CONFIG,
        advice=how,
    ).strip()


def _adapters_in(paths: Collection[str]) -> list[str]:
    """List the folders of a repository that have an adapter with its weights."""
    folders = [path.removesuffix(f"/{WEIGHTS}") for path in paths if path.endswith(f"/{WEIGHTS}")]
    return [folder for folder in folders if f"{folder}/{CONFIG}" in paths]


def _check_sizes(files: "dict[str, RepoFile]", repo: str, limits: Mapping[str, int]) -> None:
    """Refuse files that are larger than the limits, in bytes, of their names."""
    too_large = [
        _(
            "{file} has {size}, over {limit}",
            file=file.path,
            size=format_size(file.size),
            limit=format_size(limits[name]),
        )
        for name, file in files.items()
        if file.size > limits[name]
    ]
    if too_large:
        raise ValueError(
            _(
                "{repo} is too large: {problems}. Use a smaller adapter.",
                repo=repo,
                problems="; ".join(too_large),
            )
        )


def _download(hub: "HfApi", repo: str, commit: str, file: "RepoFile", folder: Path) -> None:
    from huggingface_hub import hf_hub_url

    url = hf_hub_url(repo, file.path, revision=commit)
    token = hub.token or False

    def request() -> None:
        download(
            url,
            folder / PurePosixPath(file.path).name,
            file_metadata(url, token),
            token=token,
            size=file.size,
            sha256=file.lfs.sha256 if file.lfs else None,
            git_sha1=None if file.lfs else file.blob_id,
        )

    call_hub(request, repo)


def _check_adapter(
    folder: Path, repo: str, base: str | None, config: T5Config | None
) -> dict[str, Any]:
    """Check a downloaded adapter as an uploaded one; return the facts for `Pulled`."""
    named_base = ""
    try:
        document = read_config(folder)
        named_base = str(document.get("base_model_name_or_path") or "")
        revision = _revision_of(document, named_base)
        geometry = config or _find_config(base or named_base, None if base else revision, repo)
        adapter = read_adapter(folder, geometry)
    except ValueError as error:
        # The messages name the temporary folder, which the user does not know.
        message = str(error).replace(str(folder), repo).replace(folder.name, repo)
        if config and named_base:
            message = _(
                "{message} To use it, start the app with {base!r} as `--base`.",
                message=message,
                base=named_base[:100],
            )
        raise ValueError(message) from None
    needed = base or named_base
    notes = [_make_note(folder, needed, repo), *adapter.notes]
    note = " ".join(filter(None, notes))
    return {"base": needed, "revision": revision, "rank": adapter.r, "note": note}


def _revision_of(document: dict[str, Any], base: str) -> str | None:
    """Return the revision that a PEFT config gives for a base on the Hub."""
    revision = document.get("revision")
    is_hub_id = base.count("/") == 1
    return revision if isinstance(revision, str) and is_hub_id else None


def _find_config(base: str, revision: str | None, repo: str) -> T5Config:
    if not base:
        raise ValueError(_("{repo} does not name a base model. Give one with --base.", repo=repo))
    try:
        return find_config(base, revision)
    except ValueError as error:
        raise ValueError(
            _(
                "{repo} was made for the base {base!r}, which cannot be read here, so the adapter "
                "cannot be checked. Give its base with --base. ({error})",
                repo=repo,
                base=base[:100],
                error=error,
            )
        ) from None


def _make_note(folder: Path, base: str, repo: str) -> str:
    """Warn if the adapter was made for another version of the embedded base."""
    if base != EMBEDDED or not is_for_other_version(folder):
        return ""
    return _(
        "It was made for another version of {base} than the one here. Use --base {repo}/base, "
        "which is in the same repository.",
        base=EMBEDDED,
        repo=repo,
    )


def _replace(partial: Path, folder: Path) -> None:
    """Replace a folder; the old one is deleted only after the new one is in its place."""
    old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    if folder.exists():
        os.replace(folder, old)
    os.replace(partial, folder)
    shutil.rmtree(old, ignore_errors=True)
