"""The start of a pre-training run: the tokenizer and the weights of an earlier run or base."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from safetensors import safe_open

from lora_demo.checkpoints.base import check_tensors, find_base
from lora_demo.checkpoints.tensors import read_tensor
from lora_demo.data.pairs import Pair
from lora_demo.files import read_json
from lora_demo.model.config import T5Config
from lora_demo.model.t5 import T5
from lora_demo.training.pretrain.config import PretrainConfig
from lora_demo.training.pretrain.vocabulary import SENTINELS, train_tokenizer

STATE = "state.safetensors"
"""File of a run: the weights and the optimizer, from which it resumes."""
RECORD = "training.json"
"""File of an exported base: how it was made."""
OUTPUTS = (".o", ".wo")
"""Ends of the names of the matrices whose products a block adds to its input."""


def find_tokenizer(config: PretrainConfig, train_pairs: list[Pair]) -> Path:
    """The tokenizer's folder in the output folder; made or copied there by the first run.

    Args:
        config: Gives the output folder, the start and the size of the vocabulary.
        train_pairs: Pairs that a new tokenizer is trained on, without a start.
    """
    folder = config.output / "tokenizer"
    if (folder / "tokenizer.json").is_file():
        return folder
    if config.start:
        copy_tokenizer(config.start, folder)
    else:
        train_tokenizer([text for pair in train_pairs for text in pair], config.vocab, folder)
    return folder


def copy_tokenizer(start: Path, folder: Path) -> None:
    """Copy the tokenizer of an earlier run, or of an exported base, which has it beside weights.

    Args:
        start: Output folder of an earlier run, or the folder of an exported base.
        folder: The new folder; an earlier run has one of the same name.
    """
    if (start / folder.name).is_dir():
        shutil.copytree(start / folder.name, folder)
        return
    folder.mkdir()
    for file in start.glob("tokenizer*.json"):
        shutil.copy(file, folder)


def geometry(config: PretrainConfig, tokenizer_folder: Path) -> T5Config:
    """The model's sizes; the vocabulary has as many pieces as the tokenizer found.

    Args:
        config: Gives the widths, the heads and the blocks.
        tokenizer_folder: Folder of `tokenizer.json`.
    """
    document = json.loads((tokenizer_folder / "tokenizer.json").read_text(encoding="utf-8"))
    return T5Config(
        len(document["model"]["vocab"]) + SENTINELS,
        config.d_model,
        config.d_kv,
        config.d_ff,
        config.layers,
        config.decoder_layers,
        config.heads,
        tie_word_embeddings=True,
        scale_decoder_outputs=True,
    )


def load_start(model: T5, folder: Path) -> dict[str, Any]:
    """Give a model the weights of a run's state, or of an exported base.

    A model with more blocks than the base grows out of it: the new blocks, which come last, add
    nothing at first, so that both compute the same.

    Args:
        model: Its weights are replaced; those of new blocks must be random.
        folder: Output folder of a run, or of a base.

    Returns:
        The record of the run that made them.

    Raises:
        ValueError: If the base differs from the model in more than blocks, or has more blocks.
    """
    weights = model.parameters()
    if (folder / STATE).is_file():
        read_weights(weights, folder / STATE)
        return json.loads(read_metadata(folder / STATE)["run"])
    base = find_base(str(folder))
    if not can_grow(base.config, model.config):
        raise ValueError(
            f"{folder} is {base.config}, and the settings are for {model.config}. "
            "Give its sizes; only the number of blocks may be larger."
        )
    sources = check_tensors(base)
    model.load((path, read_tensor(*source)) for path, source in sources.items())
    for path in weights.keys() - sources.keys():
        if path.endswith(OUTPUTS):
            weights[path].assign(np.zeros(weights[path].shape, "float32"))
    return read_json(folder / RECORD)


def can_grow(config: T5Config, grown: T5Config) -> bool:
    """Check whether one config becomes the other by adding blocks alone.

    Args:
        config: Geometry of the base.
        grown: Geometry of the new model.
    """
    blocks = (config.num_layers, config.num_decoder_layers)
    grown_blocks = (grown.num_layers, grown.num_decoder_layers)
    added = [new - old for old, new in zip(blocks, grown_blocks, strict=True)]
    with_equal_blocks = replace(
        config, num_layers=grown.num_layers, num_decoder_layers=grown.num_decoder_layers
    )
    return min(added) >= 0 and with_equal_blocks == grown


def read_weights(weights: Mapping[str, keras.Variable], state: Path) -> None:
    """Assign each weight its values in a run's state.

    Args:
        weights: T5's path -> the variable, as `T5.parameters` returns them.
        state: A file that `Pretraining.save` wrote.
    """
    with safe_open(state, "numpy") as file:
        for name, weight in weights.items():
            weight.assign(file.get_tensor(f"weight/{name}"))


def read_metadata(state: Path) -> dict[str, str]:
    """The texts stored beside the arrays of a run's state.

    Args:
        state: A file that `Pretraining.save` wrote.
    """
    with safe_open(state, "numpy") as file:
        return file.metadata()


def count_steps(run: dict[str, Any] | None) -> int:
    """Count the steps of a run and of those that it started from, by their records.

    Args:
        run: Result of `Pretraining.record`; None counts 0 steps.
    """
    return run["steps"] + count_steps(run["earlier_run"]) if run else 0
