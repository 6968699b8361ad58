"""The adapters that a visitor can use: shipped ones, those of their own runs, those they uploaded."""

import functools
import re
import secrets
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from lora_demo.checkpoints.adapters import (
    MANIFEST,
    WEIGHTS,
    adapted_paths,
    find_problems,
    inspect_adapter,
    read_adapter,
    read_config,
    shipped,
    targets_of,
)
from lora_demo.checkpoints.base import Base
from lora_demo.checkpoints.reducing import Loss, decompose, loss_at, reduce_adapter
from lora_demo.checkpoints.tensors import read_json, write_json
from lora_demo.data.tables import SUFFIXES
from lora_demo.hub.pull import Pulled, parse_id, pull_adapter
from lora_demo.model.config import T5Config
from lora_demo.service.archives import MOST_BYTES, collect, plain
from lora_demo.service.visitor_folders import modified_at, retry_if_deleted
from lora_demo.training.runs import BUSY, list_runs

MOST_CHOSEN = 6
MOST_UPLOADED = 20
NAMES = "names.json"


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
    made: float
    manifest: dict

    @property
    def label(self) -> str:
        """Its name in a list of choices."""
        plain = self.origin == "shipped" or f"r{self.rank}" in self.name
        return self.name if plain else f"{self.name} (r = {self.rank})"

    @property
    def day(self) -> str:
        """When its weights were written."""
        return time.strftime("%Y-%m-%d", time.localtime(self.made))

    @property
    def data(self) -> str:
        """What it was trained on, as far as it says; of a visitor's file the name alone."""
        data = self.manifest.get("data")
        source = str(data.get("source") or "") if isinstance(data, dict) else ""
        name = (
            re.sub(r"-[0-9a-f]{8}(?=\.\w+$)", "", Path(source).name)
            if Path(source).suffix in SUFFIXES
            else source
        )
        return name[:60]

    @property
    def chrf(self) -> tuple[float, float] | None:
        """chrF on the held-out pairs of its training: the base's and its own."""
        scores = self.manifest.get("scores")
        scores = scores if isinstance(scores, dict) else {}
        before, after = scores.get("base_eval_chrf"), scores.get("eval_chrf")
        is_score = lambda value: isinstance(value, (int, float)) and 0 <= value <= 100
        return (before, after) if is_score(before) and is_score(after) else None


@retry_if_deleted
def list_adapters(folder: Path | None, config: T5Config) -> dict[str, Entry]:
    """Everything that fits the base, by id: shipped, then the visitor's runs from the newest, then uploads."""
    places = [(path.name, path.name, "shipped", path) for path in shipped()]
    if folder is not None:
        runs = [
            (run, adapter)
            for run in list_runs(folder)
            if (adapter := run.adapter) and run.state not in BUSY
        ]
        places += [
            (f"run-{run.id}", run.config.adapter_name, "yours", adapter) for run, adapter in runs
        ]
        places += [
            (f"upload-{path.name}", path.name.rsplit("-", 1)[0], "uploaded", path)
            for path in _uploads(folder)
        ]
        given = _names(folder)
        places = [(id, given.get(id, name), origin, path) for id, name, origin, path in places]
    entries = [entry for place in places if (entry := _entry(*place, config))]
    return {entry.id: entry for entry in _told_apart(entries)}


def _uploads(folder: Path) -> list[Path]:
    """Uploaded adapters, newest first; a name with a dot is one that is still being checked."""
    return sorted(
        (path for path in (folder / "adapters").glob("[!.]*") if path.is_dir()),
        key=modified_at,
        reverse=True,
    )


def _entry(id: str, name: str, origin: str, folder: Path, config: T5Config) -> Entry | None:
    """An adapter's entry; None if it does not fit the base."""
    try:
        stat = (folder / WEIGHTS).stat()
        document, targets = _sound(folder, stat.st_mtime_ns, config)
        manifest = _manifest(folder)
    except (ValueError, OSError):
        return None
    origin = "reduced" if origin == "uploaded" and "reduced" in manifest else origin
    return Entry(
        id,
        name,
        origin,
        folder,
        document["r"],
        document["lora_alpha"],
        targets,
        str(document.get("base_model_name_or_path") or ""),
        stat.st_size,
        stat.st_mtime,
        manifest,
    )


@functools.lru_cache(maxsize=512)
def _sound(folder: Path, changed: int, config: T5Config) -> tuple[dict, tuple[str, ...]]:
    """What an adapter's config says, and its targets; ValueError if it does not fit."""
    if problems := find_problems(folder, config):
        raise ValueError("; ".join(problems))
    return read_config(folder), targets_of(adapted_paths(folder))


def _told_apart(entries: Sequence[Entry]) -> list[Entry]:
    """Entries of the same name get a number; the shipped one keeps the plain name, or else the oldest."""
    seen, numbers = {}, {}
    for entry in sorted(entries, key=lambda entry: (entry.origin != "shipped", entry.made)):
        numbers[entry.id] = seen[entry.name] = seen.get(entry.name, 0) + 1
    return [
        entry
        if numbers[entry.id] == 1
        else replace(entry, name=f"{entry.name} #{numbers[entry.id]}")
        for entry in entries
    ]


def _manifest(folder: Path) -> dict:
    try:
        return read_json(folder / MANIFEST)
    except ValueError:
        return {}


def choose(entries: dict[str, Entry], ids: Sequence[str]) -> list[Entry]:
    """The entries of these ids.

    Raises:
        ValueError: for an id that the visitor has not, or too many.
    """
    unknown = [str(id)[:80] for id in ids if id not in entries]
    if unknown:
        raise ValueError(
            f"There is no adapter {', '.join(map(repr, unknown))} here; there are {', '.join(entries) or 'none'}."
        )
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
    stem = plain(name or files[0].stem)

    def fill(waiting: Path):
        collect(files, waiting)
        _check(waiting, config, stem)

    return _keep(folder, stem, fill)


def keep_reduced(entry: Entry, rank: int, folder: Path, config: T5Config) -> tuple[str, Loss]:
    """Keeps an adapter, reduced to a lower rank, in the visitor's folder; returns its id and what was lost.

    Raises:
        ValueError: for a rank that is not lower.
    """
    name, losses = f"{entry.name}-to-r{rank}", []
    id = _keep(
        folder,
        plain(name),
        lambda waiting: losses.append(
            reduce_adapter(read_adapter(entry.folder, config), rank, waiting, config, name)
        ),
    )
    return id, losses[0]


def keep_pulled(
    id: str, folder: Path, config: T5Config, token: str | bool | None
) -> tuple[str, Pulled]:
    """Fetches an adapter from the Hub into the visitor's folder; returns its id here, and what it is.

    Raises:
        ValueError: if it is none, too large, or for another base; nothing is kept then.
    """
    pulled = []

    def fill(waiting: Path):
        try:
            pulled.append(
                pull_adapter(
                    id, waiting, config=config, most_bytes=MOST_BYTES[WEIGHTS], token=token
                )
            )
        except ValueError as error:
            raise ValueError(str(error).replace(str(waiting), id)) from None

    return _keep(folder, plain(parse_id(id)[0].rpartition("/")[2]), fill), pulled[0]


def _keep(folder: Path, stem: str, fill: Callable[[Path], object]) -> str:
    """Lets `fill` write an adapter and keeps it if that goes well; returns its id."""
    if len(_uploads(folder)) >= MOST_UPLOADED:
        raise ValueError(
            f"You have {MOST_UPLOADED} uploaded, pulled or reduced adapters; delete one first."
        )
    waiting = folder / "adapters" / f".{secrets.token_hex(8)}"
    waiting.mkdir(parents=True)
    try:
        fill(waiting)
        kept = waiting.with_name(f"{stem}-{secrets.token_hex(3)}")
        waiting.rename(kept)
    finally:
        shutil.rmtree(waiting, ignore_errors=True)
    return f"upload-{kept.name}"


def check_name(name: str):
    """Raises ValueError for an empty, long or odd name."""
    if not re.fullmatch(r"\w[\w .,()+-]{0,39}", name):
        raise ValueError(
            f"name = {name[:60]!r} (wanted: 1 to 40 letters, digits, spaces and .,()+-, a letter or a digit first)."
        )


def rename(entry: Entry, name: str, folder: Path):
    """Gives an own adapter another name; its files stay where they are.

    Raises:
        ValueError: for one that is shipped, and for an empty, long or odd name.
    """
    name = (name or "").strip()
    if entry.origin == "shipped":
        raise ValueError(f"{entry.name} comes with the app and keeps its name.")
    check_name(name)
    write_json(folder / NAMES, _names(folder) | {entry.id: name})


def _names(folder: Path) -> dict[str, str]:
    """The names that the visitor has given, by id."""
    return read_json(folder / NAMES) if (folder / NAMES).is_file() else {}


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
    if entry.id.startswith("upload-"):
        with suppress(FileNotFoundError):
            shutil.rmtree(entry.folder)
    for run in list_runs(folder):
        if f"run-{run.id}" == entry.id:
            run.delete()


def details(entry: Entry, base: Base | None, config: T5Config) -> dict:
    """What `lora_demo inspect --json` prints; norms are None until the base's weights are there."""
    return _inspected(entry.folder, (entry.folder / WEIGHTS).stat().st_mtime_ns, base, config)


def losses(entry: Entry, config: T5Config) -> list[Loss]:
    """What reducing an adapter to a half of its rank would lose, to a quarter, and so on down to 1."""
    return _losses(entry.folder, (entry.folder / WEIGHTS).stat().st_mtime_ns, config)


@functools.lru_cache(maxsize=64)
def _losses(folder: Path, changed: int, config: T5Config) -> list[Loss]:
    adapter = read_adapter(folder, config)
    parts, ranks = decompose(adapter), [adapter.r >> n for n in range(1, adapter.r.bit_length())]
    return [loss_at(parts, rank) for rank in ranks]


@functools.lru_cache(maxsize=64)
def _inspected(folder: Path, changed: int, base: Base | None, config: T5Config) -> dict:
    return inspect_adapter(folder, base, config)
