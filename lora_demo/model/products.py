"""Matrix products, computed in the fastest way that the backend has for each type.

TensorFlow's own operations are used where Keras's take longer to trace or to run.
"""

from collections.abc import Callable

import keras

from lora_demo.model.backend import BACKEND, Tensor, is_eager


def matmul(x: Tensor, y: Tensor, dtype: str | None = None, transposed: bool = False) -> Tensor:
    """Multiply x by y.

    On a CPU, XLA has a fast bfloat16 product only if its result is float32 and its operands are not
    transposed by an operation of their own. It takes half the time of the plain one, so this
    function asks for it.

    Args:
        x: (..., n, k).
        y: (k, m), or of x's rank.
        dtype: Type of the result. None: x's. The product of int8 matrices is always int32.
        transposed: True if y's last two axes are swapped, (m, k).

    Returns:
        (..., n, m).
    """
    if x.dtype == "int8":
        return _int8_matmul(x, y, transposed)
    dtype = dtype or x.dtype
    if BACKEND == "tensorflow":
        return _tensorflow_matmul(x, y, dtype, transposed)
    if transposed:
        *leading, n, m = range(len(y.shape))
        y = keras.ops.transpose(y, (*leading, m, n))
    return keras.ops.cast(keras.ops.matmul(x, keras.ops.cast(y, x.dtype)), dtype)


def _tensorflow_matmul(x: Tensor, y: Tensor, dtype: str, transposed: bool) -> Tensor:
    """Multiply as `matmul` does; `keras.ops.matmul` takes several times as long to trace."""
    import tensorflow as tf

    if len(y.shape) < len(x.shape):
        flat = tf.reshape(x, (-1, x.shape[-1]))
        product = _tensorflow_matmul(flat, y, dtype, transposed)
        return tf.reshape(product, (-1, *x.shape[1:-1], product.shape[-1]))
    if x.dtype == "bfloat16" and not is_eager():  # only XLA has a kernel for this product
        return _bfloat16_matmul(x, y, dtype, transposed)
    y = tf.cast(y, x.dtype)
    if transposed and len(y.shape) == 2:
        # XLA multiplies a single row faster if the transposition is an operation of its own.
        y, transposed = tf.transpose(y), False
    return tf.cast(tf.matmul(x, y, transpose_b=transposed), dtype)


def _bfloat16_matmul(x: Tensor, y: Tensor, dtype: str, transposed: bool) -> Tensor:
    """Multiply in bfloat16 with sums in float32; the gradients are products of the same kind."""
    import tensorflow as tf

    def product_and_gradient(
        x: Tensor, y: Tensor
    ) -> tuple[Tensor, Callable[[Tensor], tuple[Tensor, Tensor]]]:
        def gradients(upstream: Tensor) -> tuple[Tensor, Tensor]:
            x_gradient = _bfloat16_product(upstream, y, x.dtype, adj_y=not transposed)
            left, right = (upstream, x) if transposed else (x, upstream)
            y_gradient = _bfloat16_product(left, right, y.dtype, adj_x=True)
            return x_gradient, y_gradient

        return _bfloat16_product(x, y, dtype, adj_y=transposed), gradients

    return tf.custom_gradient(product_and_gradient)(x, y)


def _bfloat16_product(
    x: Tensor, y: Tensor, dtype: str, *, adj_x: bool = False, adj_y: bool = False
) -> Tensor:
    import tensorflow as tf

    product = tf.raw_ops.BatchMatMulV3(
        x=tf.cast(x, "bfloat16"),
        y=tf.cast(y, "bfloat16"),
        Tout="float32",
        adj_x=adj_x,
        adj_y=adj_y,
    )
    return tf.cast(product, dtype)


def _int8_matmul(x: Tensor, y: Tensor, transposed: bool) -> Tensor:
    """Multiply x (..., n, k) by y (k, m) or (m, k), both int8 -> (..., n, m) int32."""
    rows = keras.ops.reshape(x, (-1, x.shape[-1]))
    count = rows.shape[0]
    if count == 1:  # XLA has no fast product of a single row.
        rows = keras.ops.broadcast_to(rows, (2, x.shape[-1]))
    product = int8_product(rows, y) if transposed else keras.ops.matmul(rows, y)
    return keras.ops.reshape(product[:count], (*x.shape[:-1], product.shape[-1]))


def int8_product(a: Tensor, b: Tensor) -> Tensor:
    """Multiply int8 matrices with int32 sums: a b^T.

    XLA packs the second operand, so pass the large one first.

    Args:
        a: (V, D) int8.
        b: (N, D) int8.

    Returns:
        (V, N) int32.
    """
    if BACKEND == "tensorflow":
        import tensorflow as tf

        return tf.matmul(a, b, transpose_b=True, output_type=tf.int32)
    import jax

    contract_last_axes = (((1,), (1,)), ((), ()))
    return jax.lax.dot_general(a, b, contract_last_axes, preferred_element_type="int32")
