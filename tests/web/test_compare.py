"""The Compare tab without a browser: checks, marks, scores, and whether an adapter learned."""

import json
import re
from dataclasses import replace
from html import unescape

import numpy as np
import pytest
from sacrebleu import BLEU, CHRF

from lora_demo.checkpoints.adapter_config import peft_config
from lora_demo.checkpoints.adapters import write_adapter
from lora_demo.checkpoints.base import find_base
from lora_demo.checkpoints.inspecting import inspect_adapter
from lora_demo.evaluation.analysis.broken import CUT, EMPTY, REPEATED
from lora_demo.model.checks import check_whole
from lora_demo.model.lora_config import LoraConfig
from lora_demo.model.parameters import is_target
from lora_demo.model.shapes import dense_shapes
from lora_demo.next_tokens import END, Divergence, NextToken
from lora_demo.service.compared_system import ComparedSystem
from lora_demo.service.comparison import Comparison, split_sentences
from lora_demo.service.examples import EXAMPLES
from lora_demo.service.rank_ladder import RankLadder
from lora_demo.service.strengths import carry_strengths, check_strengths
from lora_demo.service.token_comparison import TokenComparison
from lora_demo.web.views.comparison import results_html
from lora_demo.web.views.movement import movement, movement_html
from tests.tiny import tiny_base  # noqa: F401  (fixture)

SITE = "decoder.block.1.layer.1.EncDecAttention.q"


def layers(norm: float) -> list[dict]:
    return [
        {"name": "encoder.block.0.layer.0.SelfAttention.v", "relative_norm": norm / 2},
        {"name": SITE, "relative_norm": norm},
    ]


def compared(*columns, strength=1.0, norm=0.3) -> Comparison:
    """The first column is the base's."""
    systems = [
        ComparedSystem("base", "base", None, None, 1.0, columns[0], [2] * len(columns[0]), [])
    ]
    systems += [
        ComparedSystem(
            f"a{i}", "adapter", f"id{i}", 4, strength, texts, [3] * len(texts), layers(norm)
        )
        for i, texts in enumerate(columns[1:])
    ]
    return Comparison(["Satz <1>"] * len(columns[0]), systems, 1, 0.5)


def marked(html: str) -> list[str]:
    return re.findall("<mark>(.*?)</mark>", html)


def wrong(html: str) -> list[str]:
    _, _, sentences = html.partition("<section")  # after the legend
    return re.findall('<mark class="wrong">(.*?)</mark>', sentences)


def test_words_are_marked_against_the_base_the_neighbour_or_a_reference():
    comparison = compared(["the red cat"], ["the blue cat"], ["the blue dog"])
    assert marked(results_html(comparison, "base")) == ["blue", "blue dog"]
    assert marked(results_html(comparison, "neighbour")) == ["blue", "dog"]
    against_reference = results_html(comparison, "reference", "the red dog")
    assert wrong(against_reference) == ["cat", "blue cat", "blue"]
    assert marked(against_reference) == []
    assert "Satz &lt;1&gt;" in results_html(comparison)


def test_without_a_reference_marks_are_neutral_and_against_the_base():
    comparison = compared(["the red cat"], ["the blue cat"])
    html = results_html(comparison, "reference")
    assert html == results_html(comparison, "base") and marked(html) == ["blue"]
    assert 'class="right"' not in html and 'role="meter"' not in html


def test_a_legend_explains_the_marks_where_there_is_a_reference():
    comparison = compared(["the red cat"], ["the blue cat"])
    for against, count in (("reference", 1), ("base", 0)):
        html = results_html(comparison, against, "the cat")
        assert html.count('<span class="legend">') == count


def test_the_bar_of_a_card_is_the_chrf_of_sacrebleu():
    comparison = compared(["the red cat"], ["a <b>"])
    html = results_html(comparison, reference="the blue cat")
    expected = [CHRF().sentence_score(t, ["the blue cat"]).score for t in ("the red cat", "a <b>")]
    bars = re.findall('aria-valuenow="(.*?)"><i style="width:(.*?)%">', html)
    assert bars == [(f"{score:.0f}",) * 2 for score in expected]


def test_the_examples_of_the_page_have_references():
    sentence, reference = EXAMPLES[0]
    systems = compared(["no"] * 2, [reference, "no"]).systems
    html = results_html(Comparison([sentence, "Ein anderer Satz."], systems, 1, 0.5))
    assert html.count('class="known"') == 1 and html.count('role="meter"') == 2
    assert f'<span class="right">{reference}</span>' in html
    assert "mean of" not in html


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
        assert f"{sum(expected) / 2:.1f}" in html
        assert str(metric.get_signature()) in html
    assert "mean of 2 sentences" in html
    with pytest.raises(ValueError, match="1 line for 2 sentences"):
        results_html(comparison, "reference", "one line")


def test_the_results_say_whether_an_adapter_learned():
    comparison = compared(["a", "b", "c"], ["a", "x", "c"])
    html = results_html(comparison)
    assert "<b>1 of 3</b> translations changed" in html
    assert "30.0%" in html
    assert "q of cross-attention in decoder block 1" in html
    assert "its B is zero everywhere" in results_html(compared(["a"], ["a"], norm=0.0))
    assert "At strength 0, it equals the base" in results_html(compared(["a"], ["a"], strength=0.0))
    assert movement(layers(0.3), 2.0).largest == pytest.approx(0.6)
    assert movement([*layers(0.3), {"name": SITE, "relative_norm": None}]) is None


def test_a_second_base_has_a_card_but_learned_nothing():
    comparison = compared(["the cat"], ["a cat"])
    second = replace(comparison.systems[0], name="flan", texts=["the <cat>"])
    beside = replace(comparison, systems=[*comparison.systems, second], beside="flan")
    html = results_html(beside, "base")
    assert html.count("<article") == 3 and html.count("no adapter") == 2
    assert "Did a0 learn?" in html and "Did flan learn?" not in html


def test_the_heat_map_shows_the_norms_of_an_adapter(tiny_base, tmp_path):  # noqa: F811
    base = find_base(str(tiny_base))
    lora = LoraConfig(2, 4, 0.0, ("q", "wo"))
    random = np.random.default_rng(0)
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
    assert len(numbers) == len(found["moves"])
    assert max(numbers) == pytest.approx(
        100 * max(layer["relative_norm"] for layer in found["moves"]), abs=0.06
    )
    assert "its B is zero everywhere" in movement_html(found["zero"])


@pytest.mark.parametrize(
    ("check", "message"),
    [
        (lambda: split_sentences(" \n"), "Type a German sentence"),
        (lambda: split_sentences("x\n" * 51), "lines: 51,"),
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


def ladder_of(comparison, texts, adapter="id0"):
    search = (1.0, comparison.texts, comparison.beams, comparison.max_tokens)
    tokens = [[3] * len(rank) for rank in texts]
    return RankLadder(adapter, *search, [0, 1, 2], texts, tokens, [0, 0.8, 1], [2.0, 1.0], 0.1)


def test_the_card_of_a_ladder_holds_the_marked_translation_of_each_rank():
    comparison = compared(["the red cat"], ["the blue <cat>"], ["a dog"])
    texts = [["the red cat"], ["the blue cat"], ["the blue <cat>"]]
    html = results_html(comparison, ladder=ladder_of(comparison, texts))
    (attribute,) = re.findall("data-steps='(.*?)'>", html)
    steps = json.loads(unescape(attribute))
    shown = [step["html"] for step in steps]
    assert shown[0] == "the red cat" and shown[1] == "the <mark>blue</mark> cat"
    assert "blue &lt;" in shown[2] and "<cat>" not in shown[2]
    assert [step["text"] for step in steps] == [text for (text,) in texts]
    assert steps[0]["facts"] == "3 tokens · same as base"
    assert steps[1]["facts"] == "3 tokens · 1 word differs from base"
    (notes,) = re.findall("data-notes='(.*?)'>", html)
    assert json.loads(unescape(notes))[1] == "Keeps 80.0% of the update (squared norm)."
    assert html.count('type="range"') == 1 and html.count("data-ladder=") == 1


def test_a_ladder_of_other_sentences_is_not_shown():
    comparison = compared(["the red cat"], ["the blue cat"])
    other = compared(["the red cat"] * 2, ["the blue cat"] * 2)
    html = results_html(comparison, ladder=ladder_of(other, [["a", "b"]] * 3))
    assert 'type="range"' not in html and html.count("data-ladder=") == 1


def test_a_ladder_is_scored_against_the_reference_at_each_rank():
    comparison = compared(["the red cat"], ["the blue cat"])
    ladder = ladder_of(comparison, [["the red cat"], ["the dog"], ["the blue cat"]])
    html = results_html(comparison, "reference", "the blue cat", ladder)
    (attribute,) = re.findall("data-steps='(.*?)'>", html)
    facts = [step["facts"] for step in json.loads(unescape(attribute))]
    assert "chrF2 100" in facts[2] and "chrF2 100" not in facts[0] + facts[1]


def flaws(html: str) -> list[str]:
    return re.findall('<p class="broken" role="note">(.*?)</p>', html)


def test_a_card_says_when_its_translation_looks_broken():
    comparison = compared(["the cat"], ["the the the"], [""], ["a cat"])
    assert flaws(results_html(comparison)) == [REPEATED, EMPTY]
    cut = replace(comparison, max_tokens=3)
    assert flaws(results_html(cut)) == [REPEATED, EMPTY, CUT], "the base's has 2 tokens"
    pieces = replace(cut, in_pieces=[0])
    assert flaws(results_html(pieces)) == [REPEATED, EMPTY]


def test_a_ladder_holds_the_flaw_and_the_score_of_each_rank():
    comparison = compared(["the red cat"], ["the blue cat"])
    ladder = ladder_of(comparison, [["the the the"], ["the dog"], ["the blue cat"]])
    html = results_html(comparison, "reference", "the blue cat", ladder)
    (attribute,) = re.findall("data-steps='(.*?)'>", html)
    steps = json.loads(unescape(attribute))
    assert [step["flaw"] for step in steps] == [REPEATED, "", ""]
    assert steps[2]["quality"] == 100 > steps[1]["quality"]


def tokens_of(comparison, **changes) -> TokenComparison:
    divergence = Divergence("the <", [NextToken(" red", 0.5)], [NextToken(END, 0.25)])
    values = {
        "adapter": "id0",
        "strength": 1.0,
        "sentence": comparison.texts[0],
        "beams": comparison.beams,
        "max_tokens": comparison.max_tokens,
        "divergence": divergence,
    }
    return TokenComparison(**values | changes)


def test_next_tokens_are_shown_below_their_sentence():
    comparison = compared(["the red cat"], ["the"])
    html = results_html(comparison, tokens=tokens_of(comparison))
    assert "After “the &lt;”, the base and <b>a0</b> continue differently." in html
    assert "<code>␣red</code>" in html and "end of the translation" in html
    assert re.findall("<span>([0-9.]+%)</span>", html) == ["50.0%", "25.0%"]
    same = results_html(comparison, tokens=tokens_of(comparison, divergence=None))
    assert "give the same translation" in same


@pytest.mark.parametrize(
    "change",
    [{"adapter": "x"}, {"strength": 0.5}, {"sentence": "x"}, {"beams": 2}, {"max_tokens": 9}],
)
def test_next_tokens_of_another_comparison_are_not_shown(change):
    comparison = compared(["the red cat"], ["the"])
    html = results_html(comparison, tokens=tokens_of(comparison, **change))
    assert html == results_html(comparison)


def test_a_card_says_when_its_sentence_is_outside_the_training_of_the_adapter():
    comparison = compared(["a"], ["b"])
    base, adapter = comparison.systems
    outside = replace(comparison, systems=[base, replace(adapter, outside={0: (4, 8)})])
    assert "rare in that data or missing from it: 4 of 8," in results_html(outside)
    assert "Unlike its training data" not in results_html(comparison)
