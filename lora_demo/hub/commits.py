"""Commits to the Hub: send only what changed, in one commit, and never twice."""

import hashlib
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from lora_demo.checkpoints.connection import call_hub
from lora_demo.hub.repositories import download_bytes, list_files

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, HfApi
    from huggingface_hub.hf_api import RepoFile

Content = bytes | Path
"""Content of a file: its bytes, or the local file that holds them."""

MAX_BYTES_IN_MEMORY = 1_000_000
"""Larger files stay open while they are sent; smaller ones are read, to save file handles."""
MAX_BYTES_IN_COMMIT = 10_000_000
"""The Hub wants larger files apart from the commit, even if they are text."""
CHUNK_BYTES = 1 << 22


@dataclass(frozen=True)
class Pushed:
    """The result of a push.

    Args:
        repo: `user/name`.
        url: The address of its page.
        commit: The id of its newest commit; empty if the Hub gives none.
        changed: False if the Hub already had every file.
    """

    repo: str
    url: str
    commit: str
    changed: bool


def send(
    hub: "HfApi",
    repo: str,
    files: Mapping[str, Content],
    message: str,
    kind: str = "model",
    remove: tuple[str, ...] = (),
) -> Pushed:
    """Write files to a repository in one commit on top of its present state.

    A commit whose answer was lost is looked up before it is tried again.

    Args:
        hub: The client.
        repo: `user/name`.
        files: Path in the repository -> content. Files that the Hub already has are not sent.
        message: The commit's message.
        kind: `model`, `dataset` or `space`.
        remove: Paths to delete in the same commit.

    Returns:
        The place of the files; its `changed` is False if nothing was sent.

    Raises:
        ValueError: If the Hub refuses the commit.
    """
    head = call_hub(lambda: hub.repo_info(repo, repo_type=kind), repo).sha
    url = f"{hub.endpoint}/{'' if kind == 'model' else kind + 's/'}{repo}"
    present = RemoteFiles(hub, repo, kind)
    changed = {name: content for name, content in files.items() if not present.has(name, content)}
    if not changed and not remove:
        return Pushed(repo, url, head or "", False)
    commit = Commit(hub, repo, kind, head, changed, remove, message)
    return Pushed(repo, url, call_hub(commit.create, repo, commit.find, hub.token or False), True)


class RemoteFiles:
    """The files that a repository has at this moment.

    Args:
        hub: The client.
        repo: `user/name`.
        kind: `model`, `dataset` or `space`.
    """

    def __init__(self, hub: "HfApi", repo: str, kind: str) -> None:
        self.hub = hub
        self.repo = repo
        self.kind = kind
        self.entries = {entry.path: entry for entry in list_files(hub, repo, kind)}

    def has(self, name: str, content: Content) -> bool:
        """Check whether the repository has a file with this name and content.

        Args:
            name: Path of the file in the repository.
            content: Its bytes, or the local file that holds them.
        """
        entry = self.entries.get(name)
        if entry is None or entry.size != size_of(content):
            return False
        return _has_hash(entry, content) or self._has_bytes(entry, content)

    def _has_bytes(self, entry: "RepoFile", content: Content) -> bool:
        """Compare a small file byte by byte: the hashes of some Hubs are not git's."""
        if entry.lfs:
            return False
        with _open(content) as file:
            return download_bytes(self.hub, self.repo, entry.path, self.kind) == file.read()


@dataclass(frozen=True)
class Commit:
    """A commit that can be created, and found again if the answer was lost.

    Args:
        hub: The client.
        repo: `user/name`.
        kind: `model`, `dataset` or `space`.
        head: The newest commit before this one; None if the Hub gives none.
        files: Path in the repository -> content.
        remove: Paths to delete.
        message: The commit's message.
    """

    hub: "HfApi"
    repo: str
    kind: str
    head: str | None
    files: Mapping[str, Content]
    remove: tuple[str, ...]
    message: str

    def create(self) -> str:
        """Send the files and create the commit; return its id."""
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete

        additions = [CommitOperationAdd(name, _open(data)) for name, data in self.files.items()]
        deletions = [CommitOperationDelete(name) for name in self.remove]
        self._send_large_files(additions)
        is_commit_id = re.fullmatch("[0-9a-f]{40}", self.head or "")
        created = self.hub.create_commit(
            self.repo,
            [*additions, *deletions],
            commit_message=self.message,
            repo_type=self.kind,
            parent_commit=self.head if is_commit_id else None,
            num_threads=1,
        )
        return created.oid

    def _send_large_files(self, additions: "list[CommitOperationAdd]") -> None:
        """Send the files that the Hub wants apart from the commit, one after the other.

        Given all of them at once, the client sends them in threads of its own. Files with equal
        content then share one buffer and arrive torn, and after a failure the other threads
        continue. Asking the Hub how it wants each of many small texts would take too long.
        """
        for addition in additions:
            is_binary = b"\0" in addition.upload_info.sample
            if is_binary or addition.upload_info.size > MAX_BYTES_IN_COMMIT:
                self.hub.preupload_lfs_files(
                    self.repo, [addition], repo_type=self.kind, free_memory=False
                )

    def find(self) -> str | None:
        """Return the id of this commit if an earlier try created it, else None."""
        newest = self.hub.repo_info(self.repo, repo_type=self.kind).sha
        if self.head is not None and newest == self.head:
            return None
        present = RemoteFiles(self.hub, self.repo, self.kind)
        if not present.entries or any(name in present.entries for name in self.remove):
            return None
        if not all(present.has(name, content) for name, content in self.files.items()):
            return None
        return newest or ""


def size_of(content: Content) -> int:
    """Return the bytes of a file's content.

    Args:
        content: The bytes themselves, or the local file that holds them.
    """
    return content.stat().st_size if isinstance(content, Path) else len(content)


def _open(content: Content) -> BinaryIO:
    """Open content as a file, which the client sends over plain HTTP.

    Given a path or bytes, it would use protocols that not every Hub and proxy understands.
    """
    if isinstance(content, bytes):
        return io.BytesIO(content)
    if size_of(content) > MAX_BYTES_IN_MEMORY:
        return open(content, "rb")
    return io.BytesIO(content.read_bytes())


def _has_hash(entry: "RepoFile", content: Content) -> bool:
    """Compare hashes: the SHA-256 of a large file, git's SHA-1 of a small one."""
    digest = hashlib.sha256() if entry.lfs else hashlib.sha1(b"blob %d\0" % entry.size)
    with _open(content) as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    expected = entry.lfs.sha256 if entry.lfs else entry.blob_id
    return digest.hexdigest() == expected
