"""The Compare tab's logic without a browser: what is checked, marked, scored and said of the adapters."""

import re

import numpy as np
import pytest
from sacrebleu import BLEU, CHRF

from lora_demo.checkpoints.adapters import inspect_adapter, peft_config, write_adapter
from lora_demo.checkpoints.base import find_base
from lora_demo.model.lora import LoraConfig
from lora_demo.model.parameters import dense_shapes, is_target
from lora_demo.service import comparison as answers
from lora_demo.service.comparison import Answer, System
from lora_demo.web.views.movement import movement, movement_html
from lora_demo.web.views.results import answer_html
from tests.tiny import tiny_base  # noqa: F401  (fixture)

SITE = "decoder.block.1.layer.1.EncDecAttention.q"


def layers(norm: float) -> list[dict]:
    return [
        {"name": "encoder.block.0.layer.0.SelfAttention.v", "relative_norm": norm / 2},
        {"name": SITE, "relative_norm": norm},
    ]


def answer(*columns, strength=1.0, norm=0.3) -> Answer:
    """The first column is the base's."""
    systems = [System("base", None, None, 1.0, columns[0], [2] * len(columns[0]), [])]
    systems += [
        System(f"a{i}", f"id{i}", 4, strength, texts, [3] * len(texts), layers(norm))
        for i, texts in enumerate(columns[1:])
    ]
    return Answer(["Satz <1>"] * len(columns[0]), systems, 1, 0.5)


def marked(html: str) -> list[str]:
    return re.findall("<mark>(.*?)</mark>", html)


def test_marks_against_the_base_the_neighbour_or_a_reference():
    said = answer(["the red cat"], ["the blue cat"], ["the blue dog"])
    assert marked(answer_html(said)) == ["blue", "blue dog"]
    assert marked(answer_html(said, "neighbour")) == ["blue", "dog"]
    assert marked(answer_html(said, "reference", "the red dog")) == ["cat", "blue cat", "blue"]
    assert "Satz &lt;1&gt;" in answer_html(said) and "Paste a reference" in answer_html(
        said, "reference"
    )


def test_scores_are_sacrebleus_of_single_sentences():
    said = answer(["the red cat sat", "yes"], ["the blue cat sat down", "no"])
    html = answer_html(said, "reference", "the blue cat sat\nno")
    metrics = {"chrf": CHRF(), "bleu": BLEU(effective_order=True)}
    for metric in metrics.values():
        expected = [
            metric.sentence_score(text, [reference]).score
            for text, reference in zip(said.systems[1].texts, ("the blue cat sat", "no"))
        ]
        assert f"{sum(expected) / 2:.1f}" in html and str(metric.get_signature()) in html
    assert "mean of 2 sentences" in html
    with pytest.raises(ValueError, match="1 line for 2 sentences"):
        answer_html(said, "reference", "one line")


def test_says_whether_it_learned():
    said = answer(["a", "b", "c"], ["a", "x", "c"])
    html = answer_html(said)
    assert (
        "<b>1 of 3</b> outputs changed" in html
        and "30.0%" in html
        and "q of cross-attention in decoder block 1" in html
    )
    assert "its B is zero everywhere" in answer_html(answer(["a"], ["a"], norm=0.0))
    assert "At strength 0 it is the base" in answer_html(answer(["a"], ["a"], strength=0.0))
    assert movement(layers(0.3), 2.0).most == pytest.approx(0.6)
    assert movement(layers(0.3) + [{"name": SITE, "relative_norm": None}]) is None


def test_heat_map_of_a_real_adapter_and_of_a_zero_one(tiny_base, tmp_path):  # noqa: F811
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
    "check, message",
    [
        (lambda: answers.sentences(" \n"), "Type a German sentence"),
        (lambda: answers.sentences("x\n" * 51), "51 lines"),
        (lambda: answers.whole("beams", 9, 1, 8), "beams = 9"),
        (lambda: answers.whole("beams", 1.5, 1, 8), "beams = 1.5"),
        (lambda: answers.strengths_of([1.0], 2), "strengths"),
        (lambda: answers.strengths_of([2.1], 1), "strengths"),
        (lambda: answers.strengths_of([float("nan")], 1), "strengths"),
    ],
)
def test_bad_input_is_named(check, message):
    with pytest.raises(ValueError, match=message):
        check()


def test_strengths_stay_with_their_adapters():
    assert answers.strengths_of([], 2) == [1.0, 1.0]
    assert answers.carried_over(["a", "b"], [0.5, 2.0], ["b", "c", "a"]) == [
        2.0,
        1.0,
        0.5,
        1.0,
        1.0,
        1.0,
    ]


def test_many_rows_are_said_to_be_several_batches():
    assert (
        answer(["a"] * 32, ["b"] * 32).batches == 1
        and answer(["a"] * 33, ["b"] * 33).batches == 2
        and answer(["a"] * 65, ["b"] * 65, ["c"] * 65).batches == 6
    )
