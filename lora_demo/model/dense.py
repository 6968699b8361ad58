"""The matrices of the model: how they are stored, and the ones that adapters can change.

Axes: B batch, T tokens.
"""

import keras
import numpy as np
from keras import ops

from lora_demo.model.backend import Tensor
from lora_demo.model.keras_private import remove_weight
from lora_demo.model.lora import BASE, Context, LoraBank
from lora_demo.model.products import matmul
from lora_demo.model.quantization import quantize, round_rows

BLOCK_WIDTH = 64
"""Columns that XLA's product takes at a time on a CPU with AVX-512."""


class UncastLayer(keras.layers.Layer):
    """A layer that takes tensors in the type they have.

    Keras would cast the tensors that T5 keeps in float32 to the layer's own type.

    Args:
        name: The layer's name.
        dtype: Type of the layer's weights. Layers with int8 weights compute in float32.
    """

    def __init__(self, name: str, dtype: str) -> None:
        computed = "float32" if dtype == "int8" else dtype
        super().__init__(name=name, dtype=computed, autocast=False)


class MatrixLayer(UncastLayer):
    """A layer with one matrix, which has a scale for each of its rows if it is stored in int8.

    Args:
        path: T5's path of the matrix, which becomes the layer's name.
        shape: Rows and columns.
        dtype: Type of the matrix: a float type or int8.
        name: Name of the weight.
    """

    def __init__(self, path: str, shape: tuple[int, int], dtype: str, name: str) -> None:
        super().__init__(path, dtype)
        self.weight = self.add_weight(shape=shape, initializer="zeros", dtype=dtype, name=name)
        self.scale: keras.Variable | None = None
        if dtype == "int8":
            self.scale = self.add_weight(shape=shape[:1], initializer="zeros", name="scale")
        self.built = True

    def load(self, matrix: np.ndarray) -> None:
        """Take the values of a matrix of a float type; int8 rounds them.

        Args:
            matrix: Values of the layer's shape, as in checkpoints.
        """
        if self.scale is None:
            self.weight.assign(matrix)
            return
        table, scale = quantize(matrix)
        self.weight.assign(table)
        self.scale.assign(scale)

    def matrix(self) -> np.ndarray:
        """Return the matrix in float32, as the layer computes with it."""
        return self._scaled(np.asarray(ops.cast(self.weight.value, "float32")))

    def _scaled(self, matrix: np.ndarray) -> np.ndarray:
        return matrix if self.scale is None else matrix * np.asarray(self.scale.value)[:, None]


class LoraDense(MatrixLayer):
    """A frozen matrix with an optional bank of adapters: y = x W + scale * (x A) B.

    The matrix is stored as (d_out, d_in), as in checkpoints, until `store_in_blocks`. The bank is
    not a Keras sublayer, so that a larger one can replace it after the layer was built.

    Args:
        path: T5's path of the matrix, which becomes the layer's name.
        d_in: Width of the input.
        d_out: Width of the output.
        dtype: Type of the matrix.
    """

    def __init__(self, path: str, d_in: int, d_out: int, dtype: str) -> None:
        super().__init__(path, (d_out, d_in), dtype, "kernel")
        self.d_in, self.d_out = d_in, d_out
        self.bank: LoraBank | None = None

    def call(self, x: Tensor, context: Context = BASE) -> Tensor:
        """Multiply x (B, T, d_in) by the matrix and add the adapters' update -> (B, T, d_out).

        Args:
            x: Input (B, T, d_in).
            context: Adapters and dropout; by default the base alone.
        """
        y = self._multiply(x, context)
        if self.bank is None or context.slots is None:
            return y
        return self.bank.apply(y, x, self.weight.value, context)

    def _multiply(self, x: Tensor, context: Context) -> Tensor:
        if self.scale is None:
            return self._product(x, context)
        rounded, row_scale = round_rows(x)  # (B, T, d_in), (B, T, 1)
        sums = self._product(ops.cast(rounded, "int8"), context)  # (B, T, d_out) int32
        return ops.cast(sums, "float32") * row_scale * self.scale.value

    def _product(self, x: Tensor, context: Context) -> Tensor:
        if self.name in context.unblocked:
            return matmul(x, context.unblocked[self.name])
        if self.is_blocked:
            return self._multiply_blocks(x)
        return matmul(x, self.weight.value, transposed=True)

    def allocate(self, slots: int, r: int, *, with_gains: bool = False, scale: float = 1.0) -> None:
        """Give the layer an empty bank; functions compiled before must be compiled again.

        Args:
            slots: Adapters that fit.
            r: Largest rank that fits.
            with_gains: Make room for adapters of DoRA.
            scale: Factor of every update.
        """
        self.bank = LoraBank(slots, self.d_in, self.d_out, r, scale)
        if with_gains:
            self.bank.add_gains()

    def matrix(self) -> np.ndarray:
        """Return the matrix (d_out, d_in) in float32, however it is stored."""
        stored = ops.transpose(self.unblocked()) if self.is_blocked else self.weight.value
        return self._scaled(np.asarray(ops.cast(stored, "float32")))

    def store_in_blocks(self, width: int = BLOCK_WIDTH) -> None:
        """Store the matrix as (d_out / width, d_in, width), if width divides d_out.

        XLA multiplies a few rows by that form directly; the other form it would transpose at each
        call. Afterwards the layer must not be saved or trained.

        Args:
            width: Columns of a block.
        """
        if self.d_out % width:
            return
        blocks = np.reshape(np.asarray(self.weight), (-1, width, self.d_in)).transpose(0, 2, 1)
        remove_weight(self, self.weight)
        dtype = self.weight.dtype
        self.weight = self.add_weight(
            shape=blocks.shape, initializer="zeros", dtype=dtype, name="kernel"
        )
        self.weight.assign(blocks)

    @property
    def is_blocked(self) -> bool:
        """True if the matrix is stored in blocks."""
        return len(self.weight.shape) == 3

    def unblocked(self) -> Tensor:
        """Put the matrix (d_in, d_out) together from its blocks."""
        return ops.reshape(ops.transpose(self.weight.value, (1, 0, 2)), (self.d_in, self.d_out))

    def _multiply_blocks(self, x: Tensor) -> Tensor:
        rows = ops.reshape(x, (-1, self.d_in))  # (B T, d_in)
        count = rows.shape[0]
        blocks = self.weight.value  # (d_out / width, d_in, width)
        # XLA takes longer for one row than for two.
        repeated = ops.broadcast_to(rows, (blocks.shape[0], max(2, count), self.d_in))
        y = ops.matmul(repeated, blocks)[:, :count]  # (d_out / width, B T, width)
        return ops.reshape(ops.transpose(y, (1, 0, 2)), (-1, x.shape[1], self.d_out))
