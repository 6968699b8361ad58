"""The backend: compiled functions that read and assign variables, and gradients in them."""

import keras
import numpy as np
from keras import ops

from lora_demo.model.backend import (
    compiled,
    device_name,
    has_gpu,
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


def test_the_device_has_a_name():
    assert device_name() == "CPU" or has_gpu()
