"""Writing to a visitor's adapters: uploads, pulled and reduced ones, names, deletion."""

import re
import secrets
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from lora_demo.checkpoints.adapter_files import WEIGHTS
from lora_demo.checkpoints.adapters import read_adapter
from lora_demo.checkpoints.combining import Combined, Part, combine_adapters
from lora_demo.checkpoints.reducing import Loss, reduce_adapter
from lora_demo.files import write_json
from lora_demo.hub.places import parse_place
from lora_demo.hub.pull import Pulled, pull_adapter
from lora_demo.language import _
from lora_demo.model.config import T5Config
from lora_demo.service.adapter_entries import (
    NAMES,
    RUN_PREFIX,
    UPLOAD_PREFIX,
    UPLOADS,
    AdapterEntry,
    given_names,
    list_uploads,
)
from lora_demo.service.archives import MAX_FILE_BYTES, plain_name, unpack_upload
from lora_demo.training.runs import list_runs

MAX_UPLOADS = 20
NAME = re.compile(r"\w[\w .,()+-]{0,39}")


def keep_upload(files: Sequence[Path], folder: Path, config: T5Config, name: str = "") -> str:
    """Check an uploaded adapter and keep it in the visitor's folder.

    Args:
        files: One zip, or the loose files of an adapter.
        folder: The visitor's folder.
        config: Geometry of the base, which the adapter must fit.
        name: Name of the adapter; by default, that of the first file.

    Returns:
        The adapter's id.

    Raises:
        ValueError: If it is not an adapter for this base. Nothing is kept then.
    """
    if not files:
        raise ValueError(_("Choose a zip of an adapter folder, or its two files."))
    stem = plain_name(name or files[0].stem)

    def fill(partial: Path) -> None:
        unpack_upload(files, partial)
        _check_adapter(partial, config, stem)

    return _keep(folder, stem, fill)


def keep_reduced(
    entry: AdapterEntry, rank: int, folder: Path, config: T5Config
) -> tuple[str, Loss]:
    """Reduce an adapter to a lower rank and keep the result in the visitor's folder.

    Args:
        entry: The adapter to reduce.
        rank: The new rank, below the adapter's.
        folder: The visitor's folder.
        config: Geometry of the base.

    Returns:
        The new adapter's id, and what the reduction lost.

    Raises:
        ValueError: If the rank is not lower.
    """
    name = f"{entry.name}-to-r{rank}"
    losses = []

    def fill(partial: Path) -> None:
        adapter = read_adapter(entry.folder, config)
        losses.append(reduce_adapter(adapter, rank, partial, config, name))

    id = _keep(folder, plain_name(name), fill)
    return id, losses[0]


def keep_combined(
    parts: Sequence[tuple[AdapterEntry, float]],
    name: str,
    rank: int | None,
    folder: Path,
    config: T5Config,
) -> tuple[str, Combined]:
    """Add adapters with weights and keep the result in the visitor's folder.

    Args:
        parts: The adapters with their weights.
        name: Name of the result; empty for one made of theirs.
        rank: Reduce the sum to this rank. None: keep it exact.
        folder: The visitor's folder.
        config: Geometry of the base.

    Returns:
        The new adapter's id, and what a reduction lost.

    Raises:
        ValueError: If the adapters cannot be combined, or a weight or the rank is out of range.
    """
    plain = plain_name(name.strip() or "+".join(entry.name for entry, _unused in parts))
    results = []

    def fill(partial: Path) -> None:
        given = [
            Part(read_adapter(entry.folder, config), weight, entry.name) for entry, weight in parts
        ]
        results.append(combine_adapters(given, partial, config, plain, rank))

    id = _keep(folder, plain, fill)
    return id, results[0]


def keep_pulled(
    hub_id: str, folder: Path, config: T5Config, token: str | bool | None
) -> tuple[str, Pulled]:
    """Fetch an adapter from the Hub and keep it in the visitor's folder.

    Args:
        hub_id: `user/name` or `user/name@revision`.
        folder: The visitor's folder.
        config: Geometry of the base, which the adapter must fit.
        token: Token of the Hub; False for none, None for this machine's.

    Returns:
        The adapter's id on this page, and what was pulled.

    Raises:
        ValueError: If it is not an adapter for this base, or too large. Nothing is kept then.
    """
    pulled = []

    def fill(partial: Path) -> None:
        try:
            max_bytes = MAX_FILE_BYTES[WEIGHTS]
            pulled.append(
                pull_adapter(hub_id, partial, config=config, max_bytes=max_bytes, token=token)
            )
        except ValueError as error:
            raise ValueError(str(error).replace(str(partial), hub_id)) from None

    id = _keep(folder, plain_name(parse_place(hub_id).repo.rpartition("/")[2]), fill)
    return id, pulled[0]


def _keep(folder: Path, stem: str, fill: Callable[[Path], None]) -> str:
    """Let `fill` write an adapter into a hidden folder, and show it only if that succeeds."""
    if len(list_uploads(folder)) >= MAX_UPLOADS:
        raise ValueError(
            _(
                "You already have {max_uploads} uploaded, pulled, reduced or combined "
                "adapters. Delete one first.",
                max_uploads=MAX_UPLOADS,
            )
        )
    partial = folder / UPLOADS / f".{secrets.token_hex(8)}"
    partial.mkdir(parents=True)
    try:
        fill(partial)
        kept = partial.with_name(f"{stem}-{secrets.token_hex(3)}")
        partial.rename(kept)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return f"{UPLOAD_PREFIX}{kept.name}"


def _check_adapter(folder: Path, config: T5Config, name: str) -> None:
    """Check that an adapter fits the base; messages name the upload, not the temporary folder."""
    try:
        read_adapter(folder, config)
    except ValueError as error:
        message = str(error).replace(str(folder), name).replace(folder.name, name)
        raise ValueError(message) from None


def check_name(name: str) -> None:
    """Check a name that a visitor gives.

    Args:
        name: The name, without white space around it.

    Raises:
        ValueError: If it is empty, too long, or has other characters than allowed.
    """
    if not NAME.fullmatch(name):
        raise ValueError(
            _(
                "name = {name!r} is not allowed. Use 1 to 40 letters, digits, spaces and "
                ".,()+-, with a letter or a digit first.",
                name=name[:60],
            )
        )


def rename(entry: AdapterEntry, name: str, folder: Path) -> None:
    """Give one of the visitor's adapters another name; its files stay where they are.

    Args:
        entry: The adapter.
        name: The new name.
        folder: The visitor's folder.

    Raises:
        ValueError: If the adapter is shipped, or the name is not allowed.
    """
    name = (name or "").strip()
    if not entry.is_own:
        raise ValueError(_("{name} comes with the app and cannot be renamed.", name=entry.name))
    check_name(name)
    write_json(folder / NAMES, given_names(folder) | {entry.id: name})


def delete(entry: AdapterEntry, folder: Path) -> None:
    """Delete one of the visitor's adapters; an adapter of a run is deleted with its run.

    Args:
        entry: The adapter.
        folder: The visitor's folder.

    Raises:
        ValueError: If the adapter is shipped.
    """
    if not entry.is_own:
        raise ValueError(_("{name} comes with the app and cannot be deleted.", name=entry.name))
    if entry.id.startswith(UPLOAD_PREFIX):
        with suppress(FileNotFoundError):
            shutil.rmtree(entry.folder)
    for run in list_runs(folder):
        if f"{RUN_PREFIX}{run.id}" == entry.id:
            run.delete()
