"""Adapters as zip files: packed for download, and unpacked without trusting the archive."""

import io
import lzma
import os
import re
import shutil
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import IO

from lora_demo.checkpoints.adapter_files import (
    CARD,
    CONFIG,
    MANIFEST,
    PICKLED_WEIGHTS,
    WEIGHTS,
    natural_key,
)
from lora_demo.checkpoints.adapter_places import list_some, pickle_advice
from lora_demo.checkpoints.pair_hashes import FILE
from lora_demo.checkpoints.training_words import FILE as WORDS
from lora_demo.errors import is_disk_full
from lora_demo.files import MAX_JSON_BYTES
from lora_demo.language import _
from lora_demo.service.traces import TRACES
from lora_demo.service.visitor_folders import modified_at

ADAPTER_FILES = (WEIGHTS, CONFIG, MANIFEST, CARD, FILE, WORDS)
MAX_FILE_BYTES = {
    WEIGHTS: 200_000_000,
    FILE: 20_000_000,
    WORDS: 20_000_000,
    CONFIG: MAX_JSON_BYTES,
    MANIFEST: MAX_JSON_BYTES,
    CARD: MAX_JSON_BYTES,
}
"""Limit for each file of an upload, counted while it is unpacked: an archive may claim any size."""
COMPRESSION_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Methods that are safe to unpack; with others, a small member can fill the whole memory."""
ENCRYPTED = 1
"""The flag of a member with a password."""
MAX_MEMBERS = 1000
MAX_DIRECTORY_BYTES = 4_000_000
CHUNK_BYTES = 1 << 20
COPY_NUMBER = re.compile(r" ?\(\d+\)(?=\.\w+$)")
"""The number that a browser adds to the name of a file that it downloads again."""
OTHER_ARCHIVES = (".gz", ".tgz", ".tar", ".bz2", ".xz", ".zst", ".7z", ".rar")
OUTBOX = "lora_demo-out-"
OUTBOX_SECONDS = 600

UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    UnicodeDecodeError,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
)
"""Errors that `zipfile` raises for broken archives."""


def pack(folder: Path, name: str) -> Path:
    """Pack an adapter as a zip that PEFT loads once it is unpacked.

    Args:
        folder: The adapter folder.
        name: Name of the zip and of the folder inside it.

    Returns:
        The path of the zip, in a new outbox.
    """
    files = [folder / file for file in ADAPTER_FILES if (folder / file).is_file()]
    packed = _zip(files, name, zipfile.ZIP_DEFLATED)
    TRACES.record(folder, packed)
    return packed


def pack_checkpoint(write: Callable[[Path], object], name: str) -> Path:
    """Pack a checkpoint as a zip, uncompressed because weights hardly shrink.

    Args:
        write: Writes the checkpoint into the folder that it gets.
        name: Name of the zip and of the folder inside it.

    Returns:
        The path of the zip, in a new outbox.
    """
    folder = outbox() / "checkpoint"
    folder.mkdir()
    try:
        write(folder)
        return _zip(sorted(folder.iterdir()), name, zipfile.ZIP_STORED)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def outbox() -> Path:
    """Make a folder for files to download, and remove old ones.

    The page copies a file as soon as it gets it, so an old outbox can be deleted.
    """
    for old in Path(tempfile.gettempdir()).glob(f"{OUTBOX}*"):
        if time.time() - modified_at(old) > OUTBOX_SECONDS:
            shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=OUTBOX))


def plain_name(name: str) -> str:
    """Turn any text into a name that is safe as one part of a path.

    Args:
        name: Any text, such as a name that a visitor typed. `adapter` replaces an empty result.
    """
    return re.sub(r"[^\w.-]+", "-", name).strip("-.")[:40] or "adapter"


def _zip(files: Sequence[Path], name: str, compression: int) -> Path:
    name = plain_name(name)
    target = outbox() / f"{name}.zip"
    with zipfile.ZipFile(target, "w", compression) as archive:
        for file in files:
            archive.write(file, f"{name}/{file.name}")
    return target


def unpack_upload(files: Sequence[Path], folder: Path) -> None:
    """Put an uploaded adapter into an empty folder.

    Only files of an adapter are taken, and only up to their size limits.

    Args:
        files: One zip, or the loose files of an adapter.
        folder: An empty folder.

    Raises:
        ValueError: If a file is missing, too large, or the archive cannot be read.
    """
    if len(files) == 1 and files[0].suffix.lower() == ".zip":
        names = _unpack(files[0], folder)
    else:
        names = _copy_loose_files(files, folder)
    missing = [name for name in (WEIGHTS, CONFIG) if not (folder / name).is_file()]
    if WEIGHTS in missing and PICKLED_WEIGHTS in names:
        raise ValueError(pickle_advice(_("The upload")))
    zips = [name for name in names if name.lower().endswith(".zip")]
    if missing and zips:
        raise ValueError(
            _(
                "The upload is not one adapter, but it holds {zips}. Upload one zip, alone.",
                zips=list_some(zips),
            )
        )
    if missing:
        one, *other = missing
        listed = _("{others} or {last}", others=one, last=other[0]) if other else one
        raise ValueError(
            _(
                "The upload does not contain {missing}. Upload a zip of a PEFT adapter folder, "
                "or both files together.",
                missing=listed,
            )
        )


def _copy_loose_files(files: Sequence[Path], folder: Path) -> list[str]:
    """Copy an adapter's files; return the names of all files."""
    names = [COPY_NUMBER.sub("", file.name) for file in files]
    if len(files) == 1 and files[0].suffix.lower() in OTHER_ARCHIVES:
        raise ValueError(
            _("{name} is not a zip file. Make a zip of the folder.", name=files[0].name)
        )
    for file, name in zip(files, names, strict=True):
        if name in ADAPTER_FILES:
            with open(file, "rb") as source:
                _copy(source, folder / name)
    return names


def _unpack(file: Path, folder: Path) -> list[str]:
    """Take an adapter's files from one folder of the archive; no name in it becomes a path.

    Returns:
        The names of all files in the archive.
    """
    try:
        with _SmallReads(file) as opened, zipfile.ZipFile(opened) as archive:
            _unpack_members(archive, file.name, folder)
            return [_name_of(member) for member in archive.infolist()]
    except UNREADABLE as error:
        if is_disk_full(error):
            raise
        reason = str(error).split("\n")[0][:80] or type(error).__name__
        raise ValueError(
            _(
                "{name} cannot be read as a zip file ({reason}). Make a new zip of the folder.",
                name=file.name,
                reason=reason,
            )
        ) from None


def _unpack_members(archive: zipfile.ZipFile, name: str, folder: Path) -> None:
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise ValueError(
            _(
                "{name} holds {count} files. Upload a zip of one adapter folder, with "
                "{config} and {weights}.",
                name=name,
                count=len(members),
                config=CONFIG,
                weights=WEIGHTS,
            )
        )
    for file_name, member in _adapter_members(members).items():
        if member.flag_bits & ENCRYPTED:
            raise ValueError(
                _(
                    "{name} is encrypted. Make a new zip of the folder without a password.",
                    name=name,
                )
            )
        if member.compress_type not in COMPRESSION_METHODS:
            raise ValueError(
                _(
                    "{name} uses an unsupported compression method. Make a plain zip (deflate) "
                    "of the folder.",
                    name=name,
                )
            )
        with archive.open(member) as source:
            _copy(source, folder / file_name)


class _SmallReads(io.FileIO):
    """A file that refuses large reads: `zipfile` reads a zip's directory at once, of any size."""

    def read(self, size: int | None = -1) -> bytes:
        if size is not None and size > MAX_DIRECTORY_BYTES:
            raise zipfile.BadZipFile(_("its directory is too large"))
        return super().read(-1 if size is None else size)


def _adapter_members(members: Sequence[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """Find an adapter's files: those in the folder of the archive's adapter_config.json.

    A Trainer's output has an adapter in its own folder and more in its checkpoints: the first
    counts. A folder without weights counts only if none has any.

    Raises:
        ValueError: If several adapters could be meant, or the outer one is a pickle.
    """
    kept = [member for member in members if "__MACOSX" not in member.filename]
    config_folders = {_folder_of(member) for member in kept if _name_of(member) == CONFIG}
    weight_folders = {_folder_of(member) for member in kept if _name_of(member) == WEIGHTS}
    complete = config_folders & weight_folders
    pickled = {_folder_of(member) for member in kept if _name_of(member) == PICKLED_WEIGHTS}
    _refuse_outer_pickle((config_folders & pickled) - complete, complete)
    config_folders = complete or config_folders
    outer = [folder for folder in config_folders if _holds_all(folder, config_folders)]
    if len(config_folders) > 1 and not outer:
        places = list_some(sorted(config_folders, key=natural_key))
        raise ValueError(
            _(
                "The zip holds {count} adapters, in {places}. Upload one folder at a time.",
                count=len(config_folders),
                places=places,
            )
        )
    numbered_first = sorted(members, key=lambda m: m.filename.endswith(_name_of(m)))
    return {
        _name_of(member): member
        for member in numbered_first
        if _folder_of(member) in outer and _name_of(member) in ADAPTER_FILES
    }


def _refuse_outer_pickle(pickled: Collection[str], complete: Collection[str]) -> None:
    """Refuse a pickle in the outer folder, in whose place a checkpoint would be read."""
    if complete and any(_holds_all(folder, complete) for folder in pickled):
        raise ValueError(
            _(
                "The zip has readable adapters only in {places}, below another one. Upload one "
                "of these folders, or convert the outer adapter. {advice}",
                places=list_some(sorted(complete, key=natural_key)),
                advice=pickle_advice(_("Its outer folder")),
            )
        )


def _holds_all(folder: str, others: Collection[str]) -> bool:
    """Check that all other folders are below one."""
    prefix = f"{folder}/" if folder else ""
    return all(other == folder or other.startswith(prefix) for other in others)


def _folder_of(member: zipfile.ZipInfo) -> str:
    return member.filename.replace("\\", "/").rpartition("/")[0]


def _name_of(member: zipfile.ZipInfo) -> str:
    """Return a file's name without the number that a browser gave it."""
    return COPY_NUMBER.sub("", member.filename.replace("\\", "/").rpartition("/")[2])


def _copy(source: IO[bytes], target: Path) -> None:
    """Copy a file in chunks; stop and delete the copy when it exceeds the limit for its name."""
    copied_bytes = 0
    max_bytes = MAX_FILE_BYTES[target.name]
    with open(target, "wb") as file:
        while chunk := source.read(CHUNK_BYTES):
            copied_bytes += len(chunk)
            if copied_bytes > max_bytes:
                os.unlink(target)
                raise ValueError(
                    _(
                        "{name} is larger than {max_bytes} MB, which is too large for an adapter.",
                        name=target.name,
                        max_bytes=max_bytes // 10**6,
                    )
                )
            file.write(chunk)
