"""A link to a comparison: what it carries, and what a hostile one does."""

import re
from urllib.parse import quote

import pytest

from lora_demo.service.compared_system import ComparedSystem
from lora_demo.service.comparison import MAX_BEAMS, Comparison
from lora_demo.service.comparison_link import (
    INVALID,
    MAX_QUERY_LENGTH,
    LinkedComparison,
    read_link,
    write_link,
)
from lora_demo.translator import TOGETHER

TEXTS = ["Grüß Gott & <b>Servus</b> #1?", "100 % = alles; +1"]


def compared(texts=TEXTS, beams=4) -> Comparison:
    systems = [
        ComparedSystem(
            "base", "base", None, None, 1.0, ["SECRET"] * len(texts), [1] * len(texts), []
        ),
        ComparedSystem(
            "own name",
            "adapter",
            "run-20 &1",
            4,
            0.5,
            ["SECRET"] * len(texts),
            [1] * len(texts),
            [],
        ),
        ComparedSystem("b", "adapter", "b", 8, 1.0, ["SECRET"] * len(texts), [1] * len(texts), []),
        ComparedSystem(
            "together", "sum", TOGETHER, 12, 1.0, ["SECRET"] * len(texts), [1] * len(texts), []
        ),
    ]
    return Comparison(list(texts), systems, beams, 0.1)


def test_a_link_carries_sentences_adapters_strengths_and_beams():
    linked = read_link(write_link(compared()))
    assert linked == LinkedComparison("\n".join(TEXTS), ["run-20 &1", "b"], [0.5, 1.0], 4)


def test_a_link_carries_no_translation_and_no_name():
    query = write_link(compared())
    assert "SECRET" not in query and quote("own name") not in query
    assert query.isascii() and not set(query) & set(" <>\"'")


def test_a_text_that_is_too_long_gets_no_link():
    longest = next(n for n in range(5000, 6000) if not write_link(compared(["x" * n])))
    assert len(write_link(compared(["x" * (longest - 1)]))) == MAX_QUERY_LENGTH


def test_an_address_without_a_text_is_not_a_link():
    for query in ("", "?", "?__theme=dark", "?beams=900", "?adapter=a&strength=x"):
        assert read_link(query) is None


def test_adapters_that_the_opener_does_not_have_are_left_out_with_their_strengths():
    linked = read_link("?text=Ja&adapter=a&adapter=b&strength=0.5&strength=2")
    assert linked.keep({"b": 0, "c": 0}) == LinkedComparison("Ja", ["b"], [2.0], 1)
    assert linked.keep({"a", "b"}) == linked and linked.keep({}).adapters == []


@pytest.mark.parametrize(
    "values",
    [
        "text=",
        "text=%20%0A",
        "text=a&text=b",
        "text=" + "x" * MAX_QUERY_LENGTH,
        "text=" + "a%0A" * 51,
        f"text=a&beams={MAX_BEAMS + 1}",
        "text=a&beams=0",
        "text=a&beams=1e9",
        "text=a&beams=<script>",
        "text=a&beams=2&beams=3",
        "text=a&adapter=b&strength=nan",
        "text=a&adapter=b&strength=inf",
        "text=a&adapter=b&strength=-1",
        "text=a&adapter=b&strength=9",
        "text=a&adapter=b&strength=1&strength=1",
        "text=a&strength=1",
        "text=a&adapter=b&adapter=b",
        "text=a" + "".join(f"&adapter={n}" for n in range(7)),
        "text=a" + "&beams=1" * 60,
        "text=a&beams=" + "9" * 5000,
    ],
)
def test_a_hostile_value_is_refused_in_one_sentence_that_quotes_nothing(values):
    with pytest.raises(ValueError, match=f"^{re.escape(INVALID)}$"):
        read_link(f"?{values}")
