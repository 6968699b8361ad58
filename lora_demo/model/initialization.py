"""Random weights for training a T5 from scratch with AdamW.

T5's own scales suit Adafactor, whose steps grow with the weights. AdamW's do not, so three things
differ here: the embedding starts at d_model^-0.5 instead of 1, what the blocks add to it is
equally small, and the decoder's last norm starts at sqrt(d_model) if the head scales its input
down by that.
T5's tables of relative positions start near zero. A small model that must find word order from
there can stay on a plateau, so here each head starts out preferring itself, the previous token,
the next token, or nearby ones.
"""

from typing import Any

import keras
import numpy as np

from lora_demo.model.config import T5Config
from lora_demo.model.t5 import T5

PREFERENCE = 2.0
"""Bias of a head's preferred position; exp(2) makes it about 7 times as likely as the others."""
DECAY = -0.3
"""Bias for each position of distance, in heads that prefer nearby tokens."""


def initialize(model: T5, seed: int) -> None:
    """Fill every weight of a model with random values.

    Args:
        model: A model whose weights are zero.
        seed: Equal seeds give equal weights.
    """
    config = model.config
    generator = keras.random.SeedGenerator(seed)
    for path, weight in model.parameters().items():
        name = path.rsplit(".", 1)[-1]
        if name == "relative_attention_bias":
            weight.assign(_position_preferences(config, path.startswith("encoder")))
        elif len(weight.shape) == 2:
            deviation = _standard_deviation(name, weight.shape[1], config)
            weight.assign(keras.random.normal(weight.shape, stddev=deviation, seed=generator))
        elif path == "decoder.final_layer_norm" and config.scale_decoder_outputs:
            weight.assign(np.full(weight.shape, config.d_model**0.5, "float32"))


def _standard_deviation(name: str, d_in: int, config: T5Config) -> float:
    """Return the standard deviation of a matrix by T5's name of it."""
    if name == "shared":
        return float(config.d_model**-0.5)
    if name in ("q", "k"):
        return float((config.d_model * config.d_kv**0.5) ** -0.5)
    if name in ("o", "wo"):
        return float((d_in * config.d_model**0.5) ** -0.5)
    return float(d_in**-0.5)


def _position_preferences(
    config: T5Config, bidirectional: bool
) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Make a table of relative position biases (buckets, H) in which each head prefers a place."""
    buckets = config.relative_attention_num_buckets
    half = buckets // 2 if bidirectional else buckets
    distance = np.arange(buckets) % half
    ahead = np.arange(buckets) >= half
    previous = (distance == 1) & ~ahead
    following = (distance == 1) & ahead if bidirectional else distance == 2
    preferences = [
        PREFERENCE * previous,
        PREFERENCE * following,
        PREFERENCE * (distance == 0),
        DECAY * distance,
    ]
    heads = [preferences[head % 4] / (1 + head // 4) for head in range(config.num_heads)]
    return np.stack(heads, axis=1).astype("float32")
