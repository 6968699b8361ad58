"""The head's likeliest tokens in two steps: products of int8 find who comes into question, whose logits are then exact.

The head is the decoder's largest matrix; in int8 a step reads a quarter of its bytes. Only tokens that the rounding kept out of the
shortlist are lost, and it is longer than what is asked for. Axes: B batch, M beams, N = B M, D d_model, V vocabulary.
"""

import keras
import numpy as np
from keras import ops

from lora_demo.model.backend import int8_product
from lora_demo.model.decoding import top_k

SPARE = 8
"""How many tokens come into question beside twice those that are asked for."""
CHUNK = 1024
"""Tokens that are rounded together."""
WORTH = 4_000_000
"""Weights of a head from which the shortlist saves more than it costs."""


class Shortlist:
    """A head's table in int8, with one scale a token, beside its weight.

    Args:
        weight: (V, D), the head's own or the embedding.
    """

    def __init__(self, weight: keras.Variable):
        self.weight, rows = weight, np.asarray(weight)
        scale = np.maximum(np.maximum(rows.max(axis=1), -rows.min(axis=1)), 1e-30) / 127
        table = np.empty(rows.shape, "int8")
        for start in range(
            0, len(rows), CHUNK
        ):  # of all at once the quotients would take as much memory as the head
            part = slice(start, start + CHUNK)
            table[part] = np.round(rows[part] / scale[part, None])
        self.table = keras.Variable(table, dtype="int8", trainable=False, name="shortlist")
        self.scale = keras.Variable(scale, dtype="float32", trainable=False, name="shortlist_scale")

    @property
    def variables(self) -> list[keras.Variable]:
        return [self.table, self.scale]

    def likeliest(self, x, count: int):
        """x (B, M, D) in float32 -> the best `count` tokens and their log-probabilities, as `decoding.likeliest` of all logits."""
        near = ops.reshape(
            self._near(ops.reshape(x, (-1, x.shape[-1]))), (*x.shape[:-1], -1)
        )  # (B, M, V)
        tokens = ops.sort(top_k(near, 2 * count + SPARE)[1], axis=-1)
        exact = self._exact(x, tokens)
        best, order = ops.top_k(exact, count)
        highest = best[..., :1]
        mass = lambda logits: ops.sum(ops.exp(logits - highest), axis=-1, keepdims=True)
        others = ops.maximum(mass(near) - mass(ops.take_along_axis(near, tokens, axis=-1)), 0.0)
        log_z = highest + ops.log(others + mass(exact))
        return ops.take_along_axis(tokens, ops.cast(order, "int32"), axis=-1), best - log_z

    def _near(self, x):
        """x (N, D) -> (N, V), near the logits."""
        scale = ops.maximum(ops.max(ops.abs(x), axis=-1, keepdims=True), 1e-30) / 127
        whole = ops.round(x / scale)
        rows = (
            [whole] if x.shape[0] > 1 else [whole, ops.round((x / scale - whole) * 254)]
        )  # XLA's kernel takes two rows or more
        products = ops.transpose(
            int8_product(self.table.value, ops.cast(ops.concatenate(rows), "int8"))
        )
        products = ops.cast(products, "float32")
        return (
            (products if len(rows) == 1 else products[:1] + products[1:] / 254) * scale * self.scale
        )

    def _exact(self, x, tokens):
        return ops.einsum("bmd,bmkd->bmk", x, ops.take(self.weight, tokens, axis=0))
