"""The settings that the options of `train` and the file of --config give."""

import argparse
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from lora_demo.checkpoints.embedded import EMBEDDED
from lora_demo.data.lines import find_line_files
from lora_demo.files import expand_home
from lora_demo.training.config import LENGTHS, TrainConfig
from lora_demo.training.settings import make_config
from lora_demo.training.settings_file import RANKS, check_ranks, merge_settings, read_settings

PATHS = {
    "base": EMBEDDED,
    "data": "builtin",
    "watch": "builtin",
    "replay_data": "builtin",
    "parent": "",
}
"""Settings that can be paths, each with a value that is never a path."""


def config_from(
    options: argparse.Namespace, default_length: Mapping[str, float] = {"minutes": 1.0}
) -> TrainConfig:
    """Build the config of a new run from --config and the options, which take precedence.

    Args:
        options: The parsed command line.
        default_length: Used if no length is given.

    Raises:
        ValueError: Naming every setting that is out of range.
    """
    return make_config(find_settings(options, default_length))


def find_settings(
    options: argparse.Namespace, default_length: Mapping[str, float]
) -> dict[str, Any]:
    """Return the fields of `TrainConfig` that --config and the options give.

    Args:
        options: The parsed command line.
        default_length: Used if no length is given.

    Raises:
        ValueError: If the file of --config is not a settings file.
    """
    values = merge_settings(_saved_settings(options), given_settings(options))
    values.pop(RANKS, None)
    if not any(name in values for name in LENGTHS):
        values.update(default_length)
    _make_paths_absolute(values)
    return values


def find_ranks(options: argparse.Namespace) -> list[int]:
    """Return the ranks of a sweep; empty for a single run.

    Args:
        options: The parsed command line.

    Raises:
        ValueError: If both --rank and --ranks are given, or a rank is out of range.
    """
    if options.ranks and hasattr(options, "rank"):
        raise ValueError("--rank and --ranks are both given. Give one of them.")
    if options.ranks:
        return check_ranks(options.ranks)
    if hasattr(options, "rank"):
        return []
    ranks: list[int] = _saved_settings(options).get(RANKS, [])
    return ranks


def _saved_settings(options: argparse.Namespace) -> dict[str, Any]:
    return read_settings(options.config) if options.config else {}


def given_settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return the settings among the options of the command line.

    Args:
        options: The parsed command line.
    """
    names = [field.name for field in fields(TrainConfig)]
    values = {name: getattr(options, name, None) for name in names}
    values = {name: value for name, value in values.items() if value is not None}
    if options.ranks:
        values[RANKS] = options.ranks
    return values


def _make_paths_absolute(values: dict[str, Any]) -> None:
    """Replace files and folders by absolute paths, so that the run can be resumed from anywhere."""
    for name, builtin in PATHS.items():
        value = values.get(name) or builtin
        if not isinstance(value, str):
            continue  # from a settings file; `TrainConfig` refuses it
        path = expand_home(value)
        if value.partition(":")[0] == builtin:
            continue
        if path.exists():
            values[name] = str(path.resolve())
        elif files := find_line_files(value):
            values[name] = ",".join(str(file.resolve()) for file in files)
