"""The weights of the Combine panel."""

import pytest

from lora_demo.web.tabs.combine_panel import parse_weights


@pytest.mark.parametrize("text", ["0.7 -0.3", "0.7; -0.3", "0,7 -0,3", "0.7, -0.3", "0,7; -0,3"])
def test_weights_are_read_in_every_usual_form(text):
    assert parse_weights(text) == [0.7, -0.3]


def test_an_empty_text_has_no_weights():
    assert parse_weights(" ") == []


def test_a_word_is_not_a_weight():
    with pytest.raises(ValueError, match="must be numbers"):
        parse_weights("0.7 much")
