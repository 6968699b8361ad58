"""The adapters on offer to a visitor: shipped ones, those of their runs, and their uploads."""

import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeGuard

from lora_demo.checkpoints.adapter_config import read_config
from lora_demo.checkpoints.adapter_files import MANIFEST, WEIGHTS, shipped
from lora_demo.checkpoints.adapter_fit import check_fit
from lora_demo.checkpoints.adapter_matrices import targets_of
from lora_demo.checkpoints.base import find_config
from lora_demo.checkpoints.embedded import EMBEDDED
from lora_demo.data.readers import is_data_file
from lora_demo.data.sources import builtin_domains
from lora_demo.files import read_json
from lora_demo.formatting import format_day
from lora_demo.language import N_
from lora_demo.model.checks import is_number
from lora_demo.model.config import T5Config
from lora_demo.service.visitor_folders import modified_at, retry_if_deleted
from lora_demo.training.run import BUSY
from lora_demo.training.runs import list_runs

NAMES = "names.json"
"""File in a visitor's folder: the names that they gave to their adapters, by id."""
UPLOADS = "adapters"
"""Folder in a visitor's folder: uploaded, pulled and reduced adapters."""
UPLOAD_PREFIX = "upload-"
RUN_PREFIX = "run-"
MAX_DATA_NAME = 60


@dataclass(frozen=True)
class AdapterEntry:
    """One adapter on offer.

    Args:
        id: The text that the page and clients send back. It is looked up in the visitor's own list
            and is never used as a path.
        name: Name to show; unique in the list.
        origin: `shipped`, `yours` (from a run), `uploaded`, `reduced` or
            `combined`.
        folder: The PEFT folder.
        rank: Rank r of its matrices.
        alpha: LoRA's alpha.
        targets: Names of the adapted matrices.
        base: Id of the base that it names.
        bytes: Size of its weights file.
        made: Time at which its weights were written, in seconds since 1970.
        manifest: Contents of `manifest.json`; empty without one. Its values are not checked.
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
    manifest: dict[str, Any]

    @property
    def is_own(self) -> bool:
        """True if it belongs to the visitor, who may rename and delete it."""
        return self.origin != "shipped"

    @property
    def is_general(self) -> bool:
        """True if it comes with the package and was not trained further on a built-in domain."""
        domains = ["builtin", *(f"builtin:{name}" for name in builtin_domains())]
        is_for_domain = bool(self.manifest.get("parent")) and self.data in domains
        return not self.is_own and not is_for_domain

    @property
    def label(self) -> str:
        """Name in a list of choices, with the rank where the name does not show it."""
        if not self.is_own or f"r{self.rank}" in self.name:
            return self.name
        return f"{self.name} (r = {self.rank})"

    @property
    def day(self) -> str:
        """Day on which its weights were written, such as `21 Nov 2026`."""
        return format_day(datetime.fromtimestamp(self.made))

    @property
    def data(self) -> str:
        """Training data as the manifest names it; for a visitor's file, its name without a path."""
        data = self.manifest.get("data")
        source = str(data.get("source") or "") if isinstance(data, dict) else ""
        if is_data_file(Path(source)):
            source = re.sub(r"-[0-9a-f]{8}(?=\.\w+$)", "", Path(source).name)
        return source[:MAX_DATA_NAME]

    @property
    def chrf(self) -> tuple[float, float] | None:
        """Scores (chrF) of the base and of the adapter on held-out pairs; None if unknown."""
        scores = self.manifest.get("scores")
        if not isinstance(scores, dict):
            return None
        before, after = scores.get("base_eval_chrf"), scores.get("eval_chrf")
        if _is_score(before) and _is_score(after):
            return before, after
        return None


def _is_score(value: Any) -> TypeGuard[float]:
    return is_number(value, 0, 100)


class _Candidate(NamedTuple):
    """A folder that may hold an adapter, with the id, name and origin of its entry."""

    id: str
    name: str
    origin: str
    folder: Path


@retry_if_deleted
def list_adapters(folder: Path | None, config: T5Config) -> dict[str, AdapterEntry]:
    """List every adapter that fits the base: shipped ones, then runs, then uploads.

    Runs and uploads are listed newest first.

    Args:
        folder: The visitor's folder; None for shipped adapters only.
        config: Geometry of the base.

    Returns:
        Entries by id.
    """
    candidates = [_Candidate(path.name, path.name, N_("shipped"), path) for path in shipped()]
    if folder is not None:
        names = given_names(folder)
        for candidate in (*_from_runs(folder), *_from_uploads(folder)):
            name = names.get(candidate.id, candidate.name)
            candidates.append(candidate._replace(name=name))
    entries = [read_entry(*candidate, config) for candidate in candidates]
    fitting = [entry for entry in entries if entry is not None]
    if config != _embedded_config():
        fitting = [entry for entry in fitting if not _is_for_embedded_base(entry)]
    return {entry.id: entry for entry in _with_unique_names(fitting)}


def _from_runs(folder: Path) -> list[_Candidate]:
    candidates = []
    for run in list_runs(folder):
        adapter = run.adapter
        if adapter and run.state not in BUSY:
            name = run.config.adapter_name
            candidates.append(_Candidate(f"{RUN_PREFIX}{run.id}", name, N_("yours"), adapter))
    return candidates


def _from_uploads(folder: Path) -> list[_Candidate]:
    return [
        _Candidate(f"{UPLOAD_PREFIX}{path.name}", path.name.rsplit("-", 1)[0], N_("uploaded"), path)
        for path in list_uploads(folder)
    ]


def list_uploads(folder: Path) -> list[Path]:
    """List the visitor's uploaded, pulled and reduced adapters, newest first.

    A name that begins with a dot belongs to an adapter that is still being checked.

    Args:
        folder: The visitor's folder.
    """
    paths = [path for path in (folder / UPLOADS).glob("[!.]*") if path.is_dir()]
    return sorted(paths, key=modified_at, reverse=True)


def given_names(folder: Path) -> dict[str, str]:
    """Read the names that a visitor gave to their adapters, by id.

    Args:
        folder: The visitor's folder.
    """
    return read_json(folder / NAMES) if (folder / NAMES).is_file() else {}


def read_entry(
    id: str, name: str, origin: str, folder: Path, config: T5Config
) -> AdapterEntry | None:
    """Read one adapter's entry.

    Args:
        id: The entry's id.
        name: The entry's name.
        origin: Origin of the adapter, as in `AdapterEntry`.
        folder: The adapter's folder.
        config: Geometry of the base.

    Returns:
        The entry; None if the adapter does not fit the base.
    """
    try:
        stat = (folder / WEIGHTS).stat()
        document, targets = _validated(folder, stat.st_mtime_ns, config)
        manifest = _read_manifest(folder)
    except (ValueError, OSError):
        return None
    if origin == "uploaded" and "reduced" in manifest:
        origin = N_("reduced")
    if origin == "uploaded" and "combined" in manifest:
        origin = N_("combined")
    return AdapterEntry(
        id=id,
        name=name,
        origin=origin,
        folder=folder,
        rank=document["r"],
        alpha=document["lora_alpha"],
        targets=targets,
        base=str(document.get("base_model_name_or_path") or ""),
        bytes=stat.st_size,
        made=stat.st_mtime,
        manifest=manifest,
    )


@functools.lru_cache(maxsize=512)
def _validated(
    folder: Path, changed: int, config: T5Config
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Read an adapter's config and targets; `changed` makes the cache notice new weights.

    Raises:
        ValueError: If the adapter does not fit the base.
    """
    fit = check_fit(folder, config)
    if fit.problems:
        raise ValueError("; ".join(fit.problems))
    return read_config(folder), targets_of(fit.paths)


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        return read_json(folder / MANIFEST)
    except ValueError:
        return {}


def _is_for_embedded_base(entry: AdapterEntry) -> bool:
    base = entry.manifest.get("base")
    return isinstance(base, dict) and base.get("id") == EMBEDDED


@functools.cache
def _embedded_config() -> T5Config:
    """Return the geometry of the embedded base, whose adapters also fit a base with more blocks."""
    return find_config(EMBEDDED)


def _with_unique_names(entries: Sequence[AdapterEntry]) -> list[AdapterEntry]:
    """Number entries of the same name; a shipped or else the oldest one keeps the plain name."""
    return [
        entry if number == 1 else replace(entry, name=f"{entry.name} #{number}")
        for entry, number in zip(entries, _numbers(entries), strict=True)
    ]


def _numbers(entries: Iterable[AdapterEntry]) -> list[int]:
    """Number each entry among those of its name, 1 for the shipped or else the oldest one."""
    entries = list(entries)
    counts: dict[str, int] = {}
    numbers: dict[str, int] = {}
    for entry in sorted(entries, key=lambda entry: (entry.is_own, entry.made)):
        counts[entry.name] = counts.get(entry.name, 0) + 1
        numbers[entry.id] = counts[entry.name]
    return [numbers[entry.id] for entry in entries]
