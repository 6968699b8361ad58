"""The layers of a T5 block: norm, embedding, attention, feed-forward, with LoRA in every matrix.

Axes: B batch, T query positions, S key positions, H heads, K d_kv, D d_model, F d_ff.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

from lora_demo.model.backend import Tensor
from lora_demo.model.config import T5Config
from lora_demo.model.dense import LoraDense, MatrixLayer, UncastLayer
from lora_demo.model.lora import BASE, Context
from lora_demo.model.products import matmul
from lora_demo.model.shapes import dense_shapes

KeysValues = tuple[Tensor, Tensor]
"""Keys and values, each (B, H, S, K)."""


def _gelu(x: Tensor) -> Tensor:
    return ops.gelu(x, approximate=False)


def _gelu_new(x: Tensor) -> Tensor:
    return ops.gelu(x, approximate=True)


ACTIVATIONS = {"relu": ops.relu, "silu": ops.silu, "gelu": _gelu, "gelu_new": _gelu_new}


class RMSNorm(UncastLayer):
    """Root mean square norm without mean or bias: y = x / rms(x) * weight, computed in float32.

    Zhang and Sennrich 2019, https://arxiv.org/abs/1910.07467.

    Args:
        path: T5's path of the layer, which becomes its name.
        config: Gives the width and epsilon.
    """

    def __init__(self, path: str, config: T5Config) -> None:
        super().__init__(path, "float32")
        self.epsilon = config.layer_norm_epsilon
        self.weight = self.add_weight(shape=(config.d_model,), initializer="ones", name="scale")
        self.built = True

    def load(self, weight: np.ndarray) -> None:
        """Take the values of the weight.

        Args:
            weight: A factor for each feature (D,).
        """
        self.weight.assign(weight)

    def call(self, x: Tensor) -> Tensor:
        """Normalise x (B, T, D) over its last axis; the result has x's type.

        Args:
            x: The stream (B, T, D), of any float type.
        """
        x32 = ops.cast(x, "float32")
        mean_square = ops.mean(ops.square(x32), axis=-1, keepdims=True)  # (B, T, 1)
        y = x32 * ops.rsqrt(mean_square + self.epsilon) * self.weight
        return ops.cast(y, x.dtype)


class Embedding(MatrixLayer):
    """A table of vectors, for tokens or for the buckets of relative positions.

    Args:
        path: T5's path of the layer, which becomes its name.
        rows: Number of vectors.
        width: Numbers in each vector.
        dtype: Type of the table.
    """

    def __init__(self, path: str, rows: int, width: int, dtype: str) -> None:
        super().__init__(path, (rows, width), dtype, "embeddings")

    def call(self, ids: Tensor) -> Tensor:
        """Look up ids (...) -> vectors (..., width).

        Args:
            ids: Indices of rows of the table: an int tensor of any shape.
        """
        vectors = ops.take(self.weight, ids, axis=0)
        if self.scale is None:
            return vectors
        return ops.cast(vectors, "float32") * ops.take(self.scale, ids)[..., None]


class Attention(UncastLayer):
    """Multi-head attention as in T5: softmax(q k^T + bias) v, without bias terms and scaling.

    Args:
        path: T5's path of the layer, which becomes its name.
        config: Gives the widths.
        dtype: Type of the matrices.
    """

    def __init__(self, path: str, config: T5Config, dtype: str) -> None:
        super().__init__(path, dtype)
        self.num_heads = config.num_heads
        self.d_kv = config.d_kv
        shapes = dense_shapes(config)
        self.q, self.k, self.v, self.o = (
            LoraDense(f"{path}.{name}", *shapes[f"{path}.{name}"], dtype) for name in "qkvo"
        )
        self.built = True

    def keys_values(self, x: Tensor, context: Context) -> KeysValues:
        """Project x (B, S, D) to keys and values, each (B, H, S, K).

        Args:
            x: The queries' own input, or the encoder's output in cross-attention.
            context: Adapters and dropout.
        """
        k = self._split_heads(self.k(x, context=context))
        v = self._split_heads(self.v(x, context=context))
        return k, v

    def call(
        self, x: Tensor, k: Tensor, v: Tensor, bias: Tensor, context: Context = BASE
    ) -> Tensor:
        """Attend from x to keys and values.

        Args:
            x: Queries' input (B, T, D).
            k: Keys (B, H, S, K).
            v: Values (B, H, S, K).
            bias: Added to the scores, in float32: (1 or B, 1 or H, 1 or T, S).
            context: Adapters and dropout.

        Returns:
            (B, T, D).
        """
        q = self._split_heads(self.q(x, context=context))
        scores = matmul(q, k, "float32", transposed=True) + bias  # (B, H, T, S)
        weights = context.drop(ops.cast(ops.softmax(scores, axis=-1), v.dtype))
        y = ops.transpose(matmul(weights, v), (0, 2, 1, 3))  # (B, T, H, K)
        y = ops.reshape(y, (-1, x.shape[1], self.num_heads * self.d_kv))
        return self.o(y, context=context)

    def _split_heads(self, x: Tensor) -> Tensor:
        """Reshape (B, T, H K) to (B, H, T, K)."""
        x = ops.reshape(x, (-1, x.shape[1], self.num_heads, self.d_kv))
        return ops.transpose(x, (0, 2, 1, 3))


class FeedForward(UncastLayer):
    """Feed-forward layer: act(x wi) wo, or act(x wi_0) * (x wi_1) wo if it is gated.

    Gated layers: Shazeer 2020, https://arxiv.org/abs/2002.05202.

    Args:
        path: T5's path of the layer, which becomes its name.
        config: Gives the widths, the activation, and whether it is gated.
        dtype: Type of the matrices.
    """

    def __init__(self, path: str, config: T5Config, dtype: str) -> None:
        super().__init__(path, dtype)
        self.activation = ACTIVATIONS[config.activation]
        shapes = dense_shapes(config)
        names = ("wi_0", "wi_1") if config.gated else ("wi",)
        self.wi = [LoraDense(f"{path}.{n}", *shapes[f"{path}.{n}"], dtype) for n in names]
        self.wo = LoraDense(f"{path}.wo", *shapes[f"{path}.wo"], dtype)
        self.built = True

    def call(self, x: Tensor, context: Context = BASE) -> Tensor:
        """Transform x (B, T, D) -> (B, T, D).

        Args:
            x: The normalised stream (B, T, D).
            context: Adapters and dropout.
        """
        hidden = self.activation(self.wi[0](x, context=context))  # (B, T, F)
        if len(self.wi) == 2:
            hidden = hidden * self.wi[1](x, context=context)
        return self.wo(context.drop(hidden), context=context)


class Block(UncastLayer):
    """Self-attention, cross-attention in a decoder, feed-forward.

    Each part reads the normalised stream and adds its result to it.

    Args:
        path: T5's path of the block, which becomes its name.
        config: Gives the widths.
        dtype: Type of the matrices.
        decoder: True if the block attends to the encoder's output.
    """

    def __init__(self, path: str, config: T5Config, dtype: str, decoder: bool) -> None:
        super().__init__(path, dtype)
        parts = 3 if decoder else 2
        self.attention = Attention(f"{path}.layer.0.SelfAttention", config, dtype)
        self.cross: Attention | None = None
        if decoder:
            self.cross = Attention(f"{path}.layer.1.EncDecAttention", config, dtype)
        self.feed_forward = FeedForward(f"{path}.layer.{parts - 1}.DenseReluDense", config, dtype)
        self.norms = [RMSNorm(f"{path}.layer.{i}.layer_norm", config) for i in range(parts)]
        self.built = True

    def call(
        self,
        x: Tensor,
        bias: Tensor,
        source: KeysValues | None = None,
        source_bias: Tensor | None = None,
        context: Context = BASE,
    ) -> Tensor:
        """Run the block over all positions at once.

        Args:
            x: The stream (B, T, D).
            bias: Bias of self-attention (1 or B, 1 or H, T, T).
            source: This block's keys and values of the encoder's output; None in an encoder.
            source_bias: Bias of cross-attention (B, 1, 1 or T, S).
            context: Adapters and dropout.

        Returns:
            (B, T, D).
        """
        normed = self.norms[0](x)
        k, v = self.attention.keys_values(normed, context)
        attended = self.attention(normed, k, v, bias, context=context)
        return self._after_self_attention(x, attended, source, source_bias, context)

    def step(
        self,
        x: Tensor,
        cache: KeysValues,
        position: Tensor,
        bias: Tensor,
        source: KeysValues,
        source_bias: Tensor,
        context: Context,
    ) -> tuple[Tensor, KeysValues]:
        """Run the block over one target position of M beams.

        Args:
            x: The stream (B, M, D).
            cache: Keys and values of earlier positions, each (B, H, T M, K); at position t, beam m
                is at index t M + m.
            position: Index of the position, a scalar.
            bias: Bias of self-attention (1 or B, H, 1 or M, T M).
            source: This block's keys and values of the encoder's output.
            source_bias: Bias of cross-attention (B, 1, 1, S).
            context: Adapters.

        Returns:
            The stream (B, M, D), and the cache with this position.
        """
        normed = self.norms[0](x)
        new_k, new_v = self.attention.keys_values(normed, context)
        start = position * x.shape[1]
        k = _write_cache(cache[0], new_k, start)
        v = _write_cache(cache[1], new_v, start)
        attended = self.attention(normed, k, v, bias, context=context)
        return self._after_self_attention(x, attended, source, source_bias, context), (k, v)

    def _after_self_attention(
        self,
        x: Tensor,
        attended: Tensor,
        source: KeysValues | None,
        source_bias: Tensor | None,
        context: Context,
    ) -> Tensor:
        x = x + context.drop(attended)
        if self.cross is not None and source is not None:
            attended = self.cross(self.norms[1](x), *source, source_bias, context=context)
            x = x + context.drop(attended)
        return x + context.drop(self.feed_forward(self.norms[-1](x), context=context))


def _write_cache(cache: Tensor, new: Tensor, start: Any) -> Tensor:
    """Write new (B, H, M, K) into a cache (B, H, T M, K) from index `start` of its third axis."""
    return ops.slice_update(cache, (0, 0, start, 0), ops.cast(new, cache.dtype))


def is_weighted(layer: keras.layers.Layer) -> bool:
    """Check whether a layer holds a weight of its own.

    Args:
        layer: Any layer of the model.
    """
    return isinstance(layer, (LoraDense, RMSNorm, Embedding))
