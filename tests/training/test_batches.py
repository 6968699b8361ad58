"""Batches: every example comes once an epoch, rows hold what fits, and sentences that share a row do not see each other."""

import numpy as np
import pytest

from lora_demo.data.encoding import Example
from lora_demo.data.packing import Shape, pack, plan_shape
from lora_demo.training.batches import IGNORE, Batches, make_batch
from tests.tiny import tiny_base  # noqa: F401  (a fixture)

EXAMPLES = [Example([i + 2] * (i % 11 + 1), [i + 2] * (i % 7 + 1)) for i in range(53)]


def tokens(packed, side: str) -> list[int]:
    return [sum(len(getattr(EXAMPLES[i], side)) for i in row) for row in packed]


@pytest.mark.parametrize("most", [1, 3, 100])
def test_rows_hold_every_example_once_and_what_fits(most):
    packed = pack(EXAMPLES, Shape(2, 24, 16), most, seed=3)
    assert sorted(i for row in packed for i in row) == list(range(53))
    assert (
        max(map(len, packed)) <= most
        and max(tokens(packed, "source")) <= 24
        and max(tokens(packed, "target")) <= 16
    )
    assert (
        packed
        == pack(EXAMPLES, Shape(2, 24, 16), most, seed=3)
        != pack(EXAMPLES, Shape(2, 24, 16), most, seed=4)
    )


@pytest.mark.parametrize("pairs", [1, 4, 16, 64])
def test_a_planned_shape_takes_the_longest_and_about_so_many_pairs(pairs):
    random = np.random.default_rng(0)
    lengths = [(int(n), int(n * random.uniform(0.5, 1))) for n in 2 + random.gamma(4, 5, 2000)]
    examples = [Example([5] * n, [5] * m) for n, m in [*lengths, (150, 40), (90, 110)]]
    shape = plan_shape(examples, pairs)
    assert shape.source >= 150 and shape.target >= 110
    packed = pack(examples, shape, pairs, seed=0)
    if pairs >= 16:
        assert len(examples) / len(packed) * shape.rows == pytest.approx(pairs, rel=0.1)
        assert sum(len(e.source) + len(e.target) for e in examples) > 0.85 * len(packed) * (
            shape.source + shape.target
        )


def test_every_example_comes_once_an_epoch_and_order_depends_on_seed_and_epoch_alone():
    shape = Shape(4, 24, 16)
    packed = pack(EXAMPLES, shape, 4, seed=5)
    batches = Batches(EXAMPLES, packed, shape, seed=5)
    seen = lambda epoch: [
        batches.batch(epoch * batches.per_epoch + i) for i in range(batches.per_epoch)
    ]
    for epoch in (0, 1):
        for ids, segments in [("ids", "segments"), ("labels", "target_segments")]:
            found = {
                int(value)
                for batch in seen(epoch)
                for value in np.unique(getattr(batch, ids)[getattr(batch, segments) > 0])
            }
            assert found == {i + 2 for i in range(53)}
        assert sum(batch.tokens for batch in seen(epoch)) == sum(
            len(e.source) + len(e.target) for e in EXAMPLES
        )
    again = Batches(EXAMPLES, packed, shape, seed=5)
    assert np.array_equal(
        again.batch(batches.per_epoch + 1).ids, batches.batch(batches.per_epoch + 1).ids
    )
    assert any(not np.array_equal(a.labels, b.labels) for a, b in zip(seen(0), seen(1)))


def test_rows_are_laid_out_one_example_after_the_other():
    batch = make_batch([[Example([5, 6, 1], [7, 1]), Example([8, 1], [9, 9, 1])]], Shape(2, 8, 6))
    assert batch.ids.tolist() == [[5, 6, 1, 8, 1, 0, 0, 0], [0] * 8]
    assert batch.segments.tolist() == [[1, 1, 1, 2, 2, 0, 0, 0], [0] * 8]
    assert batch.labels.tolist() == [[7, 1, 9, 9, 1, IGNORE], [IGNORE] * 6]
    assert batch.target_segments.tolist() == [[1, 1, 2, 2, 2, 0], [0] * 6]
    assert batch.targets == 5 and batch.tokens == 10


def test_a_packed_batch_has_the_loss_and_the_gradient_of_its_examples_alone(tiny_base):  # noqa: F811
    """A packed row where sentences saw each other, or stood elsewhere, would end with other weights."""
    from lora_demo.checkpoints.base import find_base, load_model
    from lora_demo.model.lora import initialize
    from lora_demo.training.steps import Stepper

    random = np.random.default_rng(1)
    examples = [
        Example(random.integers(5, 200, n).tolist(), random.integers(5, 200, m).tolist())
        for n, m in [(3, 4), (9, 2), (5, 8), (12, 6)]
    ]
    found = []
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
            layer.allocate(1, 4)
        initialize(layers, dict.fromkeys(layers, 2.0), seed=0)
        trained = [v for layer in layers.values() for v in (layer.bank.A, layer.bank.B)]
        stepper, batch = (
            Stepper(
                model, trained, [*model.variables, *(layer.bank.scale for layer in layers.values())]
            ),
            make_batch(rows, shape),
        )
        losses = [stepper.step([batch], 1e-2, 0) for _ in range(3)] + [stepper.evaluate([batch])]
        found.append((losses, [np.asarray(v) for v in trained]))
    np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-5)
    for one, other in zip(found[0][1], found[1][1]):
        np.testing.assert_allclose(one, other, atol=2e-4)
