"""The training data of a base and of adapters, as far as they record it."""

from collections.abc import Iterable
from dataclasses import dataclass

from lora_demo.model.checks import is_whole
from lora_demo.service.adapter_entries import AdapterEntry

MAX_CHARACTERS = 100


@dataclass(frozen=True)
class Origin:
    """Adapters with the same training data.

    Args:
        names: Names of the adapters.
        data: The data as the manifests name it; empty if they do not.
        pairs: Number of training pairs; None if unknown.
    """

    names: tuple[str, ...]
    data: str
    pairs: int | None


def describe_origins(entries: Iterable[AdapterEntry]) -> list[Origin]:
    """Group adapters by the training data that their manifests record.

    Args:
        entries: The adapters. Their manifests may come from strangers.
    """
    groups: dict[tuple[str, int | None], list[str]] = {}
    for entry in entries:
        groups.setdefault((_data(entry), _pairs(entry)), []).append(entry.name)
    return [Origin(tuple(names), data, pairs) for (data, pairs), names in groups.items()]


def _data(entry: AdapterEntry) -> str:
    """Return the attribution of the data up to its first comma, or else their source.

    The built-in corpus needs no attribution: one beside it names the data that were replayed.
    """
    if entry.data == "builtin" or entry.data.startswith("builtin:"):
        return entry.data
    config = entry.manifest.get("config")
    given = config.get("attribution") if isinstance(config, dict) else None
    if not isinstance(given, str) or not given.strip():
        return entry.data
    return given.split(", ")[0].strip().rstrip(".")[:MAX_CHARACTERS]


def _pairs(entry: AdapterEntry) -> int | None:
    data = entry.manifest.get("data")
    count = data.get("train_pairs") if isinstance(data, dict) else None
    return count if is_whole(count, 0) else None
