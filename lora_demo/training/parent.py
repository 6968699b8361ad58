"""The parent of a run: the adapter that it starts from, copied into the run folder.

The copy keeps a run resumable when the parent is changed or deleted. The parent itself is only
read.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from reprlib import repr
from typing import Any

from lora_demo.checkpoints.adapter_base import check_base
from lora_demo.checkpoints.adapter_config import read_config
from lora_demo.checkpoints.adapter_files import (
    CONFIG,
    MANIFEST,
    WEIGHTS,
    find_adapter,
)
from lora_demo.checkpoints.adapter_fit import check_fit
from lora_demo.checkpoints.adapters import Adapter, read_adapter
from lora_demo.checkpoints.base import Base
from lora_demo.checkpoints.commands import commands_of
from lora_demo.checkpoints.download import sha256_of
from lora_demo.checkpoints.pair_hashes import FILE as HASHES
from lora_demo.checkpoints.pair_hashes import PairHashes
from lora_demo.checkpoints.reducing import target_names
from lora_demo.checkpoints.training_words import FILE as WORDS
from lora_demo.checkpoints.training_words import TrainingWords
from lora_demo.files import atomic_write, read_json_or_empty
from lora_demo.language import _
from lora_demo.model.checks import is_number
from lora_demo.model.config import T5Config
from lora_demo.model.parameters import is_target, resolve_targets
from lora_demo.model.shapes import dense_shapes
from lora_demo.training.config import OF_PARENT, TrainConfig, is_plain_name

FOLDER = "parent"
"""Subfolder of a run folder; it holds one folder, with the parent's name."""
COPIED = (CONFIG, MANIFEST, HASHES, WORDS, WEIGHTS)
"""Files of the copy; the weights come last, so that a copy with weights is complete."""
MAX_SHOWN = 8
"""Targets that a message lists."""
RUN_ADAPTER = "adapter"
"""Name of every run's adapter folder; it does not identify the adapter."""
PATTERNS = ("rank_pattern", "alpha_pattern")


@dataclass(frozen=True)
class Parent:
    """The parent of a run, read from its copy.

    Args:
        name: Name of the adapter.
        sha256: Hash of its weights file.
        adapter: Its matrices.
        settings: Its OF_PARENT.
        patterns: PEFT's `rank_pattern` and `alpha_pattern`.
        hashes: Hashes of the pairs that it was trained on, if they are recorded.
        words: Words that it knows from its training, if they are recorded.
        commands: Commands that made it, the oldest first; empty if its manifest lacks one.
    """

    name: str
    sha256: str
    adapter: Adapter
    settings: Mapping[str, Any]
    patterns: Mapping[str, Any]
    hashes: PairHashes | None
    words: TrainingWords | None = None
    commands: tuple[str, ...] = ()


def parent_settings(folder: Path, model: T5Config) -> dict[str, Any]:
    """Read the settings that a run takes from its parent.

    Args:
        folder: The adapter folder.
        model: Geometry of the base.

    Returns:
        A value for each of OF_PARENT.

    Raises:
        ValueError: If the adapter cannot be used or does not fit the base.
    """
    document = read_config(folder)
    fit = check_fit(folder, model)
    if fit.problems:
        raise ValueError(
            _(
                "The adapter {name} does not fit this base: {problems}. Continue its training "
                "with its own base, {base}.",
                name=folder.name,
                problems=_first(fit.problems),
                base=_base_of(document),
            )
        )
    return {
        "rank": document["r"],
        "alpha": float(document["lora_alpha"]),
        "targets": target_names(fit.paths, model),
        "use_rslora": bool(document.get("use_rslora")),
    }


def complete_settings(values: Mapping[str, Any], model: T5Config) -> dict[str, Any]:
    """Fill in the settings of a run that are its parent's.

    Args:
        values: The given fields of a `TrainConfig`, with `parent`.
        model: Geometry of the base.

    Returns:
        All given fields, with the parent's OF_PARENT.

    Raises:
        ValueError: If a given setting contradicts the parent, or the parent cannot be used.
    """
    folder = find_adapter(values["parent"])
    settings = parent_settings(folder, model)
    given = {name: values[name] for name in OF_PARENT if name in values}
    check_settings(folder.name, settings, given, model)
    return {**values, **settings, "parent": str(values["parent"])}


def check_settings(
    name: str, settings: Mapping[str, Any], given: Mapping[str, Any], model: T5Config
) -> None:
    """Check that given settings do not contradict a parent.

    Args:
        name: Name of the parent.
        settings: The parent's OF_PARENT.
        given: Some of OF_PARENT.
        model: Geometry of the base.

    Raises:
        ValueError: Naming every contradiction.
    """
    wrong = [
        _(
            "{key} is {own} in {name}, not {given}",
            key=key,
            own=_show(settings[key]),
            name=name,
            given=_show(value),
        )
        for key, value in given.items()
        if not _are_equal(key, settings[key], value, model)
    ]
    if wrong:
        raise ValueError(
            _(
                "A run that starts from {name} keeps the settings of that adapter: {problems}. "
                "Leave these settings out.",
                name=name,
                problems="; ".join(wrong),
            )
        )


def keep_copy(config: TrainConfig, folder: Path) -> TrainConfig:
    """Copy the parent of a new run into the run folder.

    Args:
        config: Settings of the run.
        folder: The run folder.

    Returns:
        The settings with the hash of the parent's weights; unchanged without a parent.

    Raises:
        ValueError: If the parent does not exist, or is not the one that the settings name.
    """
    if config.parent is None:
        return config
    copy = find_copy(folder)
    if copy is None:
        source = find_adapter(config.parent)
        read_config(source)
        if not (source / WEIGHTS).is_file():
            raise ValueError(
                _(
                    "The adapter {name} has no {file}. Give a complete adapter.",
                    name=source.name,
                    file=WEIGHTS,
                )
            )
        copy = folder / FOLDER / _plain_name(source)
        for name in COPIED:
            if (source / name).is_file():
                copy.mkdir(parents=True, exist_ok=True)
                with atomic_write(copy / name) as path:
                    shutil.copyfile(source / name, path)
    return _with_hash(config, copy)


def find_copy(folder: Path) -> Path | None:
    """Find the copy of a parent in a run folder; None if there is none, or only a part of it.

    Args:
        folder: A run folder.
    """
    copies = sorted((folder / FOLDER).glob(f"*/{WEIGHTS}"))
    return copies[0].parent if copies else None


def read_parent(config: TrainConfig, folder: Path, base: Base) -> Parent | None:
    """Read the parent of a run.

    Args:
        config: Settings of the run.
        folder: The run folder; it gets a copy of the parent if it has none yet.
        base: The base of the run.

    Returns:
        The parent; None for a run that begins with a new adapter.

    Raises:
        ValueError: If the parent cannot be used, does not fit the base, was trained on another
            one, or has other settings.
    """
    if config.parent is None:
        return None
    model = base.config
    config = keep_copy(config, folder)
    copy = find_copy(folder)
    assert copy is not None, "keep_copy has made it"
    settings = parent_settings(copy, model)
    given = {name: getattr(config, name) for name in OF_PARENT}
    check_settings(copy.name, settings, given, model)
    check_base(copy, base)
    document = read_config(copy)
    adapter = read_adapter(copy, model)
    adapter.refuse_dora(_("further training"))
    return Parent(
        name=copy.name,
        sha256=str(config.parent_sha256),
        adapter=adapter,
        settings=settings,
        patterns={name: document.get(name) or {} for name in PATTERNS},
        hashes=PairHashes.read(copy),
        words=TrainingWords.read(copy),
        commands=commands_of(read_json_or_empty(copy / MANIFEST)),
    )


def _with_hash(config: TrainConfig, copy: Path) -> TrainConfig:
    sha256 = sha256_of([copy / WEIGHTS])
    if config.parent_sha256 not in (None, sha256):
        raise ValueError(
            _(
                "The weights of the adapter {name} differ from those in these settings (SHA-256 "
                "{expected}, found {found}). Remove parent_sha256 from the settings to start from "
                "the weights that you have.",
                name=copy.name,
                expected=config.parent_sha256[:12],
                found=sha256[:12],
            )
        )
    return replace(config, parent_sha256=sha256)


def _first(problems: Sequence[str]) -> str:
    """Show the first problem, and count the others."""
    rest = len(problems) - 1
    return _("{problem}; and {rest} more", problem=problems[0], rest=rest) if rest else problems[0]


def _are_equal(key: str, own: Any, given: Any, model: T5Config) -> bool:
    """Compare two values of a setting; two lists of targets agree if they select the same."""
    if key != "targets" or not _are_names(given):
        return bool(own == given)
    resolved = resolve_targets(given, model)
    paths = dense_shapes(model)
    return all(is_target(path, own) == is_target(path, resolved) for path in paths)


def _are_names(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(name, str) for name in value)


def _show(value: Any) -> str:
    if _are_names(value):
        return ", ".join(value[:MAX_SHOWN]) + (", ..." if len(value) > MAX_SHOWN else "")
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if is_number(value) else repr(value)


def _base_of(document: Mapping[str, Any]) -> str:
    return str(document.get("base_model_name_or_path") or _("which its config does not name"))[:120]


def _plain_name(folder: Path) -> str:
    """The manifest's name for an adapter in a run folder, else the folder's."""
    candidates = [folder.name, read_json_or_empty(folder / MANIFEST).get("name")]
    if folder.name == RUN_ADAPTER:
        candidates.reverse()
    return next((str(name) for name in candidates if is_plain_name(name)), "adapter")
