"""Read and write small files: JSON objects and text, replaced atomically."""

import json
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from lora_demo.language import _

MAX_JSON_BYTES = 1_000_000
LFS_POINTER = b"version https://git-lfs.github.com/spec/"
"""Beginning of a pointer, which a clone without Git LFS has in place of a large file."""


def expand_home(path: str | Path) -> Path:
    """Replace `~` and `~user` at the beginning of a path by the folder of that user.

    Args:
        path: A path that a user gave. That of an unknown user stays as it is;
            `Path.expanduser` would raise an error.
    """
    return Path(os.path.expanduser(path))


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Give a temporary path that replaces `path` when the block succeeds.

    Readers see the old file or the new one, never a part. If the block raises, the temporary
    file is removed and the old file stays.

    Args:
        path: The file to write; its folder is created.

    Yields:
        The path to write to.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.partial")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield partial
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    partial.chmod(0o644)
    with open(partial, "rb") as file:
        os.fsync(file.fileno())
    os.replace(partial, path)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file atomically.

    Args:
        path: The file to write or replace; its folder is created.
        text: The whole content.
    """
    with atomic_write(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_json(path: Path, document: dict[str, Any]) -> None:
    """Write a JSON file atomically, indented and with a final line break.

    Args:
        path: The file to write or replace; its folder is created.
        document: A JSON object.
    """
    write_text(path, format_json(document))


def format_json(document: Any) -> str:
    """Format a document as this package writes JSON files: indented, with a final line break.

    Args:
        document: Any value that JSON can hold.
    """
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object from a small file.

    Args:
        path: A UTF-8 file of at most MAX_JSON_BYTES.

    Raises:
        ValueError: If the file is missing, too large, unreadable or not a JSON object.
    """
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            raise ValueError(_("over {limit:,} bytes", limit=MAX_JSON_BYTES))
        text = path.read_text(encoding="utf-8")
        is_pointer = text.startswith(LFS_POINTER.decode())
        document = {} if is_pointer else _parse(text)
    except FileNotFoundError:
        raise ValueError(_("{file} is missing.", file=path)) from None
    except (OSError, ValueError, RecursionError) as error:
        reason = str(error).split("\n")[0][:200]
        raise ValueError(
            _(
                "{file} is not readable JSON ({reason}). Correct it, or save it again.",
                file=path,
                reason=reason,
            )
        ) from None
    if is_pointer:
        raise ValueError(_describe_pointer(path))
    if not isinstance(document, dict):
        raise ValueError(
            _(
                "{file} holds a {type}, not a JSON object. Correct it, or save it again.",
                file=path,
                type=type(document).__name__,
            )
        )
    return document


def read_json_or_empty(path: Path) -> dict[str, Any]:
    """Read a JSON object; return an empty one if the file is missing or not readable.

    Args:
        path: As for `read_json`.
    """
    try:
        return read_json(path)
    except ValueError:
        return {}


def parse_json(data: bytes) -> dict[str, Any] | None:
    """Parse a small JSON object that came over the network.

    Args:
        data: The received bytes, which may be anything.

    Returns:
        The object, or None if the data is too large or not a JSON object.
    """
    if len(data) > MAX_JSON_BYTES:
        return None
    try:
        document = _parse(data.decode())
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _parse(text: str) -> Any:
    document = json.loads(text)
    if "\\u" in text:
        # Raises ValueError for half of a surrogate pair, which could not be written again.
        json.dumps(document, ensure_ascii=False).encode()
    return document


def remove_partials(folder: Path) -> None:
    """Remove the temporary files of killed writers in a folder and its subfolders.

    Args:
        folder: A folder in which no process is writing a file.
    """
    for path in list(folder.rglob(".*.partial")):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def size_on_disk(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder and its subfolders.

    Files that vanish while they are counted are skipped. Links inside a folder are not followed.

    Args:
        path: A file or a folder; a missing one has 0 bytes.
    """
    if path.is_file():
        return path.stat().st_size
    total = 0
    for place, _folders, names in os.walk(path):
        for name in names:
            with suppress(FileNotFoundError):
                total += Path(place, name).lstat().st_size
    return total


def refuse_lfs_pointer(path: Path) -> None:
    """Refuse a Git LFS pointer: a few lines of text in place of a large file.

    Args:
        path: A file that exists.

    Raises:
        ValueError: If the file is a pointer; the message says how to get the file itself.
    """
    with open(path, "rb") as file:
        is_pointer = file.read(len(LFS_POINTER)) == LFS_POINTER
    if is_pointer:
        raise ValueError(_describe_pointer(path))


def _describe_pointer(path: Path) -> str:
    return _(
        "{file} is a Git LFS pointer, not the file itself. Run `git lfs pull` in its repository, "
        "or download it again.",
        file=path,
    )
