"""The files of an adapter folder."""

import re
from collections.abc import Iterable
from pathlib import Path

from lora_demo.checkpoints.names import PEFT_PREFIX, plain_name
from lora_demo.checkpoints.repository_names import is_repository_name, without_address
from lora_demo.checkpoints.tensors import headers
from lora_demo.language import _

WEIGHTS = "adapter_model.safetensors"
PICKLED_WEIGHTS = "adapter_model.bin"
CONFIG = "adapter_config.json"
MANIFEST = "manifest.json"
CARD = "README.md"
SHIPPED = Path(__file__).parent.parent.parent / "adapters"
"""The folder of the adapters that come with the package."""
TARGET_ORDER = ("q", "k", "v", "o", "wi", "wi_0", "wi_1", "wo")


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
    folder = Path(name).expanduser()
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


def saved_names(folder: Path) -> dict[str, str]:
    """Map the names of an adapter's tensors to those by which its weights file holds them.

    Args:
        folder: An adapter folder with a weights file.

    Raises:
        ValueError: If the weights file is damaged.
    """
    return {plain_name(name): name for name in headers(folder / WEIGHTS)}


def adapted_paths(folder: Path) -> list[str]:
    """List the matrices that an adapter's weights file holds factors of, in the file's order.

    Args:
        folder: An adapter folder with a weights file.

    Returns:
        T5's module paths; paths from a stranger's file may be unknown to T5.

    Raises:
        ValueError: If the weights file is damaged.
    """
    suffix = ".lora_A.weight"
    names = [name for name in saved_names(folder) if name.endswith(suffix)]
    return [name.removeprefix(PEFT_PREFIX).removesuffix(suffix) for name in names]


def targets_of(paths: Iterable[str]) -> tuple[str, ...]:
    """Return T5's names of adapted matrices, the ends of their paths, in T5's order.

    Args:
        paths: Module paths such as `encoder.block.0.layer.0.SelfAttention.q`, each with a dot.
    """
    ends = {path.rsplit(".", 1)[1] for path in paths}
    return tuple(name for name in TARGET_ORDER if name in ends)
