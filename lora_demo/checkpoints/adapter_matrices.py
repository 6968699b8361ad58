"""The matrices that an adapter's weights file changes."""

from collections.abc import Iterable
from pathlib import Path

from lora_demo.checkpoints.adapter_files import WEIGHTS
from lora_demo.checkpoints.names import PEFT_PREFIX, plain_name
from lora_demo.checkpoints.tensors import headers

TARGET_ORDER = ("q", "k", "v", "o", "wi", "wi_0", "wi_1", "wo")


def saved_names(folder: Path) -> dict[str, str]:
    """Map the PEFT name of each tensor of an adapter to its name in the weights file.

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
        paths: Module paths such as `encoder.block.0.layer.0.SelfAttention.q`.
    """
    ends = {path.rpartition(".")[2] for path in paths}
    return tuple(name for name in TARGET_ORDER if name in ends)
