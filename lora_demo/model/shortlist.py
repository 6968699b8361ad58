"""Find the head's likeliest tokens in two steps: int8 products, then exact logits of the best.

The head is the decoder's largest matrix, and in int8 a step reads a quarter of its bytes. A token
is lost only if rounding keeps it out of the shortlist, which is longer than what is needed.

Axes: B batch, M beams, N = B M, D d_model, C candidates, V vocabulary.
"""

import keras
import numpy as np
from keras import ops

from lora_demo.model.backend import Tensor
from lora_demo.model.decoding import top_k
from lora_demo.model.products import int8_product
from lora_demo.model.quantization import INT8_MAX, quantize, round_rows

EXTRA_CANDIDATES = 8
"""Candidates besides twice the tokens that are needed."""
MIN_WEIGHTS = 4_000_000
"""Weights of a head from which a shortlist saves more time than it costs."""


class Shortlist:
    """A head in int8, with one scale for each token.

    Args:
        weight: (V, D), the head or the embedding that it is tied to.
        scale: (V,), if the head is in int8 itself. None: the shortlist has a copy in int8.
    """

    def __init__(self, weight: keras.Variable, scale: keras.Variable | None = None) -> None:
        self.weight = weight
        self.is_copy = scale is None
        if scale is not None:
            self.table, self.scale = weight, scale
            return
        table, scales = quantize(np.asarray(weight))
        self.table = keras.Variable(table, dtype="int8", trainable=False, name="shortlist")
        self.scale = keras.Variable(scales, trainable=False, name="shortlist_scale")

    @property
    def variables(self) -> list[keras.Variable]:
        """The variables that are not the model's own: the copy and its scales."""
        return [self.table, self.scale] if self.is_copy else []

    def likeliest(self, x: Tensor, count: int) -> tuple[Tensor, Tensor]:
        """Find the likeliest tokens, as `decoding.likeliest` does with all logits.

        Args:
            x: The decoder's output (B, M, D) in float32.
            count: Tokens of each beam.

        Returns:
            Tokens, best first, and their log-probabilities, both (B, M, count).
        """
        approximate = self._approximate_logits(ops.reshape(x, (-1, x.shape[-1])))
        approximate = ops.reshape(approximate, (*x.shape[:-1], -1))  # (B, M, V)
        _, tokens = top_k(approximate, 2 * count + EXTRA_CANDIDATES)
        tokens = ops.sort(tokens, axis=-1)  # (B, M, C)
        exact = self._exact_logits(x, tokens)
        best, order = ops.top_k(exact, count)
        best_tokens = ops.take_along_axis(tokens, ops.cast(order, "int32"), axis=-1)

        # The softmax's denominator: exact for the candidates, approximate for all others.
        highest = best[..., :1]
        candidates = ops.take_along_axis(approximate, tokens, axis=-1)
        others = _mass(approximate, highest) - _mass(candidates, highest)
        mass = ops.maximum(others, 0.0) + _mass(exact, highest)
        return best_tokens, best - (highest + ops.log(mass))

    def _approximate_logits(self, x: Tensor) -> Tensor:
        """Multiply x (N, D) by the int8 table -> (N, V)."""
        rounded, scale = round_rows(x)
        rows = [rounded]
        if x.shape[0] == 1:
            # XLA's kernel needs two rows: the second one carries what the first one rounded away.
            rows.append(ops.round((x / scale - rounded) * (2 * INT8_MAX)))
        products = int8_product(self.table.value, ops.cast(ops.concatenate(rows), "int8"))
        products = ops.cast(ops.transpose(products), "float32")
        if x.shape[0] == 1:
            products = products[:1] + products[1:] / (2 * INT8_MAX)
        return products * scale * self.scale

    def _exact_logits(self, x: Tensor, tokens: Tensor) -> Tensor:
        """Compute the logits of tokens (B, M, C)."""
        rows = ops.take(self.weight, tokens, axis=0)  # (B, M, C, D)
        logits = ops.einsum("bmd,bmcd->bmc", x, ops.cast(rows, x.dtype))
        return logits if self.is_copy else logits * ops.take(self.scale, tokens)


def _mass(logits: Tensor, highest: Tensor) -> Tensor:
    """Sum exp(logits - highest) over the last axis."""
    return ops.sum(ops.exp(logits - highest), axis=-1, keepdims=True)
