"""Settings of the Train tab as a settings file, and the form's values from a file or a run."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path, PureWindowsPath
from typing import Any

from lora_demo.checkpoints.adapter_files import WEIGHTS
from lora_demo.checkpoints.download import sha256_of
from lora_demo.data.readers import is_data_file
from lora_demo.data.sources import HUB_SOURCE, training_domains
from lora_demo.files import parse_json
from lora_demo.language import _
from lora_demo.service.adapter_entries import RUN_PREFIX, AdapterEntry
from lora_demo.service.bases import ServedBase, shown_base
from lora_demo.service.data_sources import (
    UPLOAD_PREFIX,
    default_name,
    find_stored,
    parse_hub_source,
    public_name,
)
from lora_demo.service.presets import start_values
from lora_demo.service.trainings import Trainings
from lora_demo.training.config import LENGTHS, TrainConfig
from lora_demo.training.parent import RUN_ADAPTER
from lora_demo.training.request import FIELDS, NOT_IN_REQUEST, TrainRequest
from lora_demo.training.settings import make_config
from lora_demo.training.settings_file import RANKS, check_keys, merge_settings, settings_document

MAX_SETTINGS_BYTES = 100_000
MAX_SHOWN = 120
"""Characters of a path or a name that a message shows."""
OF_PAGE = ("base", "revision", "data", "parent", "parent_sha256")
"""Settings that the page has, though a request does not hold them."""
NOT_ON_PAGE = tuple(name for name in NOT_IN_REQUEST if name not in OF_PAGE)
DEFAULTS = {field.name: field.default for field in fields(TrainConfig)}


@dataclass(frozen=True)
class FormSettings:
    """The values of the form of the Train tab.

    Args:
        request: The settings without the data.
        kind: Kind of the data: `builtin`, `builtin:NAME`, `upload` or `hub`.
        upload: Name of the visitor's stored file; empty if it is missing.
        hub: Data set on the Hub.
        missing: Name of the file that the visitor must upload first; empty if there is none.
    """

    request: TrainRequest
    kind: str
    upload: str = ""
    hub: str = ""
    missing: str = ""

    @property
    def data(self) -> str:
        """The data as `train_start` takes it; empty if the file is missing."""
        if self.kind == "upload":
            return UPLOAD_PREFIX + self.upload if self.upload else ""
        return self.hub or self.kind


class TrainingSettings:
    """Saves and loads settings.

    Args:
        trainings: Makes the settings of runs, and knows the bases and their adapters.
    """

    def __init__(self, trainings: Trainings) -> None:
        self.trainings = trainings

    def document(self, request: TrainRequest, data: str, visitor: str) -> dict[str, Any]:
        """Return the content of a settings file, which `train --config` takes.

        Paths of this machine are only in it for users of this machine.

        Args:
            request: The settings.
            data: Source of the pairs.
            visitor: The visitor's key.

        Raises:
            ValueError: If a setting is out of range.
        """
        config = self.trainings.configs(request, data, visitor)[0]
        is_local = self.trainings.is_local
        shown = replace(
            config,
            base=_absolute(config.base) if is_local else shown_base(config.base),
            data=data if is_local else public_name(data),
            name=str(request.name or "").strip() or None,
            **self._shown_parent(request, visitor),
        )
        return settings_document(shown, request.ranks, keeps_alpha=bool(request.alpha))

    def read(self, content: bytes, name: str, visitor: str) -> FormSettings:
        """Read a settings file.

        Args:
            content: Content of the file.
            name: Name of the file, for messages.
            visitor: The visitor's key.

        Raises:
            ValueError: If it is not a settings file, or does not fit this page.
        """
        if len(content) > MAX_SETTINGS_BYTES:
            raise ValueError(
                _(
                    "{name} has over {max_settings_bytes:,} bytes, so it is not a settings "
                    "file. Choose a file that Save settings or train --save-config wrote.",
                    name=name,
                    max_settings_bytes=MAX_SETTINGS_BYTES,
                )
            )
        document = parse_json(content)
        if document is None:
            raise ValueError(
                _(
                    "{name} does not hold a JSON object. Choose a file that Save settings or "
                    "train --save-config wrote.",
                    name=name,
                )
            )
        return self.load(document, name, visitor)

    def load(self, document: Mapping[str, Any], name: str, visitor: str) -> FormSettings:
        """Return the form's values for the content of a settings file.

        Args:
            document: The content.
            name: Name of the file, for messages.
            visitor: The visitor's key.

        Raises:
            ValueError: Naming what is unknown, out of range, or not possible on this page.
        """
        values = merge_settings(check_keys(document, name), {})
        ranks = values.pop(RANKS, [])
        config = _make_config(values, ranks)
        form = self._form(config, self._find_base(config, values), ranks, visitor)
        if "alpha" not in values and not form.request.parent:
            return replace(form, request=replace(form.request, alpha=0.0))
        return form

    def of_run(self, id: str, visitor: str) -> FormSettings:
        """Return the form's values for the same run again.

        Args:
            id: Id of the run.
            visitor: The visitor's key.

        Raises:
            ValueError: If the run is unknown, was made on a base that is not offered, or started
                from an adapter that was deleted.
        """
        config = self.trainings.find(id, visitor).config
        base = self._find_base(config, vars(config))
        if config.name == default_name(config.data, config.rank):
            config = replace(config, name=None)
        return self._form(config, base, [], visitor)

    def _form(
        self, config: TrainConfig, base: ServedBase, ranks: Sequence[int], visitor: str
    ) -> FormSettings:
        lacking = [name for name in NOT_ON_PAGE if getattr(config, name) != DEFAULTS[name]]
        if "columns" in lacking and is_data_file(Path(config.data)):
            lacking.remove("columns")  # an upload has its own
        if lacking:
            raise ValueError(
                _(
                    "This page has no setting for {names}. Remove these keys from the settings, "
                    "or use the settings with train --config.",
                    names=", ".join(lacking),
                )
            )
        entry = self._find_parent(config, base, visitor) if config.parent else None
        parent = entry.id if entry else ""
        request = TrainRequest.from_config(config, ranks, parent, base.name)
        # Refuses what does not fit the base or the parent.
        self.trainings.configs(request, config.data, visitor)
        return FormSettings(request, **self._find_data(config.data, config.columns, visitor))

    def _find_data(self, data: str, columns: str | None, visitor: str) -> dict[str, str]:
        """Return the fields of `FormSettings` that name the data."""
        builtin, _unused, domain = data.partition(":")
        if builtin == "builtin":
            if domain and domain not in training_domains():
                raise ValueError(
                    _(
                        "The built-in corpus has no domain {domain!r} to train on. Its domains are "
                        "{domains}.",
                        domain=domain[:MAX_SHOWN],
                        domains=", ".join(training_domains()),
                    )
                )
            return {"kind": data}
        is_file = is_data_file(Path(data))
        if HUB_SOURCE.fullmatch(data) and not is_file:
            return {"kind": "hub", "hub": parse_hub_source(data)}
        upload = find_stored(self.trainings.visitors.folder(visitor), data, columns)
        missing = "" if upload else public_name(f"/{PureWindowsPath(data).as_posix()}")
        if missing and columns:
            raise ValueError(
                _(
                    "These settings name the columns {columns} of {name}. Upload the file under "
                    "Data and choose its columns there, then load the settings again.",
                    columns=columns[:MAX_SHOWN],
                    name=missing[:MAX_SHOWN],
                )
            )
        return {"kind": "upload", "upload": upload, "missing": missing[:MAX_SHOWN]}

    def _find_parent(self, config: TrainConfig, base: ServedBase, visitor: str) -> AdapterEntry:
        """Find the adapter to start from: by its weights if their hash is known, else by name."""
        parent = str(config.parent)
        entries = list(base.library.entries(visitor).values())
        named = [entry for entry in entries if _is_named(entry, parent)]
        if config.parent_sha256:
            candidates = dict.fromkeys([entry.id for entry in [*named, *entries]])
            by_id = {entry.id: entry for entry in entries}
            named = [by_id[id] for id in candidates if _hash(by_id[id]) == config.parent_sha256]
        if named:
            return named[0]
        sha256 = config.parent_sha256
        name = _adapter_name(parent)[:MAX_SHOWN]
        if sha256:
            raise ValueError(
                _(
                    "These settings start from the adapter {name!r} with the weights {hash}, which "
                    "is not among your adapters. Upload it under Adapters, then try again.",
                    name=name,
                    hash=sha256[:12],
                )
            )
        raise ValueError(
            _(
                "These settings start from the adapter {name!r}, which is not among your adapters. "
                "Upload it under Adapters, then try again.",
                name=name,
            )
        )

    def _find_base(self, config: TrainConfig, given: Mapping[str, Any]) -> ServedBase:
        """Find the base of some settings: the one that they name, else the page's own."""
        bases = self.trainings.bases
        base: ServedBase | None = bases.own
        if "base" in given:
            base = next((each for each in bases.all() if _is_same_base(config.base, each)), None)
        if base is None:
            raise ValueError(
                _(
                    "These settings are for the base {base}, and this page has {names}. Load "
                    "settings for a base of this page.",
                    base=shown_base(config.base)[:MAX_SHOWN],
                    names=", ".join(bases.names),
                )
            )
        if config.revision not in (None, base.revision):
            raise ValueError(
                _(
                    "These settings are for the revision {revision} of the base, and this page "
                    "has {own}. Remove the key revision from the settings.",
                    revision=config.revision[:MAX_SHOWN],
                    own=base.revision or _("its main branch"),
                )
            )
        return base

    def _shown_parent(self, request: TrainRequest, visitor: str) -> dict[str, Any]:
        """Return name and hash of the visitor's own adapter to start from, as a file has them."""
        if not request.parent:
            return {}
        library = self.trainings.bases.find(request.base).library
        entry = library.find(request.parent, visitor)
        if not entry.is_own:
            return {}
        parent = str(entry.folder) if self.trainings.is_local else entry.name
        return {"parent": parent, "parent_sha256": _hash(entry)}


def form_values(settings: FormSettings, trainings: Trainings, visitor: str) -> dict[str, Any]:
    """Return what the widgets of the form show.

    Args:
        settings: The settings.
        trainings: Knows the base and the adapter to start from.
        visitor: The visitor's key.

    Returns:
        A value for each of FIELDS.
    """
    request = settings.request
    base = trainings.bases.find(request.base)
    values = {name: getattr(request, name) for name in FIELDS}
    values |= {"base": base.name, "rank": str(request.rank), "replay": request.replay_share}
    if request.parent:
        values |= start_values(base.library.find(request.parent, visitor), base.config)
    return values


def _make_config(values: dict[str, Any], ranks: Sequence[int]) -> TrainConfig:
    """Check the values of a settings file as the command line does."""
    settings = dict(values)
    if ranks:
        settings["rank"] = ranks[0]
    if not any(name in settings for name in LENGTHS):
        settings |= {"epochs": 1.0} if ranks else {"minutes": 1.0}
    parent = settings.pop("parent", None)  # on this page it is an id, and never a path
    return replace(make_config(settings), parent=parent)


def _is_same_base(given: str, base: ServedBase) -> bool:
    return given in (base.id, _absolute(base.id), base.name)


def _absolute(base: str) -> str:
    folder = Path(base)
    return str(folder.resolve()) if folder.is_dir() else base


def _is_named(entry: AdapterEntry, parent: str) -> bool:
    if parent in (entry.id, str(entry.folder)):
        return True
    names = {entry.name, entry.folder.name, entry.id.removeprefix(RUN_PREFIX)} - {RUN_ADAPTER}
    return _adapter_name(parent) in names


def _adapter_name(path: str) -> str:
    """The name of an adapter's folder; of a run's adapter, the name of the run."""
    parts = [part for part in PureWindowsPath(path).parts if part != "/"]
    if len(parts) > 1 and parts[-1] == RUN_ADAPTER:
        return parts[-2]
    return parts[-1] if parts else path


def _hash(entry: AdapterEntry) -> str:
    return _hash_of(entry.folder / WEIGHTS, entry.made)


@functools.lru_cache(maxsize=512)
def _hash_of(weights: Path, changed: float) -> str:
    """Hash a weights file; `changed` makes the cache notice new weights."""
    return sha256_of([weights])
