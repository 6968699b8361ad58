"""LoRA's equalities, and our slots equal what PEFT computes from adapters that it saved."""

import math

import numpy as np
import pytest
from keras import ops, random

from lora_demo.model.backend import compiled
from lora_demo.model.batch_decoder import Decoder
from lora_demo.model.dense import LoraDense
from lora_demo.model.lora import Context
from lora_demo.model.lora_config import LoraConfig
from lora_demo.model.lora_initialization import initialize
from tests.fixtures import ours
from tests.fixtures.geometries import ADAPTERS

PEFT_ADAPTERS = [
    (name, f"{name}/adapter-{label}", settings)
    for name, labels in ADAPTERS.items()
    for label, settings in labels.items()
]


def scale(settings: dict) -> float:
    return LoraConfig(
        settings["r"], settings["lora_alpha"], use_rslora=settings.get("use_rslora", False)
    ).scale


def adapted(slots: int, r: int, name: str = "odd"):
    """Load a model and give every matrix an empty bank."""
    model = ours.fresh_model(name)
    for layer in model.lora_layers().values():
        layer.allocate(slots, r)
    return model


def fill(model, slot: int, r: int, seed: int, strength: float = 1.0):
    """Write a random adapter that moves the logits far."""
    generator = np.random.default_rng(seed)
    for layer in model.lora_layers().values():
        layer.bank.write(
            slot,
            generator.normal(size=(layer.d_in, r)) / layer.d_in**0.5,
            generator.normal(size=(r, layer.d_out)) * 0.2 * strength,
        )


@pytest.fixture
def batch():
    """Return six rows of up to 40 tokens: four sources of the reference, and two of them again."""
    ids, mask, decoder_ids = (array[[0, 1, 2, 3, 3, 2]] for array in ours.inputs("odd"))
    return ids[:, :40], mask[:, :40], decoder_ids


@pytest.mark.parametrize(("name", "folder", "settings"), PEFT_ADAPTERS)
def test_logits_equal_peft(name, folder, settings):
    model = ours.fresh_model(name)
    ours.write_adapter(model, folder, scale(settings))
    got = ours.logits(model, *ours.inputs(name), context=Context(0))
    np.testing.assert_allclose(got, ours.reference(folder)["logits"], rtol=0, atol=1e-4)
    assert np.abs(got - ours.reference(name)["logits"]).max() > 0.1


@pytest.mark.parametrize(("name", "folder", "settings"), PEFT_ADAPTERS)
def test_loss_and_gradients_equal_peft(name, folder, settings):
    model, expected = ours.fresh_model(name), ours.reference(folder)
    ours.write_adapter(model, folder, scale(settings))
    loss, gradients = ours.loss_and_gradients(
        model, *(ours.reference(name)[key] for key in ("ids", "mask", "labels"))
    )
    assert loss == pytest.approx(float(expected["loss"]), rel=1e-5)
    assert set(gradients) == {key for key in expected if "lora_" in key}
    for key, gradient in gradients.items():
        np.testing.assert_allclose(
            gradient, expected[key], rtol=0, atol=1e-3 * np.abs(expected[key]).max(), err_msg=key
        )


def test_a_new_adapter_changes_nothing(batch):
    model = adapted(slots=1, r=3)
    initialize(model.lora_layers(), seed=1)
    np.testing.assert_array_equal(
        ours.logits(model, *batch, context=Context(0)), ours.logits(model, *batch)
    )


def test_a_new_adapter_starts_as_in_peft():
    model = adapted(slots=1, r=16, name="flan")
    initialize(model.lora_layers(), seed=1)
    for path, layer in model.lora_layers().items():
        A = np.asarray(layer.bank.A)
        bound = 1 / math.sqrt(layer.d_in)
        assert np.abs(A).max() <= bound, path
        assert A.std() == pytest.approx(bound / math.sqrt(3), rel=0.1), path
        assert not np.asarray(layer.bank.B).any()


def test_slot_zero_and_a_cleared_slot_equal_the_base(batch):
    model = adapted(slots=3, r=4)
    fill(model, 1, 4, seed=1)
    base = ours.logits(model, *batch)
    np.testing.assert_array_equal(ours.logits(model, *batch, context=Context(0)), base)
    assert np.abs(ours.logits(model, *batch, context=Context(1)) - base).max() > 1
    for layer in model.lora_layers().values():
        layer.bank.clear(1)
    np.testing.assert_array_equal(ours.logits(model, *batch, context=Context(1)), base)


def test_a_row_in_a_mixed_batch_equals_the_row_alone_with_its_adapter(batch):
    model, slots = adapted(slots=4, r=4), np.array([2, 0, 1, 3, 0, 1], "int32")
    for slot, r in ((1, 4), (2, 1), (3, 3)):
        fill(model, slot, r, seed=slot)
    mixed = ours.logits(model, *batch, context=Context(slots))
    for row, slot in enumerate(slots):
        alone = ours.logits(
            model, *(array[row : row + 1] for array in batch), context=Context(int(slot))
        )
        np.testing.assert_allclose(mixed[row], alone[0], rtol=0, atol=1e-4)
    assert np.abs(mixed[3] - mixed[4]).max() > 1  # the same text, two adapters


def test_rows_of_each_adapter_get_their_own_batches_if_one_batch_is_too_small():
    """More than 16 rows of an adapter share one product."""
    model, reference = adapted(slots=3, r=4, name="flan"), ours.reference("flan")
    for slot in (1, 2):
        fill(model, slot, 4, seed=slot)
    sources = [
        ids[mask == 1].tolist()
        for ids, mask in zip(reference["prompts"][:32], reference["prompt_mask"], strict=False)
    ]
    rows = [(source, slot) for source in sources for slot in range(3)]
    strengths = [1.0, 0.5, 2.0, 1.5] * 24
    asked = []

    def decode(part: slice, decoder=None):
        decoder = decoder or Decoder(model, rows=(16, 32), lengths=(64,))
        run = decoder.programs.run
        decoder.programs.run = lambda program, arrays: (
            asked.append(arrays[2].tolist()) or run(program, arrays)
        )
        asked.clear()
        try:
            return decoder.decode(
                *map(list, zip(*rows[part], strict=False)), strengths[part], max_new_tokens=6
            )
        finally:
            decoder.programs.run = run

    together = [row for start in (0, 32, 64) for row in decode(slice(start, start + 32))]
    assert len(set(asked[0])) == 3
    assert together[0] != together[1] != together[2]
    decoder = Decoder(model, rows=(16, 32), lengths=(64,))
    for count in (96, 90):
        assert decode(slice(count), decoder) == together[:count]
        assert asked == [0, 1, 2]
    # A few rows of one adapter reuse that program; rows of two adapters cannot.
    assert decode(slice(1, 13, 3), decoder) == together[1:13:3]
    assert asked == [1]
    assert decode(slice(2), decoder) == together[:2]
    assert asked == [[0, *[1] * 31]]
    assert decode(slice(48)) == together[:48]
    assert asked == [[slot] * 32 for slot in range(3)]
    # Sorted by slot, these rows would fill three batches.
    assert decode(slice(60)) == together[:60]
    assert [len(set(slots)) for slots in asked] == [3, 3]


def test_a_smaller_rank_padded_with_zeros_is_exact(batch):
    narrow, wide = adapted(slots=1, r=2), adapted(slots=1, r=16)
    for model in (wide, narrow):
        fill(model, 0, 2, seed=9)
    np.testing.assert_allclose(
        ours.logits(wide, *batch, context=Context(0)),
        ours.logits(narrow, *batch, context=Context(0)),
        rtol=0,
        atol=1e-4,
    )


def test_writing_a_smaller_rank_erases_a_larger_one(batch):
    used, new = adapted(slots=1, r=8), adapted(slots=1, r=8)
    fill(used, 0, 8, seed=4)
    for model in (used, new):
        fill(model, 0, 2, seed=5)
    np.testing.assert_array_equal(
        ours.logits(used, *batch, context=Context(0)), ours.logits(new, *batch, context=Context(0))
    )


def test_merged_equals_unmerged(batch):
    model = adapted(slots=1, r=4)
    fill(model, 0, 4, seed=2)
    unmerged = ours.logits(model, *batch, context=Context(0))
    for layer in model.lora_layers().values():
        A, B = (np.asarray(v)[0] for v in layer.bank.variables)
        layer.weight.assign(np.asarray(layer.weight) + (A @ B).T)
    np.testing.assert_allclose(ours.logits(model, *batch), unmerged, rtol=0, atol=1e-4)


def test_blocks_change_no_product():
    """Of one row and of many, with an adapter, and if the width does not divide the matrix."""
    layer, generator = LoraDense("matrix", 20, 24, "float32"), np.random.default_rng(0)
    layer.weight.assign(generator.standard_normal((24, 20)))
    layer.allocate(1, 4)
    layer.bank.write(0, generator.standard_normal((20, 4)), generator.standard_normal((4, 24)))
    rows = [
        ops.convert_to_tensor(generator.standard_normal(shape), "float32")
        for shape in ((1, 1, 20), (3, 5, 20))
    ]

    def products():
        return [
            np.asarray(layer(x, context=context))
            for x in rows
            for context in (Context(), Context(0))
        ]

    before = products()
    layer.store_in_blocks(7)
    assert layer.weight.shape == (24, 20)
    layer.store_in_blocks(8)
    assert layer.weight.shape == (3, 20, 8)
    assert [v.shape for v in layer.variables] == [(3, 20, 8)]
    for x, y in zip(products(), before, strict=False):
        np.testing.assert_allclose(x, y, rtol=1e-5, atol=1e-5)


def test_a_compiled_function_uses_an_adapter_that_is_written_later(batch):
    """Loading an adapter does not trace or compile again."""
    model, traces = adapted(slots=2, r=4), []

    def forward(ids, mask, decoder_ids, slots):
        traces.append(1)
        return model(ids, mask, decoder_ids, context=Context(slots))

    forward, slots = compiled(forward, ours.variables(model)), np.array([0, 1, 1, 1, 0, 1], "int32")
    before = np.asarray(forward(*batch, slots))
    fill(model, 1, 4, seed=3)
    after = np.asarray(forward(*batch, slots))
    np.testing.assert_allclose(
        after, ours.logits(model, *batch, context=Context(slots)), rtol=0, atol=1e-4
    )
    assert np.abs(after - before)[slots == 1].max() > 1 and len(traces) == 1


def test_strength_multiplies_the_update_of_a_row_and_zero_is_the_base(batch):
    model, slots = adapted(slots=2, r=4), np.ones(6, "int32")
    fill(model, 1, 4, seed=8)
    strengths = np.array([0, 1, 0.5, 2, 0.5, 1], "float32")[:, None, None]
    mixed = ours.logits(model, *batch, context=Context(slots, strengths=strengths))
    np.testing.assert_array_equal(mixed[0], ours.logits(model, *batch)[0])
    np.testing.assert_array_equal(
        mixed[[1, 5]], ours.logits(model, *batch, context=Context(slots))[[1, 5]]
    )
    for strength, rows in ((0.5, [2, 4]), (2, [3])):
        fill(model, 1, 4, seed=8, strength=strength)
        np.testing.assert_allclose(
            mixed[rows], ours.logits(model, *batch, context=Context(slots))[rows], rtol=0, atol=1e-4
        )
    assert np.abs(mixed[3] - mixed[4]).max() > 1  # the same text, two strengths


def test_dropout_of_the_adapters_input_leaves_the_base_unchanged(batch):
    model = adapted(slots=2, r=4)
    fill(model, 1, 4, seed=6)
    base, full = (ours.logits(model, *batch, context=Context(slot)) for slot in (0, 1))

    def dropped(slot):
        return ours.logits(
            model, *batch, context=Context(slot, lora_dropout=0.5, seeds=random.SeedGenerator(7))
        )

    np.testing.assert_array_equal(dropped(0), base)
    assert np.abs(dropped(1) - full).max() > 0.1
    np.testing.assert_array_equal(dropped(1), dropped(1))


@pytest.mark.parametrize("is_compiled", [False, True])
def test_dropout_keeps_the_mean_and_drops_others_each_time(is_compiled):
    context = Context(dropout=0.25, seeds=random.SeedGenerator(1))
    drop = compiled(context.drop, [context.seeds.state]) if is_compiled else context.drop
    ones = ops.ones((1, 200, 200))
    first, second = np.asarray(drop(ones)), np.asarray(drop(ones))
    for dropped in (first, second):
        assert dropped.mean() == pytest.approx(1, abs=0.02)
        assert (dropped == 0).mean() == pytest.approx(0.25, abs=0.02)
    assert (first == second).mean() == pytest.approx(0.25**2 + 0.75**2, abs=0.02)


def test_bfloat16_adapters_stay_near_float32():
    name, folder, settings = PEFT_ADAPTERS[0]
    model = ours.fresh_model(name, "bfloat16")
    ours.write_adapter(model, folder, scale(settings))
    got = ours.logits(model, *ours.inputs(name), context=Context(0))
    expected = ours.reference(folder)["logits"]
    assert model.lora_layers()["encoder.block.0.layer.0.SelfAttention.q"].bank.A.dtype == "float32"
    assert np.abs(got - expected).mean() < 0.03 * np.abs(expected).mean()


def test_scale_is_alpha_over_r_or_its_root():
    assert LoraConfig(4, 10).scale == 2.5
    assert LoraConfig(4, 10, use_rslora=True).scale == 5.0


@pytest.mark.parametrize(
    "wrong",
    [
        {"r": 0},
        {"r": 4097},
        {"r": 2.0},
        {"r": True},
        {"lora_alpha": 0},
        {"lora_alpha": math.inf},
        {"lora_alpha": "8"},
        {"lora_dropout": 1.0},
        {"lora_dropout": -0.1},
        {"r": -1, "lora_dropout": 2},
    ],
    ids=str,
)
def test_wrong_settings_are_named_in_one_sentence(wrong):
    with pytest.raises(ValueError, match="LoRA settings: ") as caught:
        LoraConfig(**wrong)
    message = str(caught.value)
    assert all(name in message for name in wrong)
    assert message.endswith(".")
    assert "\n" not in message
