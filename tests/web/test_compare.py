"""The Compare tab without a browser: checks, marks, scores, and whether an adapter learned."""

import re

import numpy as np
import pytest
from sacrebleu import BLEU, CHRF

from lora_demo.checkpoints.adapter_config import peft_config
from lora_demo.checkpoints.adapters import write_adapter
from lora_demo.checkpoints.base import find_base
from lora_demo.checkpoints.inspecting import inspect_adapter
from lora_demo.model.checks import check_whole
from lora_demo.model.lora import LoraConfig
from lora_demo.model.parameters import dense_shapes, is_target
from lora_demo.service.comparison import (
    Comparison,
    System,
    carry_strengths,
    check_strengths,
    split_sentences,
)
from lora_demo.web.views.movement import movement, movement_html
from lora_demo.web.views.results import results_html
from tests.tiny import tiny_base  # noqa: F401  (fixture)

SITE = "decoder.block.1.layer.1.EncDecAttention.q"


def layers(norm: float) -> list[dict]:
    return [
        {"name": "encoder.block.0.layer.0.SelfAttention.v", "relative_norm": norm / 2},
        {"name": SITE, "relative_norm": norm},
    ]


def compared(*columns, strength=1.0, norm=0.3) -> Comparison:
    """The first column is the base's."""
    systems = [System("base", None, None, 1.0, columns[0], [2] * len(columns[0]), [])]
    systems += [
        System(f"a{i}", f"id{i}", 4, strength, texts, [3] * len(texts), layers(norm))
        for i, texts in enumerate(columns[1:])
    ]
    return Comparison(["Satz <1>"] * len(columns[0]), systems, 1, 0.5)


def marked(html: str) -> list[str]:
    return re.findall("<mark>(.*?)</mark>", html)


def test_words_are_marked_against_the_base_the_neighbour_or_a_reference():
    comparison = compared(["the red cat"], ["the blue cat"], ["the blue dog"])
    assert marked(results_html(comparison)) == ["blue", "blue dog"]
    assert marked(results_html(comparison, "neighbour")) == ["blue", "dog"]
    assert marked(results_html(comparison, "reference", "the red dog")) == [
        "cat",
        "blue cat",
        "blue",
    ]
    assert "Satz &lt;1&gt;" in results_html(comparison) and "Paste a reference" in results_html(
        comparison, "reference"
    )


def test_scores_equal_sacrebleu_for_single_sentences():
    comparison = compared(["the red cat sat", "yes"], ["the blue cat sat down", "no"])
    html = results_html(comparison, "reference", "the blue cat sat\nno")
    metrics = {"chrf": CHRF(), "bleu": BLEU(effective_order=True)}
    for metric in metrics.values():
        expected = [
            metric.sentence_score(text, [reference]).score
            for text, reference in zip(
                comparison.systems[1].texts, ("the blue cat sat", "no"), strict=False
            )
        ]
        assert f"{sum(expected) / 2:.1f}" in html and str(metric.get_signature()) in html
    assert "mean of 2 sentences" in html
    with pytest.raises(ValueError, match="1 line for 2 sentences"):
        results_html(comparison, "reference", "one line")


def test_the_results_say_whether_an_adapter_learned():
    comparison = compared(["a", "b", "c"], ["a", "x", "c"])
    html = results_html(comparison)
    assert (
        "<b>1 of 3</b> translations changed" in html
        and "30.0%" in html
        and "q of cross-attention in decoder block 1" in html
    )
    assert "its B is zero everywhere" in results_html(compared(["a"], ["a"], norm=0.0))
    assert "At strength 0, it equals the base" in results_html(compared(["a"], ["a"], strength=0.0))
    assert movement(layers(0.3), 2.0).largest == pytest.approx(0.6)
    assert movement([*layers(0.3), {"name": SITE, "relative_norm": None}]) is None


def test_the_heat_map_shows_the_norms_of_an_adapter(tiny_base, tmp_path):  # noqa: F811
    base, lora, random = (
        find_base(str(tiny_base)),
        LoraConfig(2, 4, 0.0, ("q", "wo")),
        np.random.default_rng(0),
    )
    for name, size in (("moves", 0.1), ("zero", 0.0)):
        matrices = {
            path: (random.normal(size=(d_in, 2)), size * random.normal(size=(2, d_out)))
            for path, (d_in, d_out) in dense_shapes(base.config).items()
            if is_target(path, lora.target_modules)
        }
        write_adapter(tmp_path / name, matrices, peft_config(lora, base.id, None), {}, "")
    found = {name: inspect_adapter(tmp_path / name, base)["layers"] for name in ("moves", "zero")}
    html = movement_html(found["moves"])
    numbers = [float(number) for number in re.findall(r">([\d.]+)</td>", html)]
    assert len(numbers) == len(found["moves"]) and max(numbers) == pytest.approx(
        100 * max(layer["relative_norm"] for layer in found["moves"]), abs=0.06
    )
    assert "its B is zero everywhere" in movement_html(found["zero"])


@pytest.mark.parametrize(
    ("check", "message"),
    [
        (lambda: split_sentences(" \n"), "Type a German sentence"),
        (lambda: split_sentences("x\n" * 51), "51 lines"),
        (lambda: check_whole("beams", 9, 1, 8), "beams = 9"),
        (lambda: check_whole("beams", 1.5, 1, 8), "beams = 1.5"),
        (lambda: check_strengths([1.0], 2), "strengths"),
        (lambda: check_strengths([2.1], 1), "strengths"),
        (lambda: check_strengths([float("nan")], 1), "strengths"),
    ],
)
def test_errors_name_the_invalid_value(check, message):
    with pytest.raises(ValueError, match=message):
        check()


def test_an_adapter_keeps_its_strength_when_the_choice_changes():
    assert check_strengths([], 2) == [1.0, 1.0]
    assert carry_strengths(["a", "b"], [0.5, 2.0], ["b", "c", "a"]) == [
        2.0,
        1.0,
        0.5,
        1.0,
        1.0,
        1.0,
    ]


def test_many_rows_are_counted_as_several_batches():
    assert (
        compared(["a"] * 32, ["b"] * 32).batches == 1
        and compared(["a"] * 33, ["b"] * 33).batches == 2
        and compared(["a"] * 65, ["b"] * 65, ["c"] * 65).batches == 6
    )
