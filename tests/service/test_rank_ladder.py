"""Translations of an adapter at each rank, and the part of its update that each rank keeps."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from lora_demo.checkpoints.adapters import read_adapter
from lora_demo.service.comparison import MAX_LADDER_SENTENCES, Comparisons
from lora_demo.translator import Translator

TEXT = "Salz\nDen Teig kneten."


@pytest.fixture
def comparisons(services):
    translator = Translator(services.loader.base)
    return Comparisons(services.library, SimpleNamespace(translator=lambda: translator))


def test_the_ladder_begins_at_the_base_and_ends_at_the_adapter(comparisons):
    ladder = comparisons.at_ranks(TEXT, "kitchen", "", max_tokens=8)
    translator = comparisons.loader.translator()
    folder = comparisons.library.find("kitchen", "").folder
    base, tuned = translator.compare(TEXT.split("\n"), [folder], max_new_tokens=8)
    assert ladder.ranks == [0, 1, 2, 3, 4]
    assert ladder.sentences == TEXT.split("\n")
    assert ladder.texts[0] == base.texts
    assert ladder.texts[-1] == tuned.texts != base.texts
    steps = ladder.to_json()["steps"]
    assert [step["texts"] for step in steps] == ladder.texts


def test_kept_shares_and_singular_values_are_those_of_numpy(comparisons):
    ladder = comparisons.at_ranks(TEXT, "kitchen", "", max_tokens=8)
    adapter = read_adapter(
        comparisons.library.find("kitchen", "").folder, comparisons.library.config
    )
    spectra = [
        np.linalg.svd(scale * A @ B, compute_uv=False)[:4]
        for A, B, scale in adapter.matrices.values()
    ]
    squares = np.square(spectra)
    kept = np.cumsum(squares.sum(0)) / squares.sum()
    assert ladder.kept == pytest.approx([0, *kept], abs=1e-5)
    assert ladder.singular_values == pytest.approx(np.sqrt(squares.mean(0)), rel=1e-4)


def test_strength_scales_the_update_of_every_rank(comparisons):
    at_zero = comparisons.at_ranks(TEXT, "kitchen", "", strength=0, max_tokens=8)
    assert all(texts == at_zero.texts[0] for texts in at_zero.texts)


def test_wrong_values_are_refused(comparisons):
    for values, message in (
        ({"text": " "}, "Type a German sentence"),
        ({"text": "Salz\n" * (MAX_LADDER_SENTENCES + 1)}, "up to 8 lines"),
        ({"id": "other"}, "'other' was not found"),
        ({"strength": 3}, "from 0 to 2"),
        ({"beams": 0}, "beams"),
    ):
        with pytest.raises(ValueError, match=message):
            comparisons.at_ranks(**{"text": TEXT, "id": "kitchen", "visitor": ""} | values)


def test_a_ladder_belongs_to_the_comparison_with_its_text_search_and_strength(comparisons):
    options = {"beams": 2, "max_tokens": 8}
    comparison = comparisons.compare(TEXT, ["kitchen"], "", strengths=[0.5], **options)
    ladder = comparisons.at_ranks(TEXT, "kitchen", "", strength=0.5, **options)
    assert comparison.find_ladder_system(ladder) is comparison.systems[1]
    for other in ({"strength": 1.0}, {"beams": 1}, {"max_tokens": 9}, {"adapter": "x"}):
        assert comparison.find_ladder_system(replace(ladder, **other)) is None
    assert comparison.find_ladder_system(replace(ladder, sentences=["Salz"])) is None
