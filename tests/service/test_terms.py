"""The glossary of the page."""

import re

import pytest

from lora_demo.service.terms import TERMS, explain

SENTENCE_END = re.compile(r"[.?](?=\s|$)")


@pytest.mark.parametrize("term", TERMS)
def test_an_explanation_is_one_or_two_short_sentences(term):
    text = explain(term)
    assert text == text.strip() and text.endswith(".")
    assert 1 <= len(SENTENCE_END.findall(text)) <= 2
    assert len(text) <= 200


def test_the_terms_that_a_newcomer_meets_first_are_explained():
    assert {"rank", "alpha", "chrF", "p", "beam", "held-out", "LoRA", "BLEU"} <= TERMS.keys()


def test_no_two_terms_have_the_same_explanation():
    assert len(set(TERMS.values())) == len(TERMS)


def test_an_unknown_term_is_named():
    with pytest.raises(ValueError, match="no term 'flux'"):
        explain("flux")
