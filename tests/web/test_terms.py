"""Terms that explain themselves, on every tab from one glossary."""

import re

import pytest

from lora_demo.language import in_language
from lora_demo.service.terms import TERMS
from lora_demo.web.views import terms
from lora_demo.web.views.terms import bubble_id, bubbles_html, glossary_html, prose_html, term_html


def test_a_term_names_its_bubble_as_its_description():
    assert term_html("p", "p-value") == (
        '<button type="button" class="term" aria-describedby="term-p">p-value</button>'
    )


def test_the_page_has_one_bubble_for_each_term():
    assert re.findall(r' id="([^"]+)"', bubbles_html()) == [bubble_id(term) for term in TERMS]
    assert len({bubble_id(term) for term in TERMS}) == len(TERMS)


def test_brackets_mark_terms_and_all_else_is_escaped():
    assert prose_html("a <b> of [rank] 4 & [pair|pairs]") == (
        f"a &lt;b&gt; of {term_html('rank')} 4 &amp; {term_html('pair', 'pairs')}"
    )
    assert terms.marked_terms("[rank], [pair|pairs]") == ["rank", "pair"]


def test_a_marked_word_without_an_explanation_is_refused():
    with pytest.raises(ValueError, match="no term 'flux'"):
        prose_html("the [flux]")


def test_the_list_of_terms_is_alphabetical():
    shown = re.findall(r"<dt>([^<]+)</dt>", glossary_html())
    assert shown == sorted(TERMS, key=str.lower)


def test_the_list_of_terms_sorts_letters_with_accents_beside_those_without():
    with in_language("vi"):
        shown = re.findall(r"<dt>([^<]+)</dt>", glossary_html())
    order = [shown.index(term) for term in ("bản tham chiếu", "batch", "bước", "chrF")]
    assert order == sorted(order)
