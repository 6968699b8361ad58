"""Matrices and activations in int8, each row with a float32 scale of its own.

A row w is stored as s and round(w / s), where s = max |w| / 127. The product of two such rows is an
integer sum times both scales, so that only the rounding of weights and activations is inexact
(Dettmers et al. 2022, https://arxiv.org/abs/2208.07339).

Axes: D width of a row, V rows of a matrix.
"""

import numpy as np
from keras import ops

from lora_demo.model.backend import Tensor

INT8_MAX = 127
TINY = 1e-30
"""Smallest divisor."""
ROUNDED_ROWS = 1024
"""Rows that are rounded at a time; the quotients of all would need as much memory as the matrix."""


def quantize(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Round each row of a matrix to int8.

    Args:
        matrix: (V, D), of any float type.

    Returns:
        The rounded rows (V, D) int8, and their scales (V,) float32.
    """
    largest = np.maximum(matrix.max(axis=1), -matrix.min(axis=1)).astype("float32")
    scale = np.maximum(largest, TINY) / INT8_MAX
    table = np.empty(matrix.shape, "int8")
    for start in range(0, len(matrix), ROUNDED_ROWS):
        part = slice(start, start + ROUNDED_ROWS)
        table[part] = np.round(matrix[part].astype("float32") / scale[part, None])
    return table, scale


def round_rows(x: Tensor) -> tuple[Tensor, Tensor]:
    """Round each row of activations to whole numbers that fit into int8.

    Args:
        x: (..., D) float32.

    Returns:
        The rounded rows (..., D), still in float32, and their scales (..., 1).
    """
    largest = ops.max(ops.abs(x), axis=-1, keepdims=True)
    scale = ops.maximum(largest, TINY) / INT8_MAX
    return ops.round(x / scale), scale
