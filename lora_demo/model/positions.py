"""Attention biases: relative positions, padding, and the borders of packed sentences.

Axes: B batch, T query positions, S key positions.
"""

import math
from typing import Any

import numpy as np
from keras import ops

from lora_demo.model.backend import Tensor
from lora_demo.model.config import T5Config

MASKED = -1e9
"""Bias of a key that a query must not see; finite, so that a fully masked row stays finite."""


def relative_position_buckets(
    length: int, bidirectional: bool, config: T5Config
) -> np.ndarray[Any, np.dtype[np.int32]]:
    """Map the distance between each query and key to one of T5's buckets.

    With n buckets for one direction, distances below n / 2 have a bucket each. Larger ones share
    buckets whose width grows logarithmically up to `relative_attention_max_distance`. All distances
    beyond that share the last bucket.

    Args:
        length: Positions T.
        bidirectional: True for the encoder, which uses half of the buckets for keys ahead of the
            query. False for the decoder, where keys ahead share the bucket of distance 0.
        config: Gives the number of buckets and the largest distance.

    Returns:
        Buckets (T, T) as int32; rows are queries, columns are keys.
    """
    buckets = config.relative_attention_num_buckets
    positions = np.arange(length)
    distance = positions[None, :] - positions[:, None]  # (T, T), key minus query
    offset: Any = 0
    if bidirectional:
        buckets //= 2
        offset = np.where(distance > 0, buckets, 0)
        distance = np.abs(distance)
    else:
        distance = np.maximum(-distance, 0)

    exact = buckets // 2
    log_distance = np.log(np.maximum(distance, 1).astype("float32") / np.float32(exact))
    log_range = np.float32(math.log(config.relative_attention_max_distance / exact))
    steps = (log_distance / log_range * np.float32(buckets - exact)).astype("int32")
    far = np.minimum(exact + steps, buckets - 1)
    return (offset + np.where(distance < exact, distance, far)).astype("int32")


def causal_bias(length: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Mask the keys ahead of each query.

    Args:
        length: Positions T.

    Returns:
        Bias (T, T): 0 up to the query's own position, `MASKED` after it.
    """
    return np.triu(np.full((length, length), MASKED, "float32"), k=1)


def padding_bias(mask: Tensor) -> Tensor:
    """Mask padding.

    Args:
        mask: (B, S), 1 on tokens and 0 on padding.

    Returns:
        Bias (B, 1, 1, S): 0 on tokens, `MASKED` on padding.
    """
    return (1.0 - ops.cast(mask, "float32"))[:, None, None, :] * MASKED


def segment_bias(query_segments: Tensor, key_segments: Tensor) -> Tensor:
    """Mask the keys of other sentences in rows that hold several packed sentences.

    Args:
        query_segments: (B, T), the number of each query's sentence in its row.
        key_segments: (B, S), the number of each key's sentence in its row.

    Returns:
        Bias (B, 1, T, S): 0 within a sentence, `MASKED` between two.
    """
    differ = query_segments[:, :, None] != key_segments[:, None, :]
    return ops.cast(differ, "float32")[:, None] * MASKED
