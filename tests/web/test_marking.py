"""Marking the words in which two texts differ."""

import re

import pytest

from lora_demo.web.views.marking import mark


def test_differing_words_are_marked_and_everything_is_escaped():
    assert mark("a <b> c", "a <b> c") == "a &lt;b&gt; c"
    assert mark("the red cat", "the cat") == "the <mark>red</mark> cat"
    assert mark("one two three", "four") == "<mark>one two three</mark>"
    assert 'title="left out: &quot;"' in mark("a b", 'a " b')


@pytest.mark.parametrize(
    ("text", "reference"),
    [("", ""), ("", "a"), ("a", ""), ("a, b", "a b"), ("Ärger – groß", "Ärger groß")],
)
def test_marking_keeps_every_character(text, reference):
    assert re.sub(r"<[^>]*>", "", mark(text, reference)) == text
