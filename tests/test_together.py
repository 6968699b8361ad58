"""The column of all adapters together equals the combined adapter, also at strengths."""

import pytest

from lora_demo.checkpoints.adapters import read_adapter
from lora_demo.checkpoints.base import find_base
from lora_demo.checkpoints.combining import Part, combine_adapters
from lora_demo.model.lora_config import LoraConfig
from lora_demo.translator import Translator
from tests.checkpoints.adapter_folders import write_random

SENTENCES = ["Salz", "Den Teig kneten."]


@pytest.fixture(scope="module")
def translator(tiny_base):
    return Translator(str(tiny_base))


@pytest.fixture(scope="module")
def folders(tiny_base, tmp_path_factory):
    base, root = find_base(str(tiny_base)), tmp_path_factory.mktemp("adapters")
    first = write_random(root / "first", base, LoraConfig(3, 30, 0.0, ("q", "v")), seed=1)
    second = write_random(root / "second", base, LoraConfig(5, 50, 0.0, ("q", "wo")), seed=2)
    return [first, second]


def test_together_equals_the_combined_adapter(translator, folders, tmp_path):
    config = translator.base.config
    weights = (0.7, 1.5)
    parts = [
        Part(read_adapter(folder, config), weight)
        for folder, weight in zip(folders, weights, strict=True)
    ]
    combine_adapters(parts, tmp_path / "both", config, "both")
    options = {"max_new_tokens": 12}
    columns = translator.compare(SENTENCES, folders, strengths=weights, together=True, **options)
    names = [column.name for column in columns]
    assert names == ["base", "first", "second", "together"]
    assert columns[-1].rank == 8
    combined = translator.compare(SENTENCES, [tmp_path / "both"], **options)[1]
    assert columns[-1].texts == combined.texts
    assert combined.texts not in [column.texts for column in columns[:-1]]


def test_together_at_strength_zero_is_the_base(translator, folders):
    options = {"strengths": (0, 0), "together": True, "max_new_tokens": 8}
    base, *_, total = translator.compare(SENTENCES, folders, **options)
    assert total.texts == base.texts


def test_together_needs_two_to_six_adapters(translator, folders):
    for adapters in (folders[:1], folders[:1] * 7):
        with pytest.raises(ValueError, match="add adapters together, give 2 to 6"):
            translator.compare(SENTENCES, adapters, together=True)
