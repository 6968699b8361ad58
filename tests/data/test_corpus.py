"""The built-in corpus: no training sentence is nearly equal to a test sentence."""

import pytest

from lora_demo.assets.corpus import near, overlapping, words
from lora_demo.data.pairs import read_file
from lora_demo.data.sources import CORPUS, SEPARATE_DOMAINS, builtin_domains, builtin_tests

DOMAINS = [*builtin_domains(), *sorted(SEPARATE_DOMAINS)]


def read_pairs(domain: str, names) -> list:
    return [pair for name in names for pair in read_file(CORPUS / domain / f"{name}.tsv")]


@pytest.mark.parametrize("domain", DOMAINS)
def test_no_training_sentence_is_nearly_equal_to_a_test_sentence(domain):
    held_out = read_pairs(domain, ["test", "probes"])
    names = {file.stem for file in (CORPUS / domain).glob("*.tsv")}
    training = read_pairs(domain, sorted(names - {"test", "probes"}))
    assert len(held_out) > 200 and len(training) > 2000
    assert overlapping(training, held_out) == []


@pytest.mark.parametrize("domain", DOMAINS)
def test_no_two_test_sentences_are_nearly_equal(domain):
    pairs = read_pairs(domain, ["test", "probes"])
    for i, pair in enumerate(pairs):
        assert overlapping([pair], pairs[:i]) == []


@pytest.mark.parametrize("domain", sorted(SEPARATE_DOMAINS))
def test_a_separate_domain_has_no_test_sentence_of_the_others_in_its_training(domain):
    others = [name for name in builtin_tests() if name != domain]
    tests = [pair for name in others for pair in read_pairs(name, ["test"])]
    assert len(tests) > 500
    assert overlapping(read_pairs(domain, ["train", "eval"]), tests) == []


def test_sentences_that_differ_only_in_numbers_and_names_are_nearly_equal():
    sentence = "Am Montag fallen im Harz 20 Liter Regen."
    assert near(words(sentence), words("am Dienstag fallen im Harz 35 Liter Regen"))
    assert not near(words(sentence), words("Am Montag fällt im Harz etwas Schnee."))
    test_pairs = [(sentence, "On Monday, 20 liters of rain fall in the Harz.")]
    same_english = ("Regen fällt.", "On Monday, 10 liters of rain fall in the Harz.")
    assert overlapping([same_english], test_pairs)
    assert not overlapping([("Regen fällt.", "Rain is falling.")], test_pairs)
