"""A full checkpoint with an adapter folded in: W + scale * A B."""

from pathlib import Path

from lora_demo.checkpoints import names
from lora_demo.checkpoints.adapters import Adapter
from lora_demo.checkpoints.base import Base, check_tensors, save_checkpoint
from lora_demo.checkpoints.tensors import read_tensor


def merge_adapter(base: Base, adapter: Adapter, folder: Path):
    """Writes base + adapter in float32 to a new folder that transformers loads."""
    weights = {}
    for path, (file, name) in check_tensors(base).items():
        array = read_tensor(file, name).astype("float32")
        weights[path] = array.T if names.is_transposed(path, base.config) else array
        if path in adapter.matrices:
            A, B, scale = adapter.matrices[path]
            weights[path] = weights[path] + scale * (A @ B)
    save_checkpoint(folder, base.config, weights, base.folder)
