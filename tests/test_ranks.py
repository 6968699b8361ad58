"""An adapter cut to several ranks in one batch equals its reductions, one by one."""

import numpy as np
import pytest

from lora_demo.checkpoints.adapters import read_adapter
from lora_demo.checkpoints.base import find_base
from lora_demo.checkpoints.reducing import order_components, reduce_adapter
from lora_demo.model.lora_config import LoraConfig
from lora_demo.translation_request import rank_steps
from lora_demo.translator import Translator
from tests.checkpoints.adapter_folders import write_random

SENTENCES = ["Salz", "Den Teig kneten."]
R = 6


@pytest.fixture(scope="module")
def translator(tiny_base):
    return Translator(str(tiny_base))


@pytest.fixture(scope="module")
def folder(tiny_base, tmp_path_factory):
    root = tmp_path_factory.mktemp("adapters")
    lora = LoraConfig(R, 50, 0.0, ("q", "v", "wo"))
    return write_random(root / "trained", find_base(str(tiny_base)), lora, seed=1)


def test_every_rank_translates_as_the_adapter_reduced_to_it(translator, folder, tmp_path):
    config = translator.base.config
    adapter = read_adapter(folder, config)
    reduced = [tmp_path / str(rank) for rank in range(1, R)]
    for rank, path in enumerate(reduced, 1):
        reduce_adapter(adapter, rank, path, config, str(rank))
    options = {"max_new_tokens": 12}
    for beams in (1, 3):
        options |= {"num_beams": beams}
        columns = translator.at_ranks(SENTENCES, folder, strength=0.8, **options)
        systems = [*reduced, folder]
        alone = translator.compare(SENTENCES, systems, strengths=[0.8] * R, **options)
        assert [column.rank for column in columns] == list(range(R + 1))
        assert [column.texts for column in columns] == [column.texts for column in alone]
        assert len({tuple(column.texts) for column in columns}) > R / 2


def test_more_rows_than_a_gathered_batch_take_the_same_matrices(translator, folder):
    texts = SENTENCES * 6
    many = translator.at_ranks(texts, folder, [0, R // 2, R], max_new_tokens=8)
    few = translator.at_ranks(SENTENCES, folder, [0, R // 2, R], max_new_tokens=8)
    assert [column.texts for column in many] == [column.texts * 6 for column in few]


def test_the_first_components_of_an_ordered_adapter_are_its_nearest_of_that_rank(
    translator, folder
):
    adapter = read_adapter(folder, translator.base.config)
    ordered = order_components(adapter)
    for path, (A, B, scale) in adapter.matrices.items():
        U, S, Vt = np.linalg.svd(scale * A @ B, full_matrices=False)
        ordered_A, ordered_B, one = ordered.matrices[path]
        assert one == 1
        for rank in range(R + 1):
            nearest = (U[:, :rank] * S[:rank]) @ Vt[:rank]
            assert ordered_A[:, :rank] @ ordered_B[:rank] == pytest.approx(nearest, abs=1e-5)


def test_ranks_leave_a_comparison_unchanged(translator, folder):
    before = translator.compare(SENTENCES, [folder], max_new_tokens=8)
    translator.at_ranks(SENTENCES, folder, max_new_tokens=8)
    after = translator.compare(SENTENCES, [folder], max_new_tokens=8)
    assert [column.texts for column in after] == [column.texts for column in before]


@pytest.mark.parametrize("ranks", [[], [-1], [R + 1], [1.5], [True]])
def test_ranks_out_of_range_are_refused(translator, folder, ranks):
    with pytest.raises(ValueError, match=f"whole numbers from 0 to the adapter's {R}"):
        translator.at_ranks(SENTENCES, folder, ranks)


def test_an_adapter_of_dora_has_no_lower_ranks(translator, tiny_base, tmp_path):
    lora = LoraConfig(4, 8, 0.0, ("q", "v"), use_dora=True)
    folder = write_random(tmp_path / "dora", find_base(str(tiny_base)), lora, seed=1)
    with pytest.raises(ValueError, match="DoRA adapter, and a lower rank needs plain LoRA"):
        translator.at_ranks(SENTENCES, folder)


def test_high_ranks_are_thinned_out():
    assert rank_steps(1) == [0, 1]
    assert rank_steps(16) == list(range(17))
    steps = rank_steps(64)
    assert steps[:4] == [0, 1, 2, 3] and steps[-1] == 64 and len(steps) <= 17
    assert steps == sorted(set(steps))


def test_adapters_beyond_the_limit_of_the_cache_are_dropped(translator, folder, monkeypatch):
    monkeypatch.setattr(translator, "_cache", {})
    monkeypatch.setattr("lora_demo.translator.MAX_CACHED_ADAPTERS", 1)
    translator.at_ranks(SENTENCES, folder, [1], max_new_tokens=4)
    assert len(translator._cache) == 1
