"""Files of the Hub over plain HTTP: taken up where they were interrupted, and there whole, of the stated size and SHA-256, or not at all."""

import errno
import fcntl
import hashlib
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import urlsplit

from lora_demo.checkpoints.connection import ANSWER_SECONDS, Torn

SHA256, SHA1 = re.compile("[0-9a-f]{64}"), re.compile("[0-9a-f]{40}")

Progress = Callable[[int, int], None]


class Cancelled(ValueError):
    """A download was ended on purpose; what has come stays, and the next one goes on from there."""


def until(stop: Callable[[], bool], what: str) -> Progress:
    """A `progress` that ends the download once `stop` says True."""

    def progress(there: int, size: int):
        if stop():
            raise Cancelled(
                f"The download of {what} was cancelled; what has come is kept, and the next try goes on from there."
            )

    return progress


def look_up(url: str, token: str | bool):
    """What the Hub says of a file: its `etag`, which is the SHA-256 of a large one, its `size`, and its `location`."""
    from huggingface_hub import errors, get_hf_file_metadata

    told = get_hf_file_metadata(url, token=token, timeout=ANSWER_SECONDS)
    if not told.etag or not told.commit_hash:
        raise errors.FileMetadataError("The answer has no ETag or no commit.")
    return told


def download(
    url: str,
    path: Path,
    told,
    *,
    token: str | bool,
    size: int | None = None,
    sha256: str | None = None,
    git_sha1: str | None = None,
    progress: Progress | None = None,
):
    """Puts a file of the Hub at `path`.

    Args:
        told: what `look_up` gave; size, sha256: known from elsewhere; None: as told.
        git_sha1: of a small file, as its tree states it; a file that has what is told instead will do, since not every Hub's tree has git's.
        token: a text, or False for none; it goes to the Hub alone, not to where the Hub keeps its files.
        progress: told the bytes that are there and all bytes, as they come; what it raises ends the download.
    Raises:
        Torn: if what came is not what was stated; nothing is kept then.
    """
    size, sha256 = (
        told.size if size is None else size,
        sha256 or (told.etag if SHA256.fullmatch(told.etag) else None),
    )
    if size is None:
        raise Torn(path.name)
    partial = path.with_name(f"{path.name}.lora_demo")
    with open(partial, "ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # another process may be fetching the same file
        if path.exists():
            return partial.unlink(missing_ok=True)
        try:
            _receive(url, told.location, token, file, size, progress, Path(urlsplit(url).path).name)
            file.flush()
            if (
                sha256
                and sha256_of([partial]) != sha256
                or SHA1.fullmatch(git_sha1 or "")
                and git_sha1_of(partial) not in (git_sha1, told.etag)
            ):
                raise Torn(Path(urlsplit(url).path).name)
        except OSError as error:
            if isinstance(error, Torn) or error.errno == errno.ENOSPC:
                partial.unlink()
            raise
        os.replace(partial, path)


def sha256_of(files: Iterable[Path]) -> str:
    """SHA-256 over the content of files, one after the other."""
    digest = hashlib.sha256()
    for file in files:
        with open(file, "rb") as stream:
            while chunk := stream.read(1 << 22):
                digest.update(chunk)
    return digest.hexdigest()


def git_sha1_of(file: Path) -> str:
    """Git's name of a file's content."""
    data = file.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def _receive(
    url: str,
    location: str,
    token: str | bool,
    file,
    size: int,
    progress: Progress | None,
    name: str,
):
    """Appends the rest of the file; over a cut connection it goes on as long as every try brings something."""
    from huggingface_hub import errors
    from huggingface_hub.utils import tqdm

    with tqdm(
        desc=name, total=size, initial=file.tell(), unit="B", unit_scale=True, disable=None
    ) as bar:

        def came():
            bar.update(file.tell() - bar.n)
            if progress:
                progress(file.tell(), size)

        while (began := file.tell()) < size:
            try:
                _append(location, _headers(url, location, token), file, size, came, name)
            except errors.HTTPError as error:
                if isinstance(error, errors.HfHubHTTPError) or file.tell() <= began:
                    raise
                location = look_up(url, token).location  # the old one may be no longer valid
            else:
                if file.tell() <= began:
                    raise Torn(name)


def _headers(url: str, location: str, token: str | bool) -> dict:
    from huggingface_hub.utils import build_hf_headers

    return build_hf_headers(token=token if urlsplit(url)[:2] == urlsplit(location)[:2] else False)


def _append(location: str, headers: dict, file, size: int, came: Callable[[], None], name: str):
    """Writes what one answer brings from where the file ends on, or from its beginning if the server sends all of it."""
    from huggingface_hub import get_session
    from huggingface_hub.utils import hf_raise_for_status

    rest = {"Range": f"bytes={file.tell()}-"} if file.tell() else {}
    with get_session().stream(
        "GET", location, headers=headers | rest | {"Accept-Encoding": "identity"}
    ) as response:
        if response.status_code == 416:
            raise Torn(name)
        hf_raise_for_status(response)
        if response.status_code != 206:
            file.seek(file.truncate(0))
        for chunk in response.iter_bytes():
            file.write(chunk[: size - file.tell()])
            came()
