"""A COMET model in a folder, as `comet.download_model` leaves it: a checkpoint and hparams.yaml."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lora_demo.checkpoints.front_matter import split_front_matter
from lora_demo.files import expand_home, refuse_lfs_pointer
from lora_demo.formatting import format_size
from lora_demo.language import _

CHECKPOINT, SETTINGS, CARD = "checkpoints/model.ckpt", "hparams.yaml", "README.md"
KINDS = (
    "regression_metric",
    "referenceless_regression_metric",
    "unified_metric",
    "xcomet_metric",
)
"""Values of `class_identifier` whose models score a translation."""
UNKNOWN_LICENSE = "unknown"
MAX_TEXT_BYTES = 1_000_000
CACHED = re.compile(r"models--([^/]+)--([^/]+)/snapshots/([0-9a-f]{40})")
"""Folder of a model in the cache of the Hub's client."""


@dataclass(frozen=True)
class CometModel:
    """A COMET model on this machine.

    Attributes:
        name: Its name in reports: its id and commit on the Hub, or the name of its folder.
        folder: Its folder.
        encoder: A folder or a Hub id, whose tokenizer and config the model needs.
        license: The Hub's name of its license, or `unknown`.
    """

    name: str
    folder: Path
    encoder: str
    license: str

    @property
    def checkpoint(self) -> Path:
        """The file with the weights."""
        return self.folder / CHECKPOINT

    @property
    def description(self) -> str:
        """Name, size and license for a reader."""
        return _(
            "{name} ({size}, license {license})",
            name=self.name,
            size=format_size(self.checkpoint.stat().st_size),
            license=self.license,
        )


def find_folder(text: str) -> Path | None:
    """Find the folder of a model on this machine.

    Args:
        text: A folder, its checkpoint, or a Hub id.

    Returns:
        The folder; None if the text is not a path that exists.
    """
    path = expand_home(text)
    if path.is_file() and path.parent.name == "checkpoints":
        return path.parents[1].absolute()
    return path.absolute() if path.is_dir() else None


def read_model(folder: Path) -> CometModel:
    """Read the description of a model from its folder, without loading the checkpoint.

    Args:
        folder: Its folder.

    Returns:
        The model.

    Raises:
        ValueError: If it is not the folder of a COMET model that scores translations.
    """
    checkpoint, settings = folder / CHECKPOINT, folder / SETTINGS
    missing = [file for file in (checkpoint, settings) if not file.is_file()]
    if missing:
        names = ", ".join(str(file.relative_to(folder)) for file in missing)
        raise ValueError(
            _(
                "{folder} is not a COMET model, because {missing} is missing. Use a folder that "
                "`comet.download_model` made, or a Hub id such as Unbabel/wmt22-comet-da.",
                folder=folder,
                missing=names,
            )
        )
    refuse_lfs_pointer(checkpoint)
    return CometModel(
        name=_name(folder),
        folder=folder,
        encoder=_read_encoder(settings),
        license=license_of_card(_read_text(folder / CARD)),
    )


def _name(folder: Path) -> str:
    found = CACHED.search(folder.as_posix())
    if not found:
        return folder.name
    owner, name, commit = found.groups()
    return f"{owner}/{name}@{commit[:8]}"


def _read_encoder(settings: Path) -> str:
    """Return the model's encoder, as hparams.yaml names it."""
    values = _parse_yaml(_read_text(settings))
    kind, encoder = values.get("class_identifier"), values.get("pretrained_model")
    if kind not in KINDS or not isinstance(encoder, str) or not encoder:
        raise ValueError(
            _(
                "{file} does not describe a COMET model that scores translations: its "
                "class_identifier is {kind!r} (must be one of {kinds}) and its pretrained_model "
                "is {encoder!r}.",
                file=settings,
                kind=str(kind)[:60],
                kinds=", ".join(KINDS),
                encoder=str(encoder)[:60],
            )
        )
    return encoder


def license_of_card(card: str) -> str:
    """Return the license that the front matter of a model card names, or `unknown`.

    Args:
        card: The text of the card, a README.md; empty if the model has none.
    """
    front_matter, _body = split_front_matter(card)
    license = _parse_yaml(front_matter).get("license")
    return str(license)[:60] if license else UNKNOWN_LICENSE


def _parse_yaml(text: str) -> dict[str, Any]:
    """Parse YAML of plain values; anything else gives no values."""
    import yaml

    try:
        values = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}


def _read_text(file: Path) -> str:
    try:
        with open(file, "rb") as stream:
            return stream.read(MAX_TEXT_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
