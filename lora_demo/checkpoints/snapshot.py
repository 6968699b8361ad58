"""Download files of a repository on the Hub into the cache of the Hub's client."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lora_demo.checkpoints.connection import open_hub, with_retries
from lora_demo.checkpoints.download import Progress, download, file_metadata

HASH = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")
"""ETags that name files in the cache: git's SHA-1 of small files, SHA-256 of large ones."""


def fetch_snapshot(
    repo: str,
    revision: str | None,
    patterns: Sequence[str],
    token: bool | None = None,
    progress: Progress | None = None,
) -> Path:
    """Download what is not cached yet; retry transient faults, and keep finished parts.

    The Hub's client starts an interrupted file again and checks no hash. So this function downloads
    the files first, and the client finds them in its cache.

    Args:
        repo: `user/name`.
        revision: Branch, tag or commit. None: the main branch.
        patterns: The files to download.
        token: False: public repositories only, without a token. None: the user's token.
        progress: Called with the bytes present and the bytes of the whole download.

    Returns:
        The folder of the repository's commit in the cache.

    Raises:
        Exception: What the Hub's client raises.
    """
    from huggingface_hub import snapshot_download

    hub = open_hub(token, anonymous=True)

    def fetch() -> Path:
        if token is False:  # raises for a private repository, even if it is cached
            hub.repo_info(repo, revision=revision)
        missing = missing_files(hub, repo, revision, patterns)
        total = sum(file.file_size or 0 for file in missing)
        present = 0
        for file in missing:
            _fetch_into_cache(hub, repo, file, _shifted(progress, present, total))
            present += file.file_size or 0
        folder = snapshot_download(
            repo, revision=revision, allow_patterns=list(patterns), token=hub.token
        )
        return Path(folder)

    return with_retries(fetch)


def _shifted(progress: Progress | None, offset: int, total: int) -> Progress | None:
    """Report the progress of one file as progress of the whole download."""
    if progress is None:
        return None

    def report(present: int, size: int) -> None:
        progress(offset + present, total)

    return report


def missing_files(hub: Any, repo: str, revision: str | None, patterns: Sequence[str]) -> list[Any]:
    """List the files that are not cached.

    Args:
        hub: A client, see `open_hub`.
        repo: `user/name`.
        revision: Branch, tag or commit. None: the main branch.
        patterns: The files to look for.

    Returns:
        The plan of the Hub's client for each, smallest first; none if the Hub cannot be reached.
    """
    from huggingface_hub import errors, snapshot_download

    try:
        plan: Any = snapshot_download(
            repo, revision=revision, allow_patterns=list(patterns), token=hub.token, dry_run=True
        )
    except errors.DryRunError:
        return []
    missing = [file for file in plan if file.will_download]
    return sorted(missing, key=_file_size)


def _file_size(file: Any) -> int:
    return file.file_size or 0


def _fetch_into_cache(hub: Any, repo: str, file: Any, progress: Progress | None) -> None:
    """Put a file into the client's cache; skip a file for which the Hub states no hash.

    The client then downloads that file itself.
    """
    from huggingface_hub import constants, hf_hub_url
    from huggingface_hub.file_download import repo_folder_name

    url = hf_hub_url(repo, file.filename, revision=file.commit_hash)
    metadata = file_metadata(url, hub.token)
    if not HASH.fullmatch(metadata.etag):
        return
    folder = repo_folder_name(repo_id=repo, repo_type="model")
    blob = Path(constants.HF_HUB_CACHE, folder, "blobs", metadata.etag)
    blob.parent.mkdir(parents=True, exist_ok=True)
    download(url, blob, metadata, token=hub.token, size=file.file_size, progress=progress)
