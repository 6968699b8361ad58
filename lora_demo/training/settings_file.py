"""Settings of a run, or of a sweep over ranks, as a JSON file that people keep and share.

The keys are the fields of `TrainConfig`, all optional, and `ranks` for a sweep.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from lora_demo.checkpoints.adapter_files import WEIGHTS, find_adapter
from lora_demo.checkpoints.download import sha256_of
from lora_demo.files import read_json, write_json
from lora_demo.language import _
from lora_demo.model.checks import is_whole, problem, unknown_keys_problem
from lora_demo.model.parameters import MAX_RANK
from lora_demo.training.config import LENGTHS, TrainConfig, with_tuples
from lora_demo.training.request import MAX_RANKS
from lora_demo.training.run_files import RUN_FILE

RANKS = "ranks"
OF_PARENT = ("rank", RANKS, "alpha", "targets", "use_rslora", "parent_sha256")
"""Settings that come with another parent."""
SETTINGS = tuple(field.name for field in fields(TrainConfig))


def read_settings(path: Path) -> dict[str, Any]:
    """Read a settings file.

    Args:
        path: The file; also the `run.json` of a run.

    Returns:
        Some of the fields of `TrainConfig`, and perhaps `ranks`; `TrainConfig` checks the values.

    Raises:
        ValueError: If the file is not a JSON object, or has unknown keys.
    """
    return check_keys(read_json(path), path.name)


def check_keys(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Check the keys of settings, and give lists the types that `TrainConfig` has.

    Args:
        document: A parsed settings file.
        name: Name of the file, for the message.

    Raises:
        ValueError: Naming the unknown keys, or wrong ranks.
    """
    unknown = unknown_keys_problem(document, (*SETTINGS, RANKS))
    if unknown:
        raise ValueError(_("The settings in {name}: {problems}.", name=name, problems=unknown))
    values = with_tuples(document)
    if RANKS in values:
        values[RANKS] = check_ranks(values[RANKS])
    return values


def check_ranks(ranks: Any) -> list[int]:
    """Return the ranks of a sweep, each once.

    Args:
        ranks: Any value, for example from JSON.

    Raises:
        ValueError: If they are not a list of one to six whole numbers in range.
    """
    is_list = isinstance(ranks, (list, tuple))
    if not is_list or not all(is_whole(rank, 1, MAX_RANK) for rank in ranks):
        requirement = _("a list of whole numbers from 1 to {high}", high=MAX_RANK)
        raise ValueError(f"{problem(RANKS, ranks, requirement)}.")
    unique = list(dict.fromkeys(ranks))
    if not 1 <= len(unique) <= MAX_RANKS:
        requirement = _("one to {limit} ranks", limit=MAX_RANKS)
        raise ValueError(f"{problem(RANKS, ranks, requirement)}.")
    return unique


def write_settings(
    path: Path, config: TrainConfig, ranks: Sequence[int] = (), keeps_alpha: bool = False
) -> None:
    """Write a settings file.

    Args:
        path: The new file.
        config: The settings.
        ranks: Ranks of a sweep; they replace `rank`.
        keeps_alpha: True if all runs of a sweep have this alpha; otherwise one of twice the rank
            is left to the sweep.

    Raises:
        ValueError: If the file exists, or has the name of a run's own settings.
    """
    if path.name == RUN_FILE:
        raise ValueError(
            _("{file} is the name of the settings in a run folder. Choose another.", file=RUN_FILE)
        )
    if path.exists():
        raise ValueError(_("{file} exists. Choose another name, or delete it first.", file=path))
    write_json(path, settings_document(config, ranks, keeps_alpha))


def with_parent_hash(config: TrainConfig) -> TrainConfig:
    """Add the hash of a parent that is a folder, since a path says nothing on another machine.

    Args:
        config: The settings.

    Returns:
        The settings; unchanged without a parent, or with a shipped one.

    Raises:
        ValueError: If the parent is not found, or has no weights.
    """
    if config.parent is None or not Path(config.parent).is_dir():
        return config
    return replace(config, parent_sha256=sha256_of([find_adapter(config.parent) / WEIGHTS]))


def settings_document(
    config: TrainConfig, ranks: Sequence[int] = (), keeps_alpha: bool = False
) -> dict[str, Any]:
    """Return the content of a settings file; see `write_settings`.

    Args:
        config: The settings.
        ranks: Ranks of a sweep; two or more replace `rank`.
        keeps_alpha: True to keep an alpha of twice the rank in a sweep.
    """
    document = config.to_json()
    if len(ranks) < 2:
        return document
    if document["alpha"] == 2 * document["rank"] and not keeps_alpha:
        document.pop("alpha")
    document.pop("rank")
    return document | {RANKS: list(ranks)}


def merge_settings(saved: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Override saved settings.

    An alpha that was twice the saved rank follows another rank, one length replaces another, and
    another parent brings its own rank, alpha and targets.

    Args:
        saved: The settings of a file.
        given: The settings that take precedence.

    Returns:
        Some of the fields of `TrainConfig`, and perhaps `ranks`.
    """
    values = {name: value for name, value in saved.items() if value is not None}
    if any(name in given for name in LENGTHS):
        values = {name: value for name, value in values.items() if name not in LENGTHS}
    if "parent" in given:
        values = {name: value for name, value in values.items() if name not in OF_PARENT}
    if "rank" in given or RANKS in given:
        values.pop(RANKS, None)
        if values.get("alpha") == 2 * values.get("rank", TrainConfig.rank):
            del values["alpha"]
    return {**values, **given}
