"""Products of matrices and their gradients equal those of NumPy, and use fast instructions."""

import re

import keras
import numpy as np
import pytest
from keras import ops

from lora_demo.model.backend import compiled, has_bfloat16, value_and_gradients
from lora_demo.model.products import matmul


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="elsewhere the backend's own product is used"
)
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize(
    "shapes", [((2, 3, 4), (4, 5)), ((2, 3, 4), (2, 4, 5)), ((2, 2, 3, 4), (2, 2, 4, 5))]
)
def test_bfloat16_products_and_their_gradients_sum_in_float32(shapes, transposed):
    """Float32 sums of bfloat16 products are exact; bfloat16 sums differ in the third digit."""
    arrays = [
        np.random.default_rng(0).integers(-100, 100, shape).astype("float32") for shape in shapes
    ]

    def turned(array):
        return np.swapaxes(array, -1, -2) if transposed else array

    x = keras.Variable(arrays[0], dtype="bfloat16")
    y = keras.Variable(turned(arrays[1]), dtype="float32")
    run = compiled(
        lambda: value_and_gradients(
            lambda: ops.sum(ops.square(matmul(x.value, y.value, "float32", transposed))) / 2, [x, y]
        ),
        [x, y],
    )
    product = arrays[0] @ arrays[1]
    loss, (dx, dy) = run()
    np.testing.assert_allclose(float(loss), np.square(product).sum() / 2, rtol=1e-6)
    rounded = np.asarray(ops.cast(ops.cast(product, "bfloat16"), "float32"))
    expected = np.swapaxes(arrays[0], -1, -2) @ rounded
    expected = expected.reshape(-1, *arrays[1].shape).sum(0)
    assert np.asarray(dy).dtype == np.float32
    np.testing.assert_allclose(turned(np.asarray(dy)), expected, rtol=1e-6, atol=1e-3)
    np.testing.assert_allclose(
        np.asarray(ops.cast(dx, "float32")), rounded @ np.swapaxes(arrays[1], -1, -2), rtol=2**-8
    )


def transposed_product(x, y):
    def product():
        return matmul(x.value, y.value, "float32", transposed=True)

    return product


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_product_with_a_transposed_matrix_equals_that_of_numpy(dtype):
    generator = np.random.default_rng(0)
    for x, y in (((2, 3, 4), (5, 4)), ((2, 2, 3, 4), (2, 2, 5, 4))):
        x, y = (keras.Variable(generator.integers(-9, 9, shape), dtype=dtype) for shape in (x, y))
        product = compiled(transposed_product(x, y), [x, y])()

        def as_float(v):
            return np.asarray(ops.cast(v.value, "float32"))

        np.testing.assert_array_equal(
            np.asarray(product), as_float(x) @ np.swapaxes(as_float(y), -1, -2)
        )


@pytest.mark.skipif(
    not has_bfloat16(), reason="the processor or the backend has no fast product of bfloat16"
)
def test_bfloat16_weights_are_multiplied_in_bfloat16_forward_and_backward():
    """Without a bfloat16 product XLA converts to float32: twice as slow, and without a warning."""
    x = keras.Variable(np.ones((2, 64, 128)), dtype="bfloat16")
    y = keras.Variable(np.ones((96, 128)), dtype="bfloat16")
    run = compiled(
        lambda: value_and_gradients(
            lambda: ops.sum(ops.square(matmul(x.value, y.value, transposed=True))), [x]
        ),
        [x, y],
    )
    program = run.experimental_get_compiler_ir()(stage="optimized_hlo")
    kinds = dict(re.findall(r"(%?[\w.\-]+) = (\w+)\[", program))
    products = re.findall(r" dot\((%?[\w.\-]+), (%?[\w.\-]+)\)", program)
    assert len(products) == 2
    assert {kinds[name] for pair in products for name in pair} == {"bf16"}
