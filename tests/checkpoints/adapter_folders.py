"""Adapter folders with random matrices, and changes of their files."""

import json

import numpy as np
from safetensors.numpy import load_file, save_file

from lora_demo.checkpoints.adapter_config import peft_config
from lora_demo.checkpoints.adapters import write_adapter
from lora_demo.model.parameters import is_target
from lora_demo.model.shapes import dense_shapes


def write_random(folder, base, lora, seed=0):
    """Write an adapter with random matrices; return its folder."""
    random = np.random.default_rng(seed)
    shapes = {
        path: shape
        for path, shape in dense_shapes(base.config).items()
        if is_target(path, lora.target_modules)
    }

    def draw(*shape):
        return random.normal(0, 0.1, shape).astype("float32")

    matrices = {
        path: (draw(d_in, lora.r), draw(lora.r, d_out)) for path, (d_in, d_out) in shapes.items()
    }
    if lora.use_dora:
        matrices = {path: (*factors, draw(shapes[path][1])) for path, factors in matrices.items()}
    write_adapter(folder, matrices, peft_config(lora, base.id, None), {"format": 1}, "# card\n")
    return folder


def rewrite_config(folder, **changes):
    """Change keys of `adapter_config.json`."""
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def rewrite_tensors(folder, change):
    """Call `change` with the tensors by their names, and write them back."""
    path = folder / "adapter_model.safetensors"
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)


def lower_rank(folder, path, rank):
    """Give one matrix a lower rank than the others have, as PEFT's `rank_pattern` does."""
    rewrite_config(folder, rank_pattern={path: rank})
    name = f"base_model.model.{path}"

    def cut(tensors):
        A, B = tensors[f"{name}.lora_A.weight"], tensors[f"{name}.lora_B.weight"]
        tensors[f"{name}.lora_A.weight"] = A[:rank].copy()
        tensors[f"{name}.lora_B.weight"] = B[:, :rank].copy()

    rewrite_tensors(folder, cut)
