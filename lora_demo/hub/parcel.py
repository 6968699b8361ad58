"""The files of a push: PEFT's files, the manifest, the model card, and a base not on the Hub."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lora_demo.checkpoints.adapter_config import read_config
from lora_demo.checkpoints.adapter_files import CARD, CONFIG, MANIFEST, WEIGHTS
from lora_demo.checkpoints.adapter_matrices import adapted_paths, targets_of
from lora_demo.checkpoints.adapter_targets import targeted_modules
from lora_demo.checkpoints.base import FILES
from lora_demo.checkpoints.card import is_generated, model_card
from lora_demo.checkpoints.embedded import EMBEDDED, EMBEDDED_FOLDER
from lora_demo.checkpoints.repository_names import validate_name
from lora_demo.checkpoints.tensors import headers
from lora_demo.files import expand_home, format_json, read_json
from lora_demo.hub.commits import Content, size_of
from lora_demo.hub.foreign_cards import validate_front_matter
from lora_demo.hub.local_paths import (
    base_name,
    clean_prose,
    last_part,
    local_paths,
    without_local_paths,
)
from lora_demo.language import _

BASE_FOLDER = "base"
"""Folder of the base model in the adapter's repository."""
BASE_CARD = "README.md"
"""Sent along with a base, because it names the data that the base was trained on."""
BASE_SETTINGS = ("config.json", "generation_config.json", "tokenizer_config.json")
PATH_KEYS = ("name_or_path", "_file")
"""Ends of the keys under which transformers keeps where it read a model."""
MAX_BASE_BYTES = 3 * 10**9


@dataclass(frozen=True)
class Parcel:
    """The files that a push or a deployment sends.

    Args:
        repo: `user/name`.
        files: Path in the repository -> content.
    """

    repo: str
    files: Mapping[str, Content]

    @property
    def card(self) -> str:
        """The card of the model or the Space."""
        card = self.files[CARD]
        data = card.read_bytes() if isinstance(card, Path) else card
        return data.decode()

    @property
    def sizes(self) -> dict[str, int]:
        """Path in the repository -> bytes."""
        return {name: size_of(content) for name, content in self.files.items()}


def preview_push(adapter: Path, repo: str, with_base: bool = True) -> Parcel:
    """Build the content of a push, without any request to the Hub.

    Args:
        adapter: The adapter's folder.
        repo: `user/name`; the model card names it.
        with_base: Include an embedded or local base, so that others can use the adapter.

    Returns:
        The files.

    Raises:
        ValueError: If the folder is not a plain LoRA adapter with readable weights, or `repo` is
            not a name with an owner.
    """
    repo = validate_name(repo)
    if "/" not in repo:
        raise ValueError(
            _("{repo!r} has no owner, and the model card needs one. Write user/name.", repo=repo)
        )
    config = read_config(adapter)
    if not (adapter / WEIGHTS).is_file():
        raise ValueError(
            _(
                "{adapter} has no {file}. Give the folder of a complete adapter.",
                adapter=adapter,
                file=WEIGHTS,
            )
        )
    headers(adapter / WEIGHTS)
    manifest = read_manifest(adapter, config)
    base_id = manifest["base"]["id"]
    base = _find_base_folder(base_id) if with_base else None
    base_folder = BASE_FOLDER if base else None
    local = _list_local_paths(manifest, config)
    manifest = without_local_paths(manifest, local)
    manifest["base"]["id"] = _public_base(base_id)
    files: dict[str, Content] = {
        WEIGHTS: (adapter / WEIGHTS).read_bytes(),
        CONFIG: _make_config(config, repo, base_folder, local),
        MANIFEST: format_json(manifest).encode(),
        CARD: _make_card(adapter, manifest, repo, base_folder, local),
    }
    if base:
        files |= {f"{BASE_FOLDER}/{path.name}": _clean(path) for path in _list_base_files(base)}
    return Parcel(repo, files)


def _list_local_paths(manifest: dict[str, Any], config: dict[str, Any]) -> set[str]:
    """List the paths of this machine that an adapter's files name, also a base's relative one."""
    bases = {manifest["base"]["id"], str(config.get("base_model_name_or_path") or "")}
    folders = {id for id in bases if _public_base(id) != id}
    return local_paths([manifest, config]) | folders


def read_manifest(adapter: Path, config: dict[str, Any]) -> dict[str, Any]:
    """Read an adapter's manifest, or make one for an adapter of another program.

    Args:
        adapter: The adapter's folder.
        config: Its PEFT config.

    Returns:
        A manifest that has at least `base` with an id, and `config`.
    """
    if (adapter / MANIFEST).is_file():
        manifest = read_json(adapter / MANIFEST)
        if _is_complete(manifest):
            return manifest
    paths = [path for path in adapted_paths(adapter) if "." in path]
    targeted = targeted_modules(config, dict.fromkeys(paths, True))
    return {
        "format": 1,
        "name": adapter.resolve().name,
        "base": {
            "id": str(config.get("base_model_name_or_path") or "unknown"),
            "revision": config.get("revision"),
            "sha256": None,
        },
        "config": {
            "rank": config["r"],
            "alpha": config["lora_alpha"],
            "targets": list(targets_of(path for path in paths if path in targeted)),
        },
    }


def _is_complete(manifest: dict[str, Any]) -> bool:
    base = manifest.get("base")
    if not isinstance(base, dict) or not isinstance(base.get("id"), str):
        return False
    return isinstance(manifest.get("config"), dict)


def _make_config(
    config: dict[str, Any], repo: str, base_folder: str | None, local: Collection[str]
) -> bytes:
    """Make PEFT's config, whose base is never a path on this machine."""
    base = str(config.get("base_model_name_or_path") or "")
    config = without_local_paths(config, local) | {"base_model_name_or_path": _public_base(base)}
    if base_folder and base != EMBEDDED:
        changes = {"base_model_name_or_path": f"{repo}/{base_folder}", "revision": None}
        config = config | changes
    return format_json(config).encode()


def _make_card(
    adapter: Path,
    manifest: dict[str, Any],
    repo: str,
    base_folder: str | None,
    local: Collection[str],
) -> bytes:
    """Keep a card that a person wrote or changed; otherwise make one for this repository.

    Args:
        adapter: The adapter's folder.
        manifest: The manifest to send.
        repo: `user/name`.
        base_folder: Folder of an enclosed base.
        local: Paths of this machine that the card may name.
    """
    path = adapter / CARD
    card = path.read_text(encoding="utf-8-sig", errors="replace") if path.is_file() else ""
    if not is_generated(card):
        return validate_front_matter(clean_prose(card, local)).encode()
    try:
        return model_card(manifest, repo, base_folder).encode()
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ValueError(
            _(
                "{file} lacks fields that a model card needs. Delete it to push without it, or "
                "train again.",
                file=adapter / MANIFEST,
            )
        ) from None


def _public_base(id: str) -> str:
    """Return a base's id as others may see it; `models/my-t5` may be a folder of this machine."""
    is_folder = id != EMBEDDED and bool(id) and expand_home(id).is_dir()
    return last_part(id) if is_folder else base_name(id)


def _find_base_folder(id: str) -> Path | None:
    """Return the folder of a base that is embedded or local; None for one that is on the Hub."""
    folder = EMBEDDED_FOLDER if id == EMBEDDED else expand_home(id)
    return folder if (folder / "config.json").is_file() else None


def _clean(path: Path) -> Content:
    """Return a base's file; without the paths that transformers writes into its settings."""
    if path.name not in BASE_SETTINGS:
        return path
    document = read_json(path)
    clean = {
        key: without_local_paths(value) if key.endswith(PATH_KEYS) else value
        for key, value in document.items()
    }
    return path if clean == document else format_json(clean).encode()


def _list_base_files(folder: Path) -> list[Path]:
    paths = {path for pattern in (*FILES, BASE_CARD) for path in folder.glob(pattern)}
    files = sorted(path for path in paths if path.is_file())
    total = sum(path.stat().st_size for path in files)
    if total > MAX_BASE_BYTES:
        raise ValueError(
            _(
                "The base {name} has {size:.1f} GB, more than the limit of {limit:g} GB for a "
                "push. Push the base to a repository of its own, or use --without-base.",
                name=folder.name,
                size=total / 1000000000.0,
                limit=MAX_BASE_BYTES / 1000000000.0,
            )
        )
    return files
