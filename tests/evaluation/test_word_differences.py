"""Word differences name the words of one text that another text does not have, and where."""

import pytest

from lora_demo.evaluation.word_differences import count_changed_words, word_differences


def test_replaced_words_are_spans_and_their_counterparts_are_missing():
    (difference,) = word_differences("The dog's tail", "The cat's long tail")
    assert difference.spans == ((4, 9),)
    assert difference.missing == ("cat's", "long")


def test_a_gap_has_no_spans_and_a_position():
    (difference,) = word_differences("The dog sleeps.", "The old dog sleeps.")
    assert (difference.spans, difference.missing, difference.position) == ((), ("old",), 3)


def test_words_at_the_start_are_missing_at_position_zero():
    (difference,) = word_differences("dog", "The dog")
    assert (difference.missing, difference.position) == (("The",), 0)


@pytest.mark.parametrize(
    ("text", "other", "count"),
    [
        ("a b c", "a b c", 0),
        ("a  b", "a b", 0),
        ("a x c", "a b c", 1),
        ("a c", "a b b c", 2),
        ("", "a b", 2),
        ("a b", "", 2),
    ],
)
def test_changed_words_are_counted_on_the_side_that_has_more(text, other, count):
    assert count_changed_words(text, other) == count
