"""The int8 model equals a reference in NumPy, and is near the float32 model."""

from pathlib import Path

import numpy as np
import pytest
from keras import ops

from lora_demo.adapter_slots import AdapterSlots
from lora_demo.checkpoints.adapters import Adapter
from lora_demo.model.config import FLAN_T5
from lora_demo.model.dense import LoraDense
from lora_demo.model.dora import output_norms
from lora_demo.model.layers import Embedding
from lora_demo.model.lora import Context
from lora_demo.model.quantization import quantize
from lora_demo.model.shapes import total_parameters
from lora_demo.model.shortlist import Shortlist
from lora_demo.model.t5 import T5
from tests.fixtures import ours


def numpy_dense(x, table, scale):
    """Multiply x by an int8 matrix: round each row of x, sum exactly, multiply by both scales."""
    x, table, scale = np.asarray(x), np.asarray(table), np.asarray(scale)
    row_scale = np.maximum(np.abs(x).max(axis=-1, keepdims=True), np.float32(1e-30)) / 127
    rounded = np.rint(x / row_scale.astype("float32")).astype("int64")
    sums = rounded @ table.astype("int64").T
    return (sums * row_scale.astype("float64") * scale).astype("float32")


def filled_layer(d_in: int = 20, d_out: int = 24) -> tuple[LoraDense, np.ndarray]:
    matrix = np.random.default_rng(0).normal(size=(d_out, d_in)).astype("float32")
    layer = LoraDense("matrix", d_in, d_out, "int8")
    layer.load(matrix)
    return layer, matrix


def dora_adapter(model: T5, seed: int) -> Adapter:
    """Make an adapter of DoRA for every q of a float32 model, which makes outputs longer."""
    generator, matrices, magnitudes = np.random.default_rng(seed), {}, {}
    for path, layer in model.lora_layers().items():
        if path.endswith(".q"):
            A = generator.normal(size=(layer.d_in, 2)).astype("float32")
            B = generator.normal(size=(2, layer.d_out)).astype("float32")
            matrices[path] = (A, B, 0.1)
            magnitudes[path] = 1.5 * output_norms(layer.matrix())
    return Adapter(Path("dora"), 2, 0.2, ("q",), "", matrices, magnitudes)


def test_a_rounded_matrix_is_off_by_at_most_half_a_step_of_its_row():
    matrix = np.random.default_rng(0).normal(size=(30, 20)).astype("float32")
    matrix[3] = 0
    table, scale = quantize(matrix)
    assert table.dtype == np.int8 and not table[3].any()
    np.testing.assert_array_equal(np.abs(table).max(axis=1), [127] * 3 + [0] + [127] * 26)
    error = np.abs(table * scale[:, None] - matrix)
    assert (error <= scale[:, None] / 2 + 1e-6).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (4, 5)])
def test_a_product_equals_numpys(shape):
    layer, _ = filled_layer()
    x = np.random.default_rng(1).normal(size=(*shape, layer.d_in)).astype("float32")
    x[0, 0] *= 1000
    expected = numpy_dense(x, layer.weight, layer.scale)
    y = np.asarray(layer(ops.convert_to_tensor(x)))
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)


def test_the_update_of_an_adapter_is_added_in_float32():
    layer, _ = filled_layer()
    generator = np.random.default_rng(2)
    A, B = generator.normal(size=(20, 3)), generator.normal(size=(3, 24))
    layer.allocate(2, 4)
    layer.bank.write(1, A, 0.5 * B)
    x = generator.normal(size=(2, 5, 20)).astype("float32")
    y = np.asarray(layer(ops.convert_to_tensor(x), context=Context(np.array([0, 1]))))
    expected = numpy_dense(x, layer.weight, layer.scale)
    expected[1] += 0.5 * (x[1] @ A @ B)
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("rows", [1, 2, 9])
def test_blocks_give_the_same_product_and_the_same_matrix(rows):
    layer, _ = filled_layer()
    x = np.random.default_rng(1).normal(size=(rows, 1, layer.d_in)).astype("float32")
    x, matrix = ops.convert_to_tensor(x), layer.matrix()
    expected = np.asarray(layer(x))
    layer.store_in_blocks(8)
    assert layer.is_blocked and layer.weight.dtype == "int8"
    np.testing.assert_array_equal(np.asarray(layer(x)), expected)
    whole = Context(unblocked={layer.name: layer.unblocked()})
    np.testing.assert_array_equal(np.asarray(layer(x, context=whole)), expected)
    np.testing.assert_array_equal(layer.matrix(), matrix)


def test_zeros_stay_zeros():
    layer, _ = filled_layer()
    assert not np.asarray(layer(ops.zeros((2, 3, 20)))).any()


def test_the_matrix_of_a_layer_is_the_one_that_it_computes_with():
    """DoRA's gains are computed from it."""
    layer, matrix = filled_layer()
    np.testing.assert_allclose(layer.matrix(), matrix, atol=np.abs(matrix).max() / 254 + 1e-6)
    np.testing.assert_array_equal(
        layer.matrix(), np.asarray(layer.weight) * np.asarray(layer.scale)[:, None]
    )


def test_an_embedding_gives_the_rounded_rows():
    matrix = np.random.default_rng(0).normal(size=(30, 8)).astype("float32")
    layer = Embedding("shared", 30, 8, "int8")
    layer.load(matrix)
    ids = np.array([[3, 29], [0, 3]])
    np.testing.assert_allclose(np.asarray(layer(ids)), layer.matrix()[ids], rtol=1e-6)


def test_every_matrix_of_the_model_computes_as_numpy_does(monkeypatch):
    model, inputs = ours.fresh_model("flan", "int8"), ours.inputs("flan", slice(0, 2))
    got = ours.logits(model, *inputs)
    used = []

    def multiply(layer, x, context):
        used.append(layer.name)
        return ops.convert_to_tensor(numpy_dense(x, layer.weight, layer.scale))

    monkeypatch.setattr(LoraDense, "_multiply", multiply)
    np.testing.assert_allclose(got, ours.logits(model, *inputs), rtol=1e-5, atol=1e-5)
    assert sorted(used) == sorted(model.lora_layers())


@pytest.mark.parametrize("name", ["flan", "v1_0"])
def test_int8_is_near_float32(name):
    expected = ours.reference(name)["logits"][:4]
    got = ours.logits(ours.fresh_model(name, "int8"), *ours.inputs(name, slice(0, 4)))
    assert got.dtype == np.float32 and np.isfinite(got).all()
    assert np.abs(got - expected).mean() < 0.05 * np.abs(expected).mean()


def test_the_shortlist_of_an_int8_head_gives_the_tokens_of_all_logits():
    model = ours.fresh_model("flan", "int8")
    model.prepare_steps()
    head = model.lm_head or model.shared
    assert model.shortlist.table is head.weight
    assert not model.shortlist.variables
    x = np.random.default_rng(3).normal(size=(2, 1, model.config.d_model)).astype("float32")
    tokens, scores = Shortlist(head.weight, head.scale).likeliest(ops.convert_to_tensor(x), 3)
    logits = x @ head.matrix().T
    expected = np.argsort(-logits, axis=-1)[..., :3]
    np.testing.assert_array_equal(np.asarray(tokens), expected)
    log_sums = np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    best = np.take_along_axis(logits, expected, axis=-1) - log_sums
    np.testing.assert_allclose(np.asarray(scores), best, atol=1e-3)


def test_an_adapter_of_dora_computes_as_with_float32():
    """Within the error of int8: gains are near 1.5, and the error is a few percent."""
    inputs, logits = ours.inputs("flan", slice(0, 2)), {}
    for precision in ("float32", "int8"):
        model = ours.fresh_model("flan", precision)
        adapter = dora_adapter(ours.shared_model("flan"), seed=4)
        _, (slot,) = AdapterSlots(model).load([adapter])
        logits[precision] = ours.logits(model, *inputs, context=Context(slot))
    error = np.abs(logits["int8"] - logits["float32"]).mean()
    change = np.abs(logits["float32"] - ours.logits(ours.shared_model("flan"), *inputs)).mean()
    assert error < 0.2 * change


def test_the_weights_take_at_most_a_third_of_float32s_memory():
    config = FLAN_T5["google/flan-t5-small"]
    stored = sum(v.value.dtype.size * int(np.prod(v.shape)) for v in T5(config, "int8").variables)
    assert 3 * stored <= 4 * total_parameters(config)
