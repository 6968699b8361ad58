"""Compare with the installed transformers and PEFT; skipped without torch."""

import shutil
from itertools import product

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
peft = pytest.importorskip("peft")

from lora_demo.model.backend import compiled  # noqa: E402
from lora_demo.model.config import FLAN_T5  # noqa: E402
from lora_demo.model.parameters import count_adapter  # noqa: E402
from lora_demo.model.shapes import total_parameters  # noqa: E402
from tests.fixtures import geometries, make, ours  # noqa: E402  (after the libraries that may be missing)

ANSWER = 8
"""Tokens that the larger model generates, to save time."""


@pytest.fixture(scope="module")
def flan_t5_small(tmp_path_factory):
    """Load FLAN-T5-small's geometry with random weights in transformers and in our model."""
    folder = tmp_path_factory.mktemp("flan-t5-small")
    make.save_checkpoint(folder, geometries.FLAN_T5_SMALL, tied=False)
    theirs, model = make.load_reference(folder), ours.fresh_model(folder)
    yield theirs, model
    shutil.rmtree(folder)


def test_logits_of_flan_t5_small(flan_t5_small):
    theirs, model = flan_t5_small
    inputs = {
        key: array[[0, 3, 5, 6, 8]]
        for key, array in make.teacher_forcing_inputs(model.config.vocab_size).items()
    }
    forward = compiled(lambda *arrays: model(*arrays), model.variables)
    np.testing.assert_allclose(
        forward(inputs["ids"], inputs["mask"], inputs["decoder_ids"]),
        make.logits(theirs, **inputs),
        rtol=0,
        atol=1e-4,
    )


@pytest.mark.parametrize("num_beams", [None, 4])
def test_ids_of_flan_t5_small(flan_t5_small, num_beams):
    theirs, model = flan_t5_small
    ids, mask = make.prompts(model.config.vocab_size)
    expected = make.generate(theirs, ids, mask, num_beams=num_beams, limit=ANSWER)
    np.testing.assert_array_equal(
        ours.search(model, num_beams, compile=False)(ids, mask, limit=ANSWER), expected
    )


@pytest.mark.parametrize(
    "feed_forward", ["relu", "gelu", "silu", "gated-relu", "gated-gelu", "gated-silu"]
)
def test_logits_of_other_geometries(tmp_path, feed_forward):
    generator = np.random.default_rng(len(feed_forward))
    sizes = {
        name: int(generator.integers(low, high))
        for name, low, high in (
            ("d_model", 6, 30),
            ("d_kv", 3, 12),
            ("d_ff", 8, 40),
            ("num_heads", 1, 5),
            ("num_layers", 1, 4),
            ("num_decoder_layers", 1, 4),
            ("vocab_size", 30, 90),
        )
    }
    make.save_checkpoint(
        tmp_path,
        dict(sizes, feed_forward_proj=feed_forward),
        tied=bool(generator.integers(2)),
        seed=7,
    )
    inputs = make.teacher_forcing_inputs(sizes["vocab_size"])
    got = ours.logits(
        ours.fresh_model(tmp_path), inputs["ids"], inputs["mask"], inputs["decoder_ids"]
    )
    np.testing.assert_allclose(
        got, make.logits(make.load_reference(tmp_path), **inputs), rtol=0, atol=1e-4
    )


def test_the_installed_peft_agrees_on_every_matrix(tmp_path):
    make.save_adapter(
        tmp_path,
        geometries.HERE / "v1_0",
        {"r": 5, "lora_alpha": 1, "target_modules": ["q", "k", "v", "o", "wi", "wo"]},
        seed=11,
    )
    model, expected = ours.fresh_model("v1_0"), np.load(tmp_path / "reference.npz")
    ours.write_adapter(model, tmp_path, scale=1 / 5)
    loss, gradients = ours.loss_and_gradients(
        model, *(ours.reference("v1_0")[key] for key in ("ids", "mask", "labels"))
    )
    assert loss == pytest.approx(float(expected["loss"]), rel=1e-5)
    assert len(gradients) == 2 * len(model.lora_layers())
    for key, gradient in gradients.items():
        np.testing.assert_allclose(
            gradient, expected[key], rtol=0, atol=1e-3 * np.abs(expected[key]).max(), err_msg=key
        )


@pytest.mark.parametrize(
    ("size", "targets"), product(["small", "base", "large"], ["q,v", "attention", "all-linear"])
)
def test_counts_equal_pefts(size, targets):
    config = FLAN_T5[f"google/flan-t5-{size}"]
    with torch.device("meta"):
        base = transformers.T5ForConditionalGeneration(
            transformers.T5Config(
                **{
                    key: value
                    for key, value in config.to_json().items()
                    if key not in ("architectures", "model_type")
                }
            )
        )
        head = (
            0
            if base.lm_head.weight is not base.shared.weight
            else config.d_model * config.vocab_size
        )
        count = count_adapter(config, 8, targets)
        model = peft.get_peft_model(
            base, peft.LoraConfig(task_type="SEQ_2_SEQ_LM", r=8, target_modules=list(count.targets))
        )
    trainable, everything = model.get_nb_trainable_parameters()
    assert (trainable, everything + head) == (
        count.trainable,
        total_parameters(config) + count.trainable,
    )


def test_make_gives_the_stored_numbers(tmp_path):
    for key, buckets in make.reference_buckets().items():
        np.testing.assert_array_equal(buckets, np.load(geometries.HERE / "buckets.npz")[key])
    make.save_checkpoint(tmp_path, geometries.GEOMETRIES["uneven"], tied=False)
    inputs = make.teacher_forcing_inputs(geometries.GEOMETRIES["uneven"]["vocab_size"])
    stored = ours.reference("uneven")
    assert all(np.array_equal(array, stored[key]) for key, array in inputs.items())
    np.testing.assert_allclose(
        make.logits(make.load_reference(tmp_path), **inputs), stored["logits"], rtol=0, atol=1e-4
    )
