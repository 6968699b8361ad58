"""The code for DoRA costs plain LoRA nothing: its compiled function has no more operations."""

import keras
import numpy as np
import pytest

from lora_demo.model.lora import Context, LoraBank

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="counts operations of TensorFlow"
)


def operations(function, *shapes) -> int:
    """Count the operations of a function's graph."""
    import tensorflow as tf

    specs = [tf.TensorSpec(shape, kind) for shape, kind in shapes]
    return len(tf.function(function).get_concrete_function(*specs).graph.get_operations())


def bank(with_gains: bool) -> LoraBank:
    made = LoraBank(3, 8, 6, 4)
    if with_gains:
        made.add_gains()
    return made


Y, X, SLOTS = ((2, 5, 6), "float32"), ((2, 5, 8), "float32"), ((2,), "int32")


@pytest.mark.parametrize("strengths", [None, np.ones((2, 1, 1), "float32")])
def test_without_a_dora_adapter_a_matrix_only_adds_the_update(strengths):
    plain, dora = bank(False), bank(True)

    def count(apply) -> int:
        return operations(
            lambda y, x, slots: apply(y, x, Context(slots=slots, strengths=strengths)),
            *(Y, X, SLOTS),
        )

    added = count(lambda y, x, context: y + plain.product(x, context))
    assert count(lambda y, x, context: plain.apply(y, x, None, context)) == added
    assert count(lambda y, x, context: dora.apply(y, x, None, context)) > added


def test_a_bank_of_plain_lora_has_no_gains():
    assert len(bank(False).variables) == 2
    assert len(bank(True).variables) == 3
