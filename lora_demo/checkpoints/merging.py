"""Merge an adapter into its base: W + scale * (A B)^T, with DoRA's length of each output."""

from pathlib import Path

import numpy as np

from lora_demo.checkpoints.adapters import Adapter
from lora_demo.checkpoints.base import Base, check_tensors, save_checkpoint
from lora_demo.checkpoints.card_merged import write_merged_card
from lora_demo.checkpoints.tensors import read_tensor


def merge_adapter(base: Base, adapter: Adapter, folder: Path) -> None:
    """Write base and adapter as one float32 checkpoint that transformers loads, with a card.

    Args:
        base: The base, with weights (d_out, d_in).
        adapter: An adapter that fits it.
        folder: The new checkpoint folder.

    Raises:
        ValueError: If the base's weights do not match its config.
    """
    weights = {}
    for path, (file, name) in check_tensors(base).items():
        weight = read_tensor(file, name).astype("float32")
        if path in adapter.matrices:
            A, B, scale = adapter.matrices[path]
            weight = weight + scale * (A @ B).T
            if path in adapter.magnitudes:
                norms = np.linalg.norm(weight, axis=1)
                weight *= (adapter.magnitudes[path] / norms)[:, None]
        weights[path] = weight
    save_checkpoint(folder, base.config, weights, base.folder)
    write_merged_card(adapter.folder, base.id, folder)
