"""The backend: compiled functions that read and assign variables, and gradients in them."""

import re

import keras
import numpy as np
import pytest
from keras import ops

from lora_demo.model.backend import (
    compiled,
    device_name,
    has_bfloat16,
    has_gpu,
    matmul,
    value_and_gradients,
)


def variable(*values) -> keras.Variable:
    return keras.Variable(np.array(values, "float32"))


def test_a_compiled_function_reads_assigns_and_returns():
    total, factor = variable(0.0, 0.0), variable(2.0, 3.0)

    def add(x):
        total.assign(total.value + x * factor.value)
        return {"sum": ops.sum(total.value), "twice": x * 2}

    add = compiled(add, [total, factor])
    results = [add(np.array([1.0, 1.0], "float32")) for _ in range(2)]
    assert [float(result["sum"]) for result in results] == [5.0, 10.0]
    factor.assign([0.0, 1.0])
    assert float(add(np.array([1.0, 1.0], "float32"))["sum"]) == 11.0
    np.testing.assert_array_equal(np.asarray(total), [4.0, 7.0])


def test_gradients_are_only_those_of_the_trained_variables():
    trained, frozen = [variable(1.0, 2.0), variable(3.0)], variable(5.0)

    def run(x):
        def loss():
            return ops.sum(x * trained[0].value ** 2) * trained[1].value[0] * frozen.value[0]

        return value_and_gradients(loss, trained, [frozen])

    run = compiled(run, [*trained, frozen])
    for _ in range(2):  # the second time with values that were assigned after compiling
        (a, b), c, d = np.asarray(trained[0]), float(trained[1][0]), float(frozen[0])
        loss, (first, second) = run(np.array([1.0, 10.0], "float32"))
        np.testing.assert_allclose(
            [float(loss), *np.asarray(first), *np.asarray(second)],
            [(a * a + 10 * b * b) * c * d, 2 * a * c * d, 20 * b * c * d, (a * a + 10 * b * b) * d],
            rtol=1e-6,
        )
        trained[0].assign([0.5, -1.0])
        frozen.assign([2.0])


def test_a_training_step_updates_variables_within_one_compiled_function():
    weight, target = variable(0.0, 0.0), np.array([1.0, -2.0], "float32")
    optimizer = keras.optimizers.AdamW(0.1, weight_decay=0.0)
    optimizer.build([weight])

    def step(target):
        loss, gradients = value_and_gradients(
            lambda: ops.sum((weight.value - target) ** 2), [weight]
        )
        optimizer.apply(gradients, [weight])
        return loss

    step = compiled(step, [weight, *optimizer.variables])
    losses = [float(step(target)) for _ in range(100)]
    assert losses[0] == 5.0 and losses[-1] < 0.01
    assert int(optimizer.iterations) == 100


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


def test_the_device_has_a_name():
    assert device_name() == "CPU" or has_gpu()
