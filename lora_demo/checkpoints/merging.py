"""A full checkpoint with an adapter folded in: W + scale * (A B)^T."""

from pathlib import Path

from lora_demo.checkpoints.adapters import Adapter
from lora_demo.checkpoints.base import Base, check_tensors, save_checkpoint
from lora_demo.checkpoints.tensors import read_tensor


def merge_adapter(base: Base, adapter: Adapter, folder: Path):
    """Writes base + adapter in float32 to a new folder that transformers loads."""
    weights = {}
    for path, (file, name) in check_tensors(base).items():
        weights[path] = read_tensor(file, name).astype("float32")
        if path in adapter.matrices:
            A, B, scale = adapter.matrices[path]
            weights[path] = weights[path] + scale * (A @ B).T
    save_checkpoint(folder, base.config, weights, base.folder)
