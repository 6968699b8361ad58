"""Visitors: an unguessable key in the browser, a folder on this machine; who has no key sees nothing of it."""

import functools
import hashlib
import math
import re
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lora_demo.checkpoints.tensors import replacing
from lora_demo.data.pairs import Pair, read_file
from lora_demo.service.limits import Limits

KEY_LENGTH, LONGEST_KEY = 16, 200
MOST_UPLOADS = 20
MOST_PAIRS = 300_000
UPLOAD = "upload:"
NOBODY = "nobody"
"""The folder of what is evaluated for those without a key, until they have their answer."""
USED = "used"
"""A file in a visitor's folder; its time says when they were here last."""


def visitor_folder(root: Path, key: str) -> Path:
    """The folder of whoever holds `key`, marked as in use now; its name does not betray the key.

    Raises:
        ValueError: for a key so short that it could be guessed.
    """
    if not isinstance(key, str) or not KEY_LENGTH <= len(key) <= LONGEST_KEY:
        raise ValueError(
            f"visitor: give a text of {KEY_LENGTH} to {LONGEST_KEY} characters that only you know; your runs and adapters are kept under it."
        )
    folder = root / hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    if folder.is_dir():
        with suppress(OSError):
            (folder / USED).touch()
    return folder


def steady(look: Callable) -> Callable:
    """A look at a visitor's folder, made anew where another of their pages deleted meanwhile what was just found."""

    @functools.wraps(look)
    def call(*values, **named):
        for _ in range(3):
            with suppress(FileNotFoundError, ValueError):
                return look(*values, **named)
        return look(*values, **named)

    return call


@contextmanager
def sent(*files: str) -> Iterator[list[Path]]:
    """Files on their way from a visitor; refused ones are removed at once.

    Raises:
        ValueError: if one is gone, as after a day, or came from nowhere.
    """
    paths = [Path(file or "") for file in files]
    if not all(path.is_file() for path in paths):
        raise ValueError("The file did not come, or is no longer here: upload it again.")
    try:
        yield paths
    except ValueError:
        for path in paths:
            path.unlink(missing_ok=True)
        raise


def keep_pairs(
    file: Path,
    folder: Path,
    limits: Limits = Limits(),
    least: int = 2,
    needed: Collection[str] = (),
) -> tuple[str, list[Pair]]:
    """Checks an uploaded file and copies it to the visitor's folder, where the oldest make room: its name there, and its pairs.

    Args:
        least: how many pairs there have to be; training holds one out, evaluating needs no other.
        needed: paths that stay, whatever their age.
    Raises:
        ValueError: if it holds no pairs or is too large; nothing is kept then.
    """
    limits.check_upload(file.stat().st_size)
    pairs = read_file(file, MOST_PAIRS + 1)
    if len(pairs) > MOST_PAIRS:
        raise ValueError(
            f"{file.name} has over {MOST_PAIRS:,} pairs, too many for a page: cut it down, or use the command line."
        )
    if len(pairs) < least:
        raise ValueError(
            f"{file.name} has {len(pairs)} usable pair(s); at least {least} {'are needed, one of them to hold out' if least > 1 else 'is needed'}."
        )
    digest = hashlib.sha256(file.read_bytes()).hexdigest()[:8]
    stem = re.sub(r"[^\w-]+", "-", file.stem).strip("-")[:40] or "pairs"
    uploads = folder / "uploads"
    uploads.mkdir(parents=True, exist_ok=True)
    kept = uploads / f"{stem}-{digest}{file.suffix.lower()}"
    with replacing(kept) as partial:
        shutil.copyfile(file, partial)
    others = [path for path in uploads.iterdir() if str(path) not in needed]
    for old in sorted(others, key=changed_at)[:-MOST_UPLOADS]:
        old.unlink(missing_ok=True)
    return kept.name, pairs


def changed_at(path: Path) -> float:
    """When a file or folder was changed; never, as it were, for one that somebody removed meanwhile."""
    with suppress(FileNotFoundError):
        return path.stat().st_mtime
    return math.inf


def uploaded(folder: Path, name: str) -> Path:
    """The visitor's upload of that name, which is looked up, and never made a path of.

    Raises:
        ValueError: if there is none.
    """
    found = next((path for path in (folder / "uploads").glob("*") if path.name == name), None)
    if found is None:
        raise ValueError("The uploaded file is no longer here: upload it again.")
    return found


def default_name(source: str, rank: int | float | str) -> str:
    """An adapter's name after what it learns from: weather-r8, or my-file-r8 for an upload of the visitor."""
    stem = (
        re.sub(r"-[0-9a-f]{8}$", "", Path(source).stem)
        if source.startswith("/")
        else source.split("[")[0].rsplit("/", 1)[-1]
    )
    plain = re.sub(r"[^\w]+", "-", stem.removeprefix("builtin:")).strip("-_")
    return f"{plain[:40] or 'pairs'}-r{rank}"


def resolve_source(kind: str, folder: Path, upload: str = "", hub: str = "") -> str:
    """What the page's choice of data is as `TrainConfig.data`; no path that a visitor names is ever opened.

    Args:
        kind: `builtin`, `builtin:NAME`, `upload` or `hub`.
    Raises:
        ValueError: if what the kind needs is not there.
    """
    if kind == "upload":
        if not upload:
            raise ValueError(
                "Upload a .tsv, .csv or .jsonl file first, or choose the built-in corpus."
            )
        return str(uploaded(folder, upload))
    if kind == "hub":
        return hub_source(hub)
    if not re.fullmatch(r"builtin(:\w{1,40})?", kind):
        raise ValueError(
            f"data = {kind[:60]!r} (wanted: builtin, builtin:NAME, {UPLOAD}NAME of a file that you uploaded, or a Hub data set such as wmt/wmt16:de-en:train[:1%])."
        )
    return kind


def named_source(data: str, folder: Path) -> str:
    """What a client calls data, as `resolve_source` gives it."""
    if data.startswith(UPLOAD):
        return resolve_source("upload", folder, data.removeprefix(UPLOAD))
    return hub_source(data) if "/" in data else resolve_source(data, folder)


def public_name(source: str) -> str:
    """What to call a source where others may see it: of a visitor's upload the name that it came with."""
    return (
        re.sub(r"-[0-9a-f]{8}(?=\.\w+$)", "", Path(source).name)
        if source.startswith("/")
        else source
    )


def hub_source(text: str) -> str:
    """A Hub data set as `repository:config:split`; never a path of this machine.

    Raises:
        ValueError: if it is not written so.
    """
    text = text.strip()
    if (
        not re.fullmatch(r"[\w-][\w.-]*/[\w-][\w.-]*:[\w.-]*(:[\w\[\]:%]+)?", text)
        or len(text) > 200
        or not text.isascii()
        or Path(text.split(":")[0]).exists()
    ):
        raise ValueError(
            f"{text[:80]!r} is no Hub data set: write owner/name:config:split, such as wmt/wmt16:de-en:train[:1%]."
        )
    return text
