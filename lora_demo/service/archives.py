"""Adapters as zip files: packed for a visitor, and unpacked with nothing of the archive trusted."""

import io
import lzma
import os
import re
import shutil
import tempfile
import time
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from lora_demo.checkpoints.adapters import CARD, CONFIG, MANIFEST, WEIGHTS
from lora_demo.checkpoints.pair_hashes import FILE
from lora_demo.checkpoints.tensors import MAX_JSON_BYTES
from lora_demo.errors import is_disk_full
from lora_demo.service.visitor_folders import modified_at

KNOWN = (WEIGHTS, CONFIG, MANIFEST, CARD, FILE)
MOST_BYTES = {
    WEIGHTS: 200_000_000,
    FILE: 20_000_000,
    CONFIG: MAX_JSON_BYTES,
    MANIFEST: MAX_JSON_BYTES,
    CARD: MAX_JSON_BYTES,
}
"""Of each file of an upload, whatever size its archive claims."""
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
MOST_MEMBERS = 1000
MOST_DIRECTORY_BYTES = 4_000_000
CHUNK = 1 << 20
OUTBOX = "lora_demo-out-"
OUTBOX_SECONDS = 600


def pack(folder: Path, name: str) -> Path:
    """A zip with the adapter's files in a folder `name`, which PEFT loads once unpacked."""
    return _zip([folder / file for file in KNOWN if (folder / file).is_file()], name)


def pack_checkpoint(write, name: str) -> Path:
    """A zip of the checkpoint that `write` puts into a folder, uncompressed, since weights hardly shrink."""
    folder = outbox() / "checkpoint"
    folder.mkdir()
    try:
        write(folder)
        return _zip(sorted(folder.iterdir()), name, zipfile.ZIP_STORED)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def outbox() -> Path:
    """A new folder for what is handed out; the page copies it at once, so older ones are removed."""
    for old in Path(tempfile.gettempdir()).glob(f"{OUTBOX}*"):
        if time.time() - modified_at(old) > OUTBOX_SECONDS:
            shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=OUTBOX))


def plain(name: str) -> str:
    """A name as a part of a path."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.")[:40] or "adapter"


def _zip(files: Sequence[Path], name: str, kind: int = zipfile.ZIP_DEFLATED) -> Path:
    name = plain(name)
    target = outbox() / f"{name}.zip"
    with zipfile.ZipFile(target, "w", kind) as archive:
        for file in files:
            archive.write(file, f"{name}/{file.name}")
    return target


def collect(files: Sequence[Path], folder: Path):
    """Puts an uploaded adapter, a zip or its loose files, into an empty folder; only known names, only so many bytes.

    Raises:
        ValueError: if something is missing, unknown in kind, or too large.
    """
    if len(files) == 1 and files[0].suffix.lower() == ".zip":
        _unpack(files[0], folder)
    else:
        for file in files:
            if file.name in KNOWN:
                with open(file, "rb") as source:
                    _copy(source, folder / file.name)
    missing = [name for name in (WEIGHTS, CONFIG) if not (folder / name).is_file()]
    if missing:
        raise ValueError(
            f"The upload has no {' and no '.join(missing)}: give a zip of a PEFT adapter folder, or its two files together."
        )


def _unpack(file: Path, folder: Path):
    """Takes the known files from one folder of the archive, whatever that is called; no name in it becomes a path."""
    try:
        with _Frugal(file) as opened, zipfile.ZipFile(opened) as archive:
            members = archive.infolist()
            if len(members) > MOST_MEMBERS:
                raise ValueError(
                    f"{file.name} holds {len(members)} files; an adapter is a folder with {CONFIG} and {WEIGHTS}."
                )
            for name, member in _adapter_members(members).items():
                if (
                    member.compress_type not in METHODS
                ):  # of others a small part can be the whole memory
                    raise ValueError(
                        f"{file.name} is packed by an unusual method: make a plain zip (deflate) of the folder."
                    )
                with archive.open(member) as source:
                    _copy(source, folder / name)
    except (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        UnicodeDecodeError,
        NotImplementedError,
        RuntimeError,
        EOFError,
        OSError,
    ) as error:
        if is_disk_full(error):
            raise
        raise ValueError(
            f"{file.name} is no zip file that can be read ({str(error).split(chr(10))[0][:80] or type(error).__name__})."
        ) from None


class _Frugal(io.FileIO):
    """A file that is read in small parts only: a zip's directory, which is read at once, can't be a hundred megabytes."""

    def read(self, size: int = -1) -> bytes:
        if size > MOST_DIRECTORY_BYTES:
            raise zipfile.BadZipFile("its directory is too large")
        return super().read(size)


def _adapter_members(members: Sequence[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """The known files that lie beside the archive's one adapter_config.json."""
    split = lambda member: tuple(member.filename.replace("\\", "/").rpartition("/")[::2])
    homes = {split(m)[0] for m in members if split(m)[1] == CONFIG and "__MACOSX" not in m.filename}
    if len(homes) > 1:
        raise ValueError(f"The zip holds {len(homes)} adapters; give one at a time.")
    return {split(m)[1]: m for m in members if split(m)[0] in homes and split(m)[1] in KNOWN}


def _copy(source, target: Path):
    """Copies until the end or the file's limit."""
    written, most = 0, MOST_BYTES[target.name]
    with open(target, "wb") as file:
        while chunk := source.read(CHUNK):
            written += len(chunk)
            if written > most:
                os.unlink(target)
                raise ValueError(
                    f"{target.name} is over {most // 10**6} MB, too large for an adapter."
                )
            file.write(chunk)
