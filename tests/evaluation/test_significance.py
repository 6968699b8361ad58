"""Verdicts: which differences between two systems count, and how they are described."""

import numpy as np
import pytest

from lora_demo.evaluation.metrics import METRICS
from lora_demo.evaluation.report.verdict import (
    describe_metric,
    describe_size,
    describe_system,
    format_p,
)
from lora_demo.evaluation.scores import Scorer, bootstrap_test
from lora_demo.evaluation.sets import read_lines
from lora_demo.evaluation.significance import (
    MIN_DIFFERING,
    PairedTest,
    count_differing,
    direction,
)
from tests.evaluation.conftest import ENGLISH, WEAK
from tests.evaluation.running import score_files


def test_equal_systems_and_single_sentences_have_p_of_one(files):
    scorer, (one, two), (a, b) = score_files(files, ["english"], ["weak", "weak"])
    assert all(bootstrap_test(a[m], b[m], one[m], two[m]).p == 1.0 for m in METRICS)
    assert all(test.p == 1.0 for test in scorer.randomise(one, two).values())
    assert "No significant difference" in describe_system("x", a, b, same_test(1.0))
    scorer = Scorer([["The dog is asleep."]])
    bad, good = scorer.count(["A cat."]), scorer.count(["The dog is asleep."])
    a, b = scorer.score(bad), scorer.score(good)
    assert b["bleu"].score == pytest.approx(100)
    assert all(bootstrap_test(a[m], b[m], bad[m], good[m]).p == 1.0 for m in METRICS)


def compared(references, base, other):
    """Scores of two systems and the tests between them, by metric."""
    scorer = Scorer([references])
    one, two = scorer.count(base), scorer.count(other)
    a, b = scorer.score(one), scorer.score(two)
    return a, b, {m: bootstrap_test(a[m], b[m], one[m], two[m]) for m in METRICS}


def same_test(p: float, differing: int = MIN_DIFFERING) -> dict[str, PairedTest]:
    """The same test result for all metrics."""
    return dict.fromkeys(METRICS, PairedTest(p, differing))


def test_fewer_than_six_differing_sentences_are_not_significant():
    """Of the 2^k patterns of signs, two are the most extreme: with five differences p is 2 / 32."""
    assert 2 * 2**-MIN_DIFFERING < 0.05 <= 2 * 2 ** -(MIN_DIFFERING - 1)
    for k in (2, MIN_DIFFERING - 1):
        a, b, found = compared(ENGLISH[:k], WEAK[:k], ENGLISH[:k])
        assert found["bleu"].p == pytest.approx(1 / 1001)
        assert found["bleu"].differing == k
        sentence = describe_system("b", a, b, found)
        assert sentence.startswith("No significant difference")
        assert sentence.count(f"(p = 0.001, but only {k} sentences differ)") == 2
        assert "TER" not in sentence
        assert f"no significant difference (p = 0.001, but only {k}" in describe_metric(
            "ter", 50, 40, PairedTest(0.001, k)
        )
        assert "none counts" in describe_size(k)
    a, b, found = compared(ENGLISH[:MIN_DIFFERING], WEAK[:MIN_DIFFERING], ENGLISH[:MIN_DIFFERING])
    assert describe_system("b", a, b, found).startswith("b is better than the base")
    assert "none counts" not in describe_size(MIN_DIFFERING)


def test_one_differing_sentence_of_many_is_not_significant():
    """sacreBLEU gives the smallest p, because the difference in every trial is the real one."""
    base = [*WEAK * 5, "A dog."]
    scorer = Scorer([[*ENGLISH * 5, "The dog is asleep."]], metrics=["chrf"])
    one, two = (
        scorer.count([*base[:-1], text])["chrf"] for text in ("A dog.", "The dog is asleep.")
    )
    test = scorer.randomise({"chrf": one}, {"chrf": two}, trials=100)["chrf"]
    assert test.p < 0.05
    assert count_differing(one, two) == test.differing == 1
    assert direction("chrf", 40, 50, test) == 0
    assert format_p(test).endswith("but only 1 sentence differs")


def test_p_is_one_if_no_sample_shows_a_difference():
    """BLEU of two words is 0: the statistics differ, but the score is the same in every sample."""
    references, other = ["Good day", "Yes fine"] * 10, ["Good day", "Yes good"] * 10
    a, b, found = compared(references, references, other)
    assert a["bleu"].score == b["bleu"].score == 0
    assert found["bleu"] == PairedTest(1.0, 10)
    assert found["chrf"].p < 0.05
    scorer = Scorer([references], metrics=["bleu", "chrf"])
    randomised = scorer.randomise(scorer.count(references), scorer.count(other), trials=100)
    assert randomised["bleu"].p == 1.0 and randomised["chrf"].p < 0.05


@pytest.mark.parametrize(
    ("p", "shown"),
    [
        (1.0, "1.000"),
        (0.0509, "0.051"),
        (0.05, "0.050"),
        (50 / 1001, "0.04995"),
        (0.0494, "0.049"),
        (1 / 1001, "0.001"),
        (1 / 10001, "0.0001"),
    ],
)
def test_a_rounded_p_stays_on_its_side_of_the_level(p, shown):
    assert format_p(PairedTest(p, MIN_DIFFERING)) == f"p = {shown}"


def test_randomly_mixed_systems_do_not_differ_and_a_clear_gain_is_significant(files):
    """Two systems that share the sentences of two others at random are equally good."""
    weak, strong = read_lines(files.weak), read_lines(files.strong)
    random = np.random.default_rng(0).random(len(weak)) < 0.5
    mixed = [
        [s if r else w for s, w, r in zip(*pair, random, strict=True)]
        for pair in ((strong, weak), (weak, strong))
    ]
    scorer = Scorer([read_lines(files.english)])
    counted = [scorer.count(outputs) for outputs in (*mixed, weak, strong)]
    scores = [scorer.score(c) for c in counted]

    def found(i, j):
        return {
            m: bootstrap_test(scores[i][m], scores[j][m], counted[i][m], counted[j][m])
            for m in METRICS
        }

    assert (
        "no significant difference"
        in describe_system("b", scores[0], scores[1], found(0, 1)).lower()
    )
    assert found(2, 3)["bleu"].p == pytest.approx(1 / 1001)
    assert describe_system("b", scores[2], scores[3], found(2, 3)).startswith(
        "b is better than the base: BLEU +"
    )
    assert describe_system("b", scores[3], scores[2], found(3, 2)).startswith(
        "b is worse than the base: BLEU -"
    )


def test_a_verdict_names_metrics_that_disagree(files):
    _, _, (weak, strong) = score_files(files, ["english"], ["weak", "strong"])
    swapped = strong | {"ter": weak["ter"]}, weak | {"ter": strong["ter"]}
    assert "However, it is better by TER: -" in describe_system("x", *swapped, same_test(0.001))
    assert "by 1 of 2 metrics" in describe_system(
        "x", weak, strong, same_test(0.3) | {"bleu": same_test(0.001)["bleu"]}
    )
    assert direction("ter", 50, 40, same_test(0.01)["ter"]) == 1
    assert direction("bleu", 50, 40, same_test(0.01)["bleu"]) == -1
    assert direction("bleu", 40, 50, same_test(0.05)["bleu"]) == 0
