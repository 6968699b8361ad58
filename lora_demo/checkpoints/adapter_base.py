"""The base that an adapter was trained on, by the hash of its weights in the manifest."""

from pathlib import Path

from lora_demo.checkpoints.adapter_files import MANIFEST
from lora_demo.checkpoints.base import Base, find_base, fingerprint
from lora_demo.checkpoints.embedded import EMBEDDED
from lora_demo.files import read_json_or_empty
from lora_demo.language import _

MAX_SHOWN = 120


def recorded_base(folder: Path) -> tuple[str, str]:
    """Return name and hash of the base that a manifest records; empty texts without them.

    Args:
        folder: An adapter folder.
    """
    entry = read_json_or_empty(folder / MANIFEST).get("base")
    if not isinstance(entry, dict):
        return "", ""
    return str(entry.get("id") or ""), str(entry.get("sha256") or "")


def is_for_other_version(folder: Path) -> bool:
    """Check if an adapter was trained on another version of the embedded base.

    Args:
        folder: An adapter folder, which may have no manifest.
    """
    name, sha256 = recorded_base(folder)
    return name == EMBEDDED and sha256 not in ("", fingerprint(find_base(EMBEDDED)))


def check_base(folder: Path, base: Base) -> None:
    """Check that an adapter was trained on a base, if its manifest records the base's hash.

    Other bases may have matrices of the same shapes, and the adapter would fit them without use.

    Args:
        folder: An adapter folder, which may have no manifest.
        base: The base that it is used with.

    Raises:
        ValueError: If it was trained on other weights.
    """
    name, sha256 = recorded_base(folder)
    if not sha256:
        return
    own = fingerprint(base)
    if own != sha256:
        shown = name[:MAX_SHOWN] or _("a base")
        raise ValueError(
            _(
                "The adapter {folder} was trained on {base} with the weights {trained} (SHA-256), "
                "but {other} has other weights of the same shapes, {own}. Continue its training "
                "with its own base, or start from an adapter of this base.",
                folder=folder.name,
                base=shown,
                trained=sha256[:12],
                other=base.id,
                own=own[:12],
            )
        )
