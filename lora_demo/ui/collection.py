"""The adapters that a visitor can use: shipped ones, those of their own runs, those they uploaded."""

import functools
import json
import os
import re
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lora_demo.checkpoints.adapters import MANIFEST, WEIGHTS, find_problems, inspect_adapter, read_adapter, read_config, shipped, targets_of, adapted_paths
from lora_demo.checkpoints.base import Base
from lora_demo.model.parameters import T5Config
from lora_demo.training.runs import list_runs
from lora_demo.ui.archives import collect
from lora_demo.ui.line import BUSY

MOST_CHOSEN = 6
MOST_UPLOADED = 20


@dataclass(frozen=True)
class Entry:
    """An adapter on offer.

    `id` is what the page sends back; it is looked up in the visitor's own list, never used as a path.
    """

    id: str
    name: str
    origin: str
    folder: Path
    rank: int
    alpha: float
    targets: tuple[str, ...]
    base: str
    bytes: int
    manifest: dict

    @property
    def label(self) -> str:
        """Its name in a list of choices."""
        plain = self.origin == "shipped" or f"r{self.rank}" in self.name
        return self.name if plain else f"{self.name} (r = {self.rank})"

    @property
    def chrf(self) -> tuple[float, float] | None:
        """chrF on the held-out pairs of its training: the base's and its own."""
        scores = self.manifest.get("scores") or {}
        before, after = scores.get("base_eval_chrf"), scores.get("eval_chrf")
        return (before, after) if isinstance(before, (int, float)) and isinstance(after, (int, float)) else None


def list_adapters(folder: Path | None, config: T5Config) -> dict[str, Entry]:
    """Everything that fits the base, by id: shipped, then the visitor's runs from the newest, then uploads."""
    places = [(path.name, path.name, "shipped", path) for path in shipped()]
    if folder is not None:
        runs = [run for run in list_runs(folder) if run.adapter and run.state not in BUSY]
        places += [(f"run-{run.id}", run.config.adapter_name, "yours", run.adapter) for run in runs]
        places += [(f"upload-{path.name}", path.name.rsplit("-", 1)[0], "uploaded", path) for path in _uploads(folder)]
    entries = [entry for place in places if (entry := _entry(*place, config))]
    return {entry.id: entry for entry in _told_apart(entries)}


def _uploads(folder: Path) -> list[Path]:
    """Uploaded adapters, newest first; a name with a dot is one that is still being checked."""
    return sorted((path for path in (folder / "adapters").glob("[!.]*") if path.is_dir()), key=os.path.getmtime, reverse=True)


def _entry(id: str, name: str, origin: str, folder: Path, config: T5Config) -> Entry | None:
    """An adapter's entry; None if it does not fit the base."""
    try:
        document = read_config(folder)
        if find_problems(folder, config):
            return None
        targets = targets_of(adapted_paths(folder))
        size = (folder / WEIGHTS).stat().st_size
    except (ValueError, OSError):
        return None
    return Entry(id, name, origin, folder, document["r"], document["lora_alpha"], targets, str(document.get("base_model_name_or_path") or ""), size, _manifest(folder))


def _told_apart(entries: Sequence[Entry]) -> list[Entry]:
    """Entries of the same name get a number, the oldest keeping the plain one."""
    seen, result = {}, []
    for entry in reversed(entries):
        seen[entry.name] = seen.get(entry.name, 0) + 1
        number = seen[entry.name]
        result.append(entry if number == 1 else Entry(**{**vars(entry), "name": f"{entry.name} #{number}"}))
    return result[::-1]


def _manifest(folder: Path) -> dict:
    try:
        document = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def choose(entries: dict[str, Entry], ids: Sequence[str]) -> list[Entry]:
    """The entries of these ids.

    Raises:
        ValueError: for an id that the visitor has not, or too many.
    """
    unknown = [str(id)[:80] for id in ids if id not in entries]
    if unknown:
        raise ValueError(f"There is no adapter {', '.join(map(repr, unknown))} here; there are {', '.join(entries) or 'none'}.")
    if len(set(ids)) > MOST_CHOSEN:
        raise ValueError(f"adapters: {len(set(ids))} are chosen, {MOST_CHOSEN} fit side by side.")
    return [entries[id] for id in dict.fromkeys(ids)]


def keep_upload(files: Sequence[Path], folder: Path, config: T5Config, name: str = "") -> str:
    """Checks an uploaded adapter and keeps it in the visitor's folder; returns its id.

    Raises:
        ValueError: if it is no adapter, or none for this base; nothing is kept then.
    """
    if not files:
        raise ValueError("Choose a zip of an adapter folder, or its two files.")
    adapters = folder / "adapters"
    if len(_uploads(folder)) >= MOST_UPLOADED:
        raise ValueError(f"You have {MOST_UPLOADED} uploaded adapters; delete one first.")
    stem = re.sub(r"[^\w.-]+", "-", name or files[0].stem).strip("-.")[:40] or "adapter"
    waiting = adapters / f".{secrets.token_hex(8)}"
    waiting.mkdir(parents=True)
    try:
        collect(files, waiting)
        _check(waiting, config, stem)
        kept = adapters / f"{stem}-{secrets.token_hex(3)}"
        waiting.rename(kept)
    finally:
        shutil.rmtree(waiting, ignore_errors=True)
    return f"upload-{kept.name}"


def _check(folder: Path, config: T5Config, name: str):
    try:
        read_adapter(folder, config)
    except ValueError as error:
        raise ValueError(str(error).replace(str(folder), name).replace(folder.name, name)) from None


def delete(entry: Entry, folder: Path):
    """Deletes an own adapter: an upload, or a run with everything of it.

    Raises:
        ValueError: for one that is shipped, or a run that still goes on.
    """
    if entry.origin == "shipped":
        raise ValueError(f"{entry.name} comes with the app and stays.")
    if entry.origin == "uploaded":
        shutil.rmtree(entry.folder)
        return
    next(run for run in list_runs(folder) if f"run-{run.id}" == entry.id).delete()


def details(entry: Entry, base: Base | None, config: T5Config) -> dict:
    """What `lora_demo inspect --json` prints; norms are None until the base's weights are there."""
    return _inspected(entry.folder, (entry.folder / WEIGHTS).stat().st_mtime_ns, base, config)


@functools.lru_cache(maxsize=64)
def _inspected(folder: Path, changed: int, base: Base | None, config: T5Config) -> dict:
    return inspect_adapter(folder, base, config)
