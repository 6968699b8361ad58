"""The files of an adapter folder, and how such a folder is found."""

import re
from pathlib import Path

from lora_demo.checkpoints.repository_names import is_repository_name, without_address
from lora_demo.files import expand_home
from lora_demo.language import _

WEIGHTS = "adapter_model.safetensors"
PICKLED_WEIGHTS = "adapter_model.bin"
CONFIG = "adapter_config.json"
MANIFEST = "manifest.json"
CARD = "README.md"
SHIPPED = Path(__file__).parent.parent.parent / "adapters"
"""The folder of the adapters that come with the package."""


def shipped() -> list[Path]:
    """List the adapters that come with the package, sorted so that rank 8 precedes rank 16."""
    return sorted(
        (config.parent for config in SHIPPED.glob(f"*/{CONFIG}")),
        key=lambda folder: natural_key(folder.name),
    )


def find_adapter(name: str | Path) -> Path:
    """Find an adapter folder by its path, or a shipped adapter by its name.

    Args:
        name: A folder, or the name of a shipped adapter such as `mini-r8`.

    Raises:
        ValueError: If there is neither.

    Example:
        >>> find_adapter("mini-r8").name
        'mini-r8'
    """
    folder = expand_home(name)
    if folder.exists():  # `read_config` says what is wrong with a file
        return folder
    names = {path.name: path for path in shipped()}
    if str(name) in names:
        return names[str(name)]
    raise ValueError(adapter_not_found(name))


def adapter_not_found(name: str | Path) -> str:
    """Say that an adapter does not exist, and what to give.

    Args:
        name: The given name.
    """
    names = ", ".join(path.name for path in shipped())
    repo = without_address(str(name))
    if repo != str(name) or (repo.count("/") == 1 and is_repository_name(repo)):
        return _(
            "The adapter {name!r} was not found. Give the folder of a LoRA adapter. One on the Hub "
            "is first downloaded with `pull {repo}`.",
            name=str(name)[:120],
            repo=repo[:120],
        )
    return _(
        "The adapter {name!r} was not found. Give the folder of a LoRA adapter, or the name "
        "of a shipped one: {names}.",
        name=str(name)[:120],
        names=names,
    )


def natural_key(name: str) -> list[str | int]:
    """Split a name into text and numbers, so that checkpoint-500 precedes checkpoint-1000.

    Args:
        name: Name or path of a folder.
    """
    parts = re.split(r"(\d+)", name)
    return [int(part[:100]) if i % 2 else part for i, part in enumerate(parts)]
