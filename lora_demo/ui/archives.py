"""Adapters as zip files: packed for a visitor, and unpacked with nothing of the archive trusted."""

import os
import re
import shutil
import tempfile
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

from lora_demo.checkpoints.adapters import CARD, CONFIG, MANIFEST, WEIGHTS
from lora_demo.checkpoints.pair_hashes import FILE

KNOWN = (WEIGHTS, CONFIG, MANIFEST, CARD, FILE)
MOST_BYTES = 200_000_000
MOST_MEMBERS = 1000
CHUNK = 1 << 20
OUTBOX = "lora_demo-out-"
OUTBOX_SECONDS = 3600


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
        if time.time() - old.stat().st_mtime > OUTBOX_SECONDS:
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
        raise ValueError(f"The upload has no {' and no '.join(missing)}: give a zip of a PEFT adapter folder, or its two files together.")


def _unpack(file: Path, folder: Path):
    """Takes the known files from one folder of the archive, whatever that is called; no name in it becomes a path."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            if len(members) > MOST_MEMBERS:
                raise ValueError(f"{file.name} holds {len(members)} files; an adapter is a folder with {CONFIG} and {WEIGHTS}.")
            for name, member in _adapter_members(members).items():
                with archive.open(member) as source:
                    _copy(source, folder / name)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise ValueError(f"{file.name} is no zip file that can be read ({str(error)[:80] or type(error).__name__}).") from None


def _adapter_members(members: Sequence[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """The known files that lie beside the archive's one adapter_config.json."""
    split = lambda member: tuple(member.filename.replace("\\", "/").rpartition("/")[::2])
    homes = {split(m)[0] for m in members if split(m)[1] == CONFIG and "__MACOSX" not in m.filename}
    if len(homes) > 1:
        raise ValueError(f"The zip holds {len(homes)} adapters; give one at a time.")
    return {split(m)[1]: m for m in members if split(m)[0] in homes and split(m)[1] in KNOWN}


def _copy(source, target: Path):
    """Copies until the end or the limit, whatever size the archive claims."""
    written = 0
    with open(target, "wb") as file:
        while chunk := source.read(CHUNK):
            written += len(chunk)
            if written > MOST_BYTES:
                os.unlink(target)
                raise ValueError(f"{target.name} is over {MOST_BYTES // 10**6} MB, too large for an adapter.")
            file.write(chunk)
