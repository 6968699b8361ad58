"""The sources of the reference translations of a comparison."""

import pytest

from lora_demo.service.examples import EXAMPLES
from lora_demo.service.references import find_references


def test_examples_have_references_and_other_sentences_have_none():
    (german, english), *_ = EXAMPLES
    assert find_references([german, "Etwas anderes."], " ") == [english, None]


def test_pasted_references_replace_those_of_the_examples():
    (german, _), *_ = EXAMPLES
    assert find_references([german, "Ja."], "Something\n\nYes.") == ["Something", "Yes."]
    with pytest.raises(ValueError, match="1 line for 2 sentences"):
        find_references([german, "Ja."], "Something")


def test_each_example_has_a_sentence_and_a_reference():
    assert all(german.strip() == german and english.strip() for german, english in EXAMPLES)
    assert len(dict(EXAMPLES)) == len(EXAMPLES)
