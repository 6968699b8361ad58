"""DoRA (Liu et al. 2024, https://arxiv.org/abs/2402.09353): length and direction of each output.

The merged matrix is W' = m (W + s A B) / ||W + s A B||, with one trained length m and one norm for
each output. So y' = g (x W + s (x A) B) with the gain g = m / ||W + s A B||, which serving computes
once. Training computes it at each step and, as PEFT does, passes no gradient through the norm.

Axes: B batch, T tokens, r rank.
"""

import keras
import numpy as np
from keras import ops

from lora_demo.model.backend import Tensor
from lora_demo.model.lora import Context, LoraBank
from lora_demo.model.products import matmul


def output_norms(weight: Tensor) -> np.ndarray:
    """Compute the Euclidean norm of each output's weights.

    Args:
        weight: (d_out, d_in).

    Returns:
        (d_out,) in float32.
    """
    norms: np.ndarray = np.linalg.norm(np.asarray(weight, "float32"), axis=1)
    return norms


def output_gains(
    weight: np.ndarray, A: np.ndarray, B: np.ndarray, scale: float, magnitude: np.ndarray
) -> np.ndarray:
    """Compute g = m / ||W + s A B|| of a trained adapter.

    Args:
        weight: W as checkpoints store it, (d_out, d_in).
        A: (d_in, r).
        B: (r, d_out).
        scale: s.
        magnitude: m, (d_out,).

    Returns:
        (d_out,) in float32.
    """
    return magnitude / output_norms(weight + scale * (A @ B).T)


class DoraBank(LoraBank):
    """The one adapter of a training run, with a trained length of each output.

    Args:
        d_in: Width of the matrix's input.
        d_out: Width of the matrix's output.
        r: Rank.
        scale: Factor of the update.
    """

    def __init__(self, d_in: int, d_out: int, r: int, scale: float) -> None:
        super().__init__(1, d_in, d_out, r, scale)
        self.magnitude = keras.Variable(
            keras.initializers.Ones()((1, d_out)), dtype="float32", name="lora_magnitude_vector"
        )

    @property
    def variables(self) -> list[keras.Variable]:
        """A, B and the magnitudes."""
        return [*super().variables, self.magnitude]

    @property
    def trained(self) -> list[keras.Variable]:
        """The variables that training changes."""
        return [*super().trained, self.magnitude]

    def apply(self, y: Tensor, x: Tensor, weight: Tensor, context: Context) -> Tensor:
        """Return g (y + s (x A) B).

        With dropout, PEFT takes the dropped input also where it changes the base's output.

        Args:
            y: x W, (B, T, d_out).
            x: (B, T, d_in).
            weight: W, (d_out, d_in).
            context: Gives dropout.
        """
        gain = ops.cast(self._gain(weight), y.dtype)
        if not context.lora_dropout:
            return gain * (y + self.update(x, context))
        x = context.drop(x, context.lora_dropout)
        base = matmul(x, weight, transposed=True)
        return y + (gain - 1) * base + gain * self.product(x, context)

    def _gain(self, weight: Tensor) -> Tensor:
        delta = self.scale * ops.matmul(self.A.value[0], self.B.value[0])  # (d_in, d_out)
        merged = ops.cast(weight, "float32") + ops.transpose(ops.stop_gradient(delta))
        norm = ops.sqrt(ops.sum(ops.square(merged), axis=1))  # (d_out,)
        return self.magnitude.value[0] / ops.stop_gradient(norm)
