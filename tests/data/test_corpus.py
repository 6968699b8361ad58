"""The built-in corpus keeps its tests apart: nothing that adapters learn from says nearly the same as a test sentence."""

import pytest

from lora_demo.assets.corpus import near, overlapping, words
from lora_demo.data.pairs import read_file
from lora_demo.data.sources import CORPUS, SEPARATE_DOMAINS, builtin_domains, builtin_tests

DOMAINS = [*builtin_domains(), *sorted(SEPARATE_DOMAINS)]


def files(domain: str, names) -> list:
    return [pair for name in names for pair in read_file(CORPUS / domain / f"{name}.tsv")]


@pytest.mark.parametrize("domain", DOMAINS)
def test_no_test_sentence_or_its_like_is_learned(domain):
    held_out = files(domain, ["test", "probes"])
    learned = files(
        domain, sorted({file.stem for file in (CORPUS / domain).glob("*.tsv")} - {"test", "probes"})
    )
    assert len(held_out) > 200 and len(learned) > 2000
    assert overlapping(learned, held_out) == []


@pytest.mark.parametrize("domain", DOMAINS)
def test_test_sentences_differ_among_themselves(domain):
    pairs = files(domain, ["test", "probes"])
    assert [found for i, pair in enumerate(pairs) for found in overlapping([pair], pairs[:i])] == []


@pytest.mark.parametrize("domain", sorted(SEPARATE_DOMAINS))
def test_a_separate_domain_teaches_no_test_sentence_of_the_others(domain):
    tests = [pair for name in builtin_tests() if name != domain for pair in files(name, ["test"])]
    assert len(tests) > 500
    assert overlapping(files(domain, ["train", "eval"]), tests) == []


def test_what_counts_as_nearly_equal():
    sentence = "Am Montag fallen im Harz 20 Liter Regen."
    assert near(words(sentence), words("am Dienstag fallen im Harz 35 Liter Regen"))
    assert not near(words(sentence), words("Am Montag fällt im Harz etwas Schnee."))
    kept_apart = [(sentence, "On Monday, 20 liters of rain fall in the Harz.")]
    assert overlapping(
        [("Regen fällt.", "On Monday, 10 liters of rain fall in the Harz.")], kept_apart
    )
    assert not overlapping([("Regen fällt.", "Rain is falling.")], kept_apart)
