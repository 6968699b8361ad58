"""Repositories on the Hub: find or create them, list and read their files, check who made them."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lora_demo.checkpoints.adapter_files import MANIFEST
from lora_demo.checkpoints.connection import call_hub
from lora_demo.checkpoints.download import download, file_metadata
from lora_demo.files import parse_json
from lora_demo.language import _

if TYPE_CHECKING:
    from huggingface_hub import DatasetInfo, HfApi, ModelInfo, SpaceInfo
    from huggingface_hub.hf_api import KernelInfo, RepoFile

    RepoInfo = ModelInfo | DatasetInfo | SpaceInfo | KernelInfo

VISIBILITY_PAUSES = (0.25, 0.5, 1, 2)
"""Seconds between checks for a new repository; some Hubs show it only a moment later."""
FILES_OF_HUB = {".gitattributes"}
"""Files that the Hub itself puts into a new repository."""


class RepositoryTakenError(ValueError):
    """The repository exists and was not made by lora_demo."""


def find_repository(
    hub: "HfApi", repo: str, kind: str = "model", revision: str | None = None
) -> "RepoInfo | None":
    """Return the information of the Hub on a repository.

    Args:
        hub: The client.
        repo: `user/name`.
        kind: `model`, `dataset` or `space`.
        revision: Branch, tag or commit; None for the default branch.

    Returns:
        Its information, or None if it does not exist or the token may not see it.

    Raises:
        ValueError: If the Hub refuses the request, or the revision does not exist.
    """
    from huggingface_hub import errors

    def request() -> "RepoInfo | None":
        try:
            return hub.repo_info(repo, repo_type=kind, revision=revision)
        except (errors.GatedRepoError, errors.RevisionNotFoundError):
            raise
        except errors.HfHubHTTPError as error:
            # Not every Hub says in a header what it has not found.
            is_missing = isinstance(error, errors.RepositoryNotFoundError)
            if is_missing or error.response.status_code == 404:
                return None
            raise

    return call_hub(request, repo)


def find_or_create_repository(
    hub: "HfApi", repo: str, kind: str = "model", **settings: Any
) -> "RepoInfo | None":
    """Find a repository, or create it and wait until the Hub shows it.

    Args:
        hub: The client.
        repo: `user/name`.
        kind: `model`, `dataset` or `space`.
        **settings: Passed to `HfApi.create_repo`, such as `private`.

    Returns:
        Information on a repository that existed before, or None for a new one.

    Raises:
        ValueError: If the Hub refuses the request.
    """
    existing = find_repository(hub, repo, kind)
    if existing is not None:
        return existing
    is_new = _create_repository(hub, repo, kind, settings)
    for pause in VISIBILITY_PAUSES:
        if info := find_repository(hub, repo, kind):
            return None if is_new else info
        time.sleep(pause)
    return None


def _create_repository(hub: "HfApi", repo: str, kind: str, settings: dict[str, Any]) -> bool:
    """Create a repository once; return False if something else has created it meanwhile."""
    from huggingface_hub import errors

    def create() -> bool:
        try:
            hub.create_repo(repo, repo_type=kind, **settings)
        except errors.HfHubHTTPError as error:
            if error.response.status_code == 409 and find_repository(hub, repo, kind):
                return False
            raise
        return True

    def find_created() -> bool | None:
        return True if find_repository(hub, repo, kind) else None

    return call_hub(create, repo, find_created)


def list_files(
    hub: "HfApi", repo: str, kind: str = "model", revision: str | None = None
) -> "list[RepoFile]":
    """List the files of a repository that exists.

    Args:
        hub: The client.
        repo: `user/name`.
        kind: `model`, `dataset` or `space`.
        revision: Branch, tag or commit; None for the default branch.

    Returns:
        The files with their paths, sizes and hashes; an empty list if it has no commit.

    Raises:
        ValueError: If the Hub refuses the request.
    """
    from huggingface_hub import errors
    from huggingface_hub.hf_api import RepoFile

    def request() -> "list[RepoFile]":
        try:
            tree = list(hub.list_repo_tree(repo, recursive=True, repo_type=kind, revision=revision))
        except errors.RepositoryNotFoundError:
            raise
        except errors.HfHubHTTPError as error:
            if error.response.status_code == 404:
                return []
            raise
        return [entry for entry in tree if isinstance(entry, RepoFile)]

    return call_hub(request, repo)


def download_bytes(hub: "HfApi", repo: str, name: str, kind: str = "model") -> bytes:
    """Download the content of a small file into memory.

    Args:
        hub: The client.
        repo: `user/name`.
        name: Path of the file in the repository.
        kind: `model`, `dataset` or `space`.

    Returns:
        The content.

    Raises:
        ValueError: If the Hub refuses the request.
    """
    from tempfile import TemporaryDirectory

    from huggingface_hub import hf_hub_url

    def request() -> bytes:
        url = hf_hub_url(repo, name, repo_type=kind)
        with TemporaryDirectory() as folder:
            path = Path(folder, "file")
            token = hub.token or False
            download(url, path, file_metadata(url, token), token=token)
            return path.read_bytes()

    return call_hub(request, repo)


def check_ours(hub: "HfApi", repo: str) -> None:
    """Check that a model repository is empty, or holds a manifest that lora_demo wrote.

    Args:
        hub: The client.
        repo: `user/name`.

    Raises:
        RepositoryTakenError: If it holds something else.
        ValueError: If the Hub refuses the request.
    """
    names = {file.path for file in list_files(hub, repo)} - FILES_OF_HUB
    if not names:
        return
    if MANIFEST in names and _is_manifest(download_bytes(hub, repo, MANIFEST)):
        return
    raise RepositoryTakenError(
        _(
            "{repo} exists and was not made by lora_demo, so nothing was sent. Choose another "
            "name, or allow it with --overwrite.",
            repo=repo,
        )
    )


def _is_manifest(data: bytes) -> bool:
    document = parse_json(data)
    if document is None:
        return False
    return document.get("format") == 1 and isinstance(document.get("base"), dict)
