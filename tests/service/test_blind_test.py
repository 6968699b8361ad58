"""Blind tests: votes go to the right system, and names and scores come after them."""

from types import SimpleNamespace

import pytest

from lora_demo.service.blind_test import BASE, COUNT, BlindTest, BlindTests, sign_test
from lora_demo.service.compared_system import ComparedSystem
from lora_demo.service.comparison import Comparison, split_sentences
from lora_demo.web.views.blind_test import blind_html


def comparisons(translate):
    """Comparisons whose adapter `a` translates by a function, and whose base repeats the text."""

    def compare(text, ids, visitor, *, beams, max_tokens):
        texts = split_sentences(text)
        columns = [
            ("base", None, texts),
            *(("A <1>", id, [translate(t) for t in texts]) for id in ids),
        ]
        systems = [
            ComparedSystem(
                name, "adapter" if id else "base", id, None, 1.0, outputs, [1] * len(texts), []
            )
            for name, id, outputs in columns
        ]
        return Comparison(texts, systems, beams, 0.1)

    return SimpleNamespace(compare=compare)


def start(translate=str.upper, text="eins\nzwei\ndrei", seed=1) -> BlindTest:
    return BlindTests(comparisons(translate)).start([BASE, "a"], "", text, seed=seed)


def judge(test: BlindTest, is_better) -> BlindTest:
    """Votes for the side whose text is better."""
    while not test.has_ended:
        left, _ = test.shown
        test = test.vote(0 if is_better(left) else 1)
    return test


@pytest.mark.parametrize("seed", range(5))
def test_a_vote_counts_for_the_system_that_made_the_text_on_either_side(seed):
    outcome = judge(start(seed=seed), str.isupper).outcome()
    assert outcome.wins == (0, 3) and outcome.ties == 0


def test_the_sides_change_so_that_the_place_says_nothing():
    swapped = [start(seed=seed).swapped[0] for seed in range(20)]
    assert True in swapped and False in swapped


def test_no_name_is_shown_before_the_last_vote():
    test = start()
    while not test.has_ended:
        html = blind_html(test)
        assert "A &lt;1&gt;" not in html and "base" not in html
        test = test.vote(None)
    assert "A &lt;1&gt;" in blind_html(test)
    assert "no difference" in blind_html(test)


SIGN_TESTS = {
    (0, 0): 1.0,
    (5, 0): 0.0625,
    (6, 0): 0.03125,
    (7, 2): 0.1796875,
    (4, 4): 1.0,
    (1, 9): 0.021484375,
}
"""Wins, and the p-value of `scipy.stats.binomtest` (1.17), which has none for no wins."""


@pytest.mark.parametrize(("wins", "expected"), SIGN_TESTS.items())
def test_the_sign_test_equals_scipys(wins, expected):
    assert sign_test(*wins) == pytest.approx(expected)


def test_a_winner_is_named_only_if_the_lead_is_more_than_chance():
    text = "\n".join(f"satz {n}" for n in range(6))
    ended = judge(start(text=text), str.isupper)
    assert "<b>A &lt;1&gt;</b> wins" in blind_html(ended)
    assert "p = 0.031" in blind_html(ended)
    few = judge(start(), str.isupper)
    assert "No winner" in blind_html(few)
    assert "chance can explain the result" in blind_html(few)


def test_everyday_sentences_have_references_so_that_chrf_is_stated():
    from lora_demo.data.sources import load_test

    known = dict(load_test("builtin:everyday"))
    test = start(known.get, None)
    assert len(test.sentences) + test.equal == COUNT
    outcome = judge(test, lambda text: text in known.values()).outcome()
    assert outcome.scores.values[1] == 100 > outcome.scores.values[0]
    assert outcome.agreement == (len(test.sentences), len(test.sentences))
    assert "chrF2" in blind_html(test.stop()) or not test.votes


def test_sentences_that_both_translate_the_same_are_counted_and_not_judged():
    test = start(lambda text: text if text == "zwei" else text.upper())
    assert test.sentences == ("eins", "drei") and test.equal == 1
    with pytest.raises(ValueError, match=r"everything the same \(sentences: 3\)"):
        start(str)


def test_the_test_can_be_ended_early_and_then_takes_no_votes():
    test = start().vote(0).stop()
    assert test.has_ended
    assert test.vote(1) == test
    assert sum(test.outcome().wins) == 1


def test_the_same_system_twice_and_too_many_sentences_are_refused():
    with pytest.raises(ValueError, match="two different systems"):
        BlindTests(comparisons(str)).start([BASE, BASE], "")
    with pytest.raises(ValueError, match="at most 20"):
        start(text="satz\n" * 21)
