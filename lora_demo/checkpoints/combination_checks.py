"""Check from configs and manifests alone that adapters can be combined."""

from collections.abc import Sequence
from pathlib import Path

from lora_demo.checkpoints.adapter_base import recorded_base
from lora_demo.checkpoints.adapter_config import read_config
from lora_demo.language import _, ngettext

MIN_PARTS, MAX_PARTS = 2, 16


def check_folders(
    folders: Sequence[Path], any_name: bool = False, names: Sequence[str] = ()
) -> None:
    """Check from configs and manifests alone that adapters can be combined.

    Args:
        folders: The adapter folders.
        any_name: Accept different names of the base, where the caller knows that it is the same.
        names: Names to show, one for each folder. Empty: the names of the folders.

    Raises:
        ValueError: If there are too few or too many adapters, if one is given twice, or if two are
            for different bases.
    """
    count = len(folders)
    if not MIN_PARTS <= count <= MAX_PARTS:
        raise ValueError(
            ngettext(
                "{count} adapter was given. Give {low} to {high} adapters to combine.",
                "{count} adapters were given. Give {low} to {high} adapters to combine.",
                count,
                low=MIN_PARTS,
                high=MAX_PARTS,
            )
        )
    seen = set()
    shown = list(names) or [folder.name for folder in folders]
    for folder, name in zip(folders, shown, strict=True):
        if folder.resolve() in seen:
            raise ValueError(
                _("{name} is given twice. Give it once, with the sum of its weights.", name=name)
            )
        seen.add(folder.resolve())
    for folder, name in zip(folders[1:], shown[1:], strict=True):
        _check_same_base(folders[0], folder, any_name, (shown[0], name))


def _check_same_base(first: Path, other: Path, any_name: bool, names: tuple[str, str]) -> None:
    """Compare the hashes of the bases' weights; without hashes, their names."""
    base, other_base = _base_name(first), _base_name(other)
    is_same = any_name or base == other_base
    _base, base_hash = recorded_base(first)
    _base, other_hash = recorded_base(other)
    if base_hash and other_hash:
        is_same = base_hash == other_hash
    if is_same:
        return
    if base == other_base:
        other_base = _("{other_base} with other weights", other_base=other_base)
    raise ValueError(
        _(
            "{name} was made for the base {base}, and {other} for {other_base}. Combine "
            "adapters of the same base.",
            name=names[0],
            base=base,
            other=names[1],
            other_base=other_base,
        )
    )


def _base_name(folder: Path) -> str:
    document = read_config(folder)
    name = str(document.get("base_model_name_or_path") or _("(unnamed)"))
    revision = document.get("revision")
    if not revision:
        return name
    return _("{name} at revision {revision}", name=name, revision=str(revision)[:12])
