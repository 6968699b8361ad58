"""Our T5 equals transformers' numbers, and has the properties of any T5."""

from dataclasses import replace

import numpy as np
import pytest
from keras import ops

from lora_demo.model import t5
from lora_demo.model.backend import compiled
from lora_demo.model.config import T5Config
from lora_demo.model.initialization import initialize
from lora_demo.model.loss import cross_entropy, shift_right
from lora_demo.model.positions import relative_position_buckets
from lora_demo.model.t5 import T5
from tests.fixtures import ours
from tests.fixtures.geometries import GEOMETRIES, HERE, LENGTHS

TINY = T5Config(
    vocab_size=30, d_model=8, d_kv=5, d_ff=12, num_layers=2, num_decoder_layers=1, num_heads=2
)


@pytest.mark.parametrize("name", GEOMETRIES)
def test_logits_equal_transformers(name):
    model = ours.shared_model(name)
    forward = compiled(lambda *arrays: model(*arrays), model.variables)
    np.testing.assert_allclose(
        forward(*ours.inputs(name)), ours.reference(name)["logits"], rtol=0, atol=1e-4
    )


def test_buckets_equal_transformers():
    for key, buckets in np.load(HERE / "buckets.npz").items():  # of distances -300..300
        both, count, limit = map(int, key.split("_"))
        config = replace(
            TINY, relative_attention_num_buckets=count, relative_attention_max_distance=limit
        )
        distance = np.arange(301)[None, :] - np.arange(301)[:, None]
        np.testing.assert_array_equal(
            relative_position_buckets(301, bool(both), config), buckets[distance + 300], err_msg=key
        )


# Keras warns of sources of one token.
@pytest.mark.filterwarnings("ignore:You are using a softmax over axis")
@pytest.mark.parametrize("row", range(len(LENGTHS)))
def test_row_alone_without_padding_equals_row_in_batch(row):
    ids, mask, decoder_ids = ours.inputs("odd", slice(row, row + 1))
    alone = ours.logits(
        ours.shared_model("odd"), ids[:, : LENGTHS[row]], mask[:, : LENGTHS[row]], decoder_ids
    )
    np.testing.assert_allclose(alone[0], ours.reference("odd")["logits"][row], rtol=0, atol=1e-4)


def test_padding_and_its_content_change_nothing():
    model, (ids, mask, decoder_ids) = ours.shared_model("flan"), ours.inputs("flan", slice(0, 4))
    plain = ours.logits(model, ids[:, :40], mask[:, :40], decoder_ids)
    littered = np.where(mask == 1, ids, 77)
    np.testing.assert_allclose(
        ours.logits(model, littered, mask, decoder_ids), plain, rtol=0, atol=1e-4
    )


def test_padding_before_the_source_changes_nothing_but_positions():
    """Attention is relative, so a source may be anywhere in its row."""
    model, (ids, mask, decoder_ids) = ours.shared_model("flan"), ours.inputs("flan", slice(3, 4))
    plain = ours.logits(model, ids, mask, decoder_ids)
    np.testing.assert_allclose(
        ours.logits(model, np.roll(ids, 50, 1), np.roll(mask, 50, 1), decoder_ids),
        plain,
        rtol=0,
        atol=1e-4,
    )


def test_decoder_does_not_look_ahead():
    model, (ids, mask, decoder_ids) = ours.shared_model("v1_0"), ours.inputs("v1_0", slice(0, 3))
    changed = decoder_ids.copy()
    changed[:, 6:] = 5
    before, after = (ours.logits(model, ids[:, :9], mask[:, :9], d) for d in (decoder_ids, changed))
    np.testing.assert_allclose(before[:, :6], after[:, :6], rtol=0, atol=1e-6)
    assert np.abs(before[:, 6:] - after[:, 6:]).max() > 0.1


@pytest.mark.parametrize("name", GEOMETRIES)
def test_steps_with_a_cache_equal_the_full_call(name):
    model, (ids, mask, decoder_ids) = ours.shared_model(name), ours.inputs(name)
    expected = np.asarray(ops.log_softmax(ours.reference(name)["logits"], axis=-1))
    step, cache = model.step_function(
        model.source(model.encode(ids, mask)),
        mask,
        length=decoder_ids.shape[1] + 5,
        count=expected.shape[-1],
    )
    for position in range(decoder_ids.shape[1]):
        tokens, scores, cache = step(
            ops.convert_to_tensor(decoder_ids[:, position : position + 1]), position, None, cache
        )
        assert (np.sort(tokens) == np.arange(expected.shape[-1])).all()
        assert (np.diff(scores) <= 0).all()
        np.testing.assert_allclose(
            scores[:, 0],
            np.take_along_axis(expected[:, position], np.asarray(tokens)[:, 0], -1),
            rtol=0,
            atol=1e-4,
        )


@pytest.mark.parametrize("precision", ["bfloat16", "mixed_bfloat16"])
@pytest.mark.parametrize("name", GEOMETRIES)
def test_bfloat16_is_finite_and_near_float32(name, precision):
    expected = ours.reference(name)["logits"]
    model = ours.fresh_model(name, precision)
    got = np.asarray(compiled(lambda *arrays: model(*arrays), model.variables)(*ours.inputs(name)))
    assert got.dtype == np.float32 and np.isfinite(got).all()
    assert np.abs(got - expected).mean() < 0.02 * np.abs(expected).mean()


@pytest.mark.parametrize("instructions", [{"avx2"}, {"avx2", "avx512f"}], ids=len)
def test_matrices_of_decoding_steps_are_stored_in_blocks_with_avx512(monkeypatch, instructions):
    monkeypatch.setattr(t5, "cpu_has", lambda *flags: not instructions.isdisjoint(flags))
    model = T5(replace(TINY, d_model=64, d_kv=32, d_ff=128))
    model.prepare_steps()
    rows = (
        "encoder",
        "decoder.block.0.layer.1.EncDecAttention.k",
        "decoder.block.0.layer.1.EncDecAttention.v",
    )
    blocked = (
        {path for path in model.lora_layers() if not path.startswith(rows)}
        if len(instructions) == 2
        else set()
    )
    assert {path for path, layer in model.lora_layers().items() if layer.is_blocked} == blocked


def test_float16_is_refused():
    with pytest.raises(ValueError, match="float16"):
        T5(TINY, "float16")


def test_shift_right_starts_with_the_start_token():
    config = replace(TINY, decoder_start_token_id=3)
    np.testing.assert_array_equal(
        shift_right(ops.convert_to_tensor([[7, 8, 9], [5, 1, 0]]), config), [[3, 7, 8], [3, 5, 1]]
    )


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_cross_entropy_equals_its_definition(smoothing):
    generator = np.random.default_rng(0)
    logits = generator.normal(size=(2, 3, 5)).astype("float32")
    labels = generator.integers(0, 5, (2, 3))
    weights = np.array([[1, 1, 0], [0.5, 0, 1]], "float32")
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    target = (1 - smoothing) * np.eye(5)[labels] + smoothing / 5
    expected = -(weights * (target * log_p).sum(-1)).sum()
    assert float(
        cross_entropy(logits, labels.astype("int32"), weights, smoothing)
    ) == pytest.approx(expected, rel=1e-5)


def test_initialize_follows_its_seed():
    models = [T5(TINY) for _ in range(3)]
    for model, seed in zip(models, (1, 1, 2), strict=False):
        initialize(model, seed)
    first, same, other = (
        {path: np.asarray(w) for path, w in model.parameters().items()} for model in models
    )
    assert all(np.array_equal(first[path], same[path]) for path in first)
    assert all(w.any() for w in first.values())
    assert any(not np.array_equal(first[path], other[path]) for path in first)
