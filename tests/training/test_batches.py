"""Batches hold every example once an epoch; sentences in one row do not see each other."""

import numpy as np
import pytest

from lora_demo.data.encoding import Example
from lora_demo.data.packing import Shape, pack, plan_shape
from lora_demo.training.batches import IGNORE, Batches, make_batch

EXAMPLES = [Example([i + 2] * (i % 11 + 1), [i + 2] * (i % 7 + 1)) for i in range(53)]


def row_sizes(packed, side: str) -> list[int]:
    """Count the tokens of each row."""
    return [sum(len(getattr(EXAMPLES[i], side)) for i in row) for row in packed]


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_packing_keeps_every_example_once_and_within_the_limits(limit):
    shape = Shape(2, 24, 16)
    packed = pack(EXAMPLES, shape, limit, seed=3)
    assert sorted(i for row in packed for i in row) == list(range(53))
    assert max(map(len, packed)) <= limit
    assert max(row_sizes(packed, "source")) <= 24
    assert max(row_sizes(packed, "target")) <= 16
    assert packed == pack(EXAMPLES, shape, limit, seed=3)
    assert packed != pack(EXAMPLES, shape, limit, seed=4)


@pytest.mark.parametrize("pairs", [1, 4, 16, 64])
def test_a_planned_shape_fits_the_longest_pair_and_about_the_given_number_of_pairs(pairs):
    random = np.random.default_rng(0)
    lengths = [(int(n), int(n * random.uniform(0.5, 1))) for n in 2 + random.gamma(4, 5, 2000)]
    examples = [Example([5] * n, [5] * m) for n, m in [*lengths, (150, 40), (90, 110)]]
    shape = plan_shape(examples, pairs)
    assert shape.source >= 150 and shape.target >= 110
    packed = pack(examples, shape, pairs, seed=0)
    if pairs >= 16:
        assert len(examples) / len(packed) * shape.rows == pytest.approx(pairs, rel=0.1)
        used = sum(len(e.source) + len(e.target) for e in examples)
        assert used > 0.85 * len(packed) * (shape.source + shape.target)


def test_every_epoch_has_each_example_once_in_an_order_set_by_seed_and_epoch():
    shape = Shape(4, 24, 16)
    packed = pack(EXAMPLES, shape, 4, seed=5)
    batches = Batches(EXAMPLES, packed, shape, seed=5)

    def epoch_batches(epoch):
        first = epoch * batches.per_epoch
        return [batches.batch(first + i) for i in range(batches.per_epoch)]

    for epoch in (0, 1):
        for ids, segments in [("ids", "segments"), ("labels", "target_segments")]:
            values = set()
            for batch in epoch_batches(epoch):
                is_used = getattr(batch, segments) > 0
                values |= set(getattr(batch, ids)[is_used].tolist())
            assert values == {i + 2 for i in range(53)}
        tokens = sum(batch.tokens for batch in epoch_batches(epoch))
        assert tokens == sum(len(e.source) + len(e.target) for e in EXAMPLES)
    again = Batches(EXAMPLES, packed, shape, seed=5)
    step = batches.per_epoch + 1
    assert np.array_equal(again.batch(step).ids, batches.batch(step).ids)
    both = zip(epoch_batches(0), epoch_batches(1), strict=True)
    assert any(not np.array_equal(a.labels, b.labels) for a, b in both)


def test_a_row_holds_its_examples_one_after_the_other():
    batch = make_batch([[Example([5, 6, 1], [7, 1]), Example([8, 1], [9, 9, 1])]], Shape(2, 8, 6))
    assert batch.ids.tolist() == [[5, 6, 1, 8, 1, 0, 0, 0], [0] * 8]
    assert batch.segments.tolist() == [[1, 1, 1, 2, 2, 0, 0, 0], [0] * 8]
    assert batch.labels.tolist() == [[7, 1, 9, 9, 1, IGNORE], [IGNORE] * 6]
    assert batch.target_segments.tolist() == [[1, 1, 2, 2, 2, 0], [0] * 6]
    assert batch.targets == 5 and batch.tokens == 10


def test_packed_rows_train_the_same_weights_as_one_example_per_row(tiny_base):
    """The weights would differ if sentences of a row saw each other or had other positions."""
    from lora_demo.checkpoints.base import find_base, load_model
    from lora_demo.model.lora_initialization import initialize
    from lora_demo.training.steps import Stepper

    random = np.random.default_rng(1)
    examples = [
        Example(random.integers(5, 200, n).tolist(), random.integers(5, 200, m).tolist())
        for n, m in [(3, 4), (9, 2), (5, 8), (12, 6)]
    ]
    results = []
    for rows, shape in [
        ([[e] for e in examples], Shape(4, 16, 8)),
        ([examples[:3], examples[3:]], Shape(2, 24, 16)),
    ]:
        model = load_model(find_base(str(tiny_base)))
        layers = {
            path: layer
            for path, layer in model.lora_layers().items()
            if path.endswith((".q", ".v"))
        }
        for layer in layers.values():
            layer.allocate(1, 4, scale=2.0)
        initialize(layers, seed=0)
        trained = [v for layer in layers.values() for v in (layer.bank.A, layer.bank.B)]
        stepper = Stepper(model, trained, model.variables)
        batch = make_batch(rows, shape)
        losses = [stepper.step([batch], 1e-2, 0) for _ in range(3)]
        losses.append(stepper.evaluate([batch]))
        results.append((losses, [np.asarray(v) for v in trained]))
    (alone_losses, alone), (packed_losses, packed) = results
    np.testing.assert_allclose(alone_losses, packed_losses, rtol=1e-5)
    for one, other in zip(alone, packed, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-4)
