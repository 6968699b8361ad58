"""Names of adapters side by side: no two are equal."""

from collections.abc import Iterable
from pathlib import Path

from lora_demo.checkpoints.adapter_files import MANIFEST
from lora_demo.files import read_json_or_empty


def adapter_name(folder: Path) -> str:
    """Name an adapter after its folder.

    Args:
        folder: The adapter folder.

    Returns:
        The folder's name. The adapter of a run is always in a folder called `adapter`: it has the
        name from its manifest, or the name of the run.
    """
    folder = Path(folder).resolve()
    if folder.name != "adapter":
        return folder.name
    name = read_json_or_empty(folder / MANIFEST).get("name")
    return name if isinstance(name, str) and name.strip() else folder.parent.name


def make_unique(names: Iterable[str]) -> list[str]:
    """Append numbers to names that occurred before.

    Args:
        names: The names.

    Returns:
        The names in the same order: a, a-2, a-3.
    """
    result: list[str] = []
    for name in names:
        candidate, number = name, 1
        while candidate in result:
            number += 1
            candidate = f"{name}-{number}"
        result.append(candidate)
    return result
