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
        any_name: Accept other names of the base, since the caller knows that it is the same one.
        names: To show, one for each folder; empty for the folders' own.

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
    name_1, name_2 = _base_name(first), _base_name(other)
    is_same = any_name or name_1 == name_2
    hash_1, hash_2 = recorded_base(first)[1], recorded_base(other)[1]
    if hash_1 and hash_2:
        is_same = hash_1 == hash_2
    if not is_same:
        if name_1 == name_2:
            name_2 = _("{other_base} with other weights", other_base=name_2)
        raise ValueError(
            _(
                "{name} was made for the base {base}, and {other} for {other_base}. Combine "
                "adapters of the same base.",
                name=names[0],
                base=name_1,
                other=names[1],
                other_base=name_2,
            )
        )


def _base_name(folder: Path) -> str:
    document = read_config(folder)
    name = str(document.get("base_model_name_or_path") or _("an unnamed one"))
    revision = document.get("revision")
    if not revision:
        return name
    return _("{name} at revision {revision}", name=name, revision=str(revision)[:12])
