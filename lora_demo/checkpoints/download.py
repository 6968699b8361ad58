"""Download files of the Hub over HTTP: resumed after an interruption, and verified.

A file appears at its place only with the size and the hash that the Hub states.
"""

import errno
import fcntl
import hashlib
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from lora_demo.checkpoints.connection import TIMEOUT_SECONDS
from lora_demo.checkpoints.hub_errors import CorruptDownloadError
from lora_demo.language import _

SHA256 = re.compile("[0-9a-f]{64}")
SHA1 = re.compile("[0-9a-f]{40}")
HASHED_BYTES = 1 << 22
"""Bytes that are hashed at a time."""

Progress = Callable[[int, int], None]
"""Called with the bytes present and the bytes of the whole download; may raise to end it."""


class CancelledError(ValueError):
    """A download was cancelled; the downloaded part stays, and the next download continues it."""


def cancel_when(should_stop: Callable[[], bool], name: str) -> Progress:
    """Make a `progress` that cancels a download.

    Args:
        should_stop: Checked whenever bytes arrive.
        name: Name of the download, for the message.

    Returns:
        A progress function that raises `CancelledError`.
    """

    def progress(present: int, size: int) -> None:
        if should_stop():
            raise CancelledError(
                _(
                    "The download of {name} was cancelled. The part already downloaded is kept, "
                    "and the next download continues it.",
                    name=name,
                )
            )

    return progress


def file_metadata(url: str, token: str | bool) -> Any:
    """Ask the Hub about a file.

    Args:
        url: The file's address.
        token: False: none.

    Returns:
        Its `etag`, which is the SHA-256 of a large file, `size`, `commit_hash` and `location`.

    Raises:
        FileMetadataError: If the answer has no ETag or no commit.
    """
    from huggingface_hub import errors, get_hf_file_metadata

    metadata = get_hf_file_metadata(url, token=token, timeout=TIMEOUT_SECONDS)
    if not metadata.etag or not metadata.commit_hash:
        raise errors.FileMetadataError("The answer has no ETag or no commit.")
    return metadata


def download(
    url: str,
    path: Path,
    metadata: Any,
    *,
    token: str | bool,
    size: int | None = None,
    sha256: str | None = None,
    git_sha1: str | None = None,
    progress: Progress | None = None,
) -> None:
    """Download a file of the Hub.

    Args:
        url: The file's address.
        path: The path to write to.
        metadata: Result of `file_metadata`.
        token: False: none. It is sent to the Hub only, not to the Hub's storage.
        size: Known size. None: as in the metadata.
        sha256: Known hash. None: as in the metadata.
        git_sha1: Hash of a small file as the repository's tree states it. A file with the hash of
            the metadata is also accepted, since not every Hub's tree has git's hashes.
        progress: Called as bytes arrive.

    Raises:
        CorruptDownloadError: If what arrived is not what was stated; nothing of it is kept.
    """
    name = Path(urlsplit(url).path).name
    size = metadata.size if size is None else size
    if size is None:
        raise CorruptDownloadError(path.name)
    if sha256 is None and SHA256.fullmatch(metadata.etag):
        sha256 = metadata.etag
    git_hashes = None
    if git_sha1 and SHA1.fullmatch(git_sha1):
        git_hashes = (git_sha1, metadata.etag)
    partial = path.with_name(f"{path.name}.lora_demo")
    with open(partial, "ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # another process may download the same file
        file.seek(0, os.SEEK_END)  # continue after the part that it has downloaded
        if path.exists():
            partial.unlink(missing_ok=True)
            return
        try:
            _receive(url, metadata.location, token, file, size, progress, name)
            file.flush()
            if not _matches(partial, sha256, git_hashes):
                raise CorruptDownloadError(name)
        except OSError as error:
            if isinstance(error, CorruptDownloadError) or error.errno == errno.ENOSPC:
                partial.unlink()
            raise
        os.replace(partial, path)


def _matches(path: Path, sha256: str | None, git_hashes: tuple[str, ...] | None) -> bool:
    if sha256 and sha256_of([path]) != sha256:
        return False
    return git_hashes is None or git_sha1_of(path) in git_hashes


def sha256_of(files: Iterable[Path]) -> str:
    """Return the SHA-256 over the content of files, one after the other.

    Args:
        files: In the order in which they are hashed. Their names do not change the hash.
    """
    digest = hashlib.sha256()
    for file in files:
        with open(file, "rb") as stream:
            while chunk := stream.read(HASHED_BYTES):
                digest.update(chunk)
    return digest.hexdigest()


def git_sha1_of(file: Path) -> str:
    """Return git's hash of a file's content.

    Args:
        file: A small file, because its whole content is read into memory.
    """
    data = file.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def _receive(
    url: str,
    location: str,
    token: str | bool,
    file: BinaryIO,
    size: int,
    progress: Progress | None,
    name: str,
) -> None:
    """Append the rest of a file; a cut connection is resumed as long as every try brings bytes."""
    from huggingface_hub import errors
    from huggingface_hub.utils import tqdm

    with tqdm(
        desc=name, total=size, initial=file.tell(), unit="B", unit_scale=True, disable=None
    ) as bar:

        def report() -> None:
            bar.update(file.tell() - bar.n)
            if progress:
                progress(file.tell(), size)

        while file.tell() < size:
            before = file.tell()
            try:
                _append(location, _headers(url, location, token), file, size, report, name)
            except errors.HTTPError as error:
                if isinstance(error, errors.HfHubHTTPError) or file.tell() <= before:
                    raise
                # The old location may have expired.
                location = file_metadata(url, token).location
            else:
                if file.tell() <= before:
                    raise CorruptDownloadError(name)


def _headers(url: str, location: str, token: str | bool) -> dict[str, str]:
    """Make request headers; they hold the token only if the location is on the Hub's own host."""
    from huggingface_hub.utils import build_hf_headers

    is_hub = urlsplit(url)[:2] == urlsplit(location)[:2]
    return build_hf_headers(token=token if is_hub else False)


def _append(
    location: str,
    headers: dict[str, str],
    file: BinaryIO,
    size: int,
    report: Callable[[], None],
    name: str,
) -> None:
    """Write what one answer brings; if the server sends the whole file, begin again."""
    from huggingface_hub import get_session
    from huggingface_hub.utils import hf_raise_for_status

    headers = headers | {"Accept-Encoding": "identity"}
    if file.tell():
        headers["Range"] = f"bytes={file.tell()}-"
    with get_session().stream("GET", location, headers=headers) as response:
        if response.status_code == 416:
            raise CorruptDownloadError(name)
        hf_raise_for_status(response)
        if response.status_code != 206:
            file.seek(file.truncate(0))
        for chunk in response.iter_bytes():
            file.write(chunk[: size - file.tell()])
            report()
