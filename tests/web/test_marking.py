"""Marking the words in which two texts differ."""

import re

import pytest

from lora_demo.web.views.marking import mark, mark_right_and_wrong


def test_differing_words_are_marked_and_everything_is_escaped():
    assert mark("a <b> c", "a <b> c") == "a &lt;b&gt; c"
    assert mark("the red cat", "the cat") == "the <mark>red</mark> cat"
    assert mark("one two three", "four") == "<mark>one two three</mark>"
    assert 'title="left out: &quot;"' in mark("a b", 'a " b')


def test_right_wrong_and_missing_words_are_marked_and_everything_is_escaped():
    assert mark_right_and_wrong("a <b> c", "a <b> c") == '<span class="right">a &lt;b&gt; c</span>'
    html = mark_right_and_wrong("the red <cat>", 'the blue "cat"')
    assert re.findall('<mark class="wrong">(.*?)</mark>', html) == ["red &lt;", "&gt;"]
    assert re.findall('data-words="(.*?)"', html) == ["blue &quot;", "&quot;"]
    assert re.findall('class="right">(.*?)</span>', html) == ["the ", "cat"]


@pytest.mark.parametrize("marking", [mark, mark_right_and_wrong])
@pytest.mark.parametrize(
    ("text", "reference"),
    [("", ""), ("", "a"), ("a", ""), ("a, b", "a b"), ("Ärger – groß", "Ärger groß")],
)
def test_marking_keeps_every_character(marking, text, reference):
    assert re.sub(r"<[^>]*>", "", marking(text, reference)) == text
