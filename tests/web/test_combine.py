"""The weights of the Combine panel."""

import pytest

from lora_demo.language import in_language
from lora_demo.web.tabs.combine_panel import example_weights, parse_weights


@pytest.mark.parametrize("text", ["0.7 -0.3", "0.7; -0.3", "0,7 -0,3", "0.7, -0.3", "0,7; -0,3"])
def test_weights_are_read_in_every_usual_form(text):
    assert parse_weights(text) == [0.7, -0.3]


def test_an_empty_text_has_no_weights():
    assert parse_weights(" ") == []


def test_a_word_is_not_a_weight():
    with pytest.raises(ValueError, match="must be numbers"):
        parse_weights("0.7 much")


def test_the_shown_example_is_of_the_language_and_can_be_typed():
    assert example_weights() == "0.7; 0.3"
    for code in ("de", "vi"):
        with in_language(code):
            assert example_weights() == "0,7; 0,3"
            assert parse_weights(example_weights()) == [0.7, 0.3]
