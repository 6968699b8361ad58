"""Texts with a count are right for one."""

from lora_demo.data.packing import Shape
from lora_demo.data.preview import Preview
from lora_demo.language import in_language
from lora_demo.web.views.data_preview import preview_html
from lora_demo.web.views.movement import heat_map, movement

ONE = "encoder.block.0.layer.0.SelfAttention.q"


def preview() -> str:
    pair = ("Ja.", "Yes.")
    return preview_html(
        Preview([pair], 2, 1, 0, 1, 2, [pair], [pair], [3, 4], 0, Shape(4, 8, 8), 1, 0.1), 8
    )


def test_one_duplicate_and_one_swapped_pair_have_a_singular():
    html = preview()
    assert "; 1 duplicate is dropped." in html
    assert "1 pair looks swapped" in html and "1 pair looks untranslated" in html
    with in_language("de"):
        assert "1 doppeltes Paar" in preview()


def test_one_matrix_moves_in_the_singular():
    html = heat_map(movement([{"name": ONE, "relative_norm": 0.25}]), 0.25)
    assert "encoder: 1 matrix moves by 25.00%" in html
