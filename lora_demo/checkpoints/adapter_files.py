"""The files of an adapter folder."""

import re
from collections.abc import Iterable
from pathlib import Path

from lora_demo.checkpoints.names import PEFT_PREFIX
from lora_demo.checkpoints.tensors import headers

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
    if folder.is_dir():
        return folder
    names = {path.name: path for path in shipped()}
    if str(name) in names:
        return names[str(name)]
    raise ValueError(
        f"The adapter {str(name)[:120]!r} was not found. Give the folder of a LoRA adapter, or the "
        f"name of a shipped one: {', '.join(names)}."
    )


def natural_key(name: str) -> list[str | int]:
    """Split a name into text and numbers, so that checkpoint-500 precedes checkpoint-1000."""
    parts = re.split(r"(\d+)", name)
    return [int(part[:100]) if i % 2 else part for i, part in enumerate(parts)]


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
    names = [name for name in headers(folder / WEIGHTS) if name.endswith(suffix)]
    return [name.removeprefix(PEFT_PREFIX).removesuffix(suffix) for name in names]


def targets_of(paths: Iterable[str]) -> tuple[str, ...]:
    """Return T5's names of adapted matrices, the ends of their paths, in T5's order."""
    ends = {path.rsplit(".", 1)[1] for path in paths}
    return tuple(name for name in TARGET_ORDER if name in ends)
