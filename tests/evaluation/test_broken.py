"""Signs of a broken translation, and translations without them."""

import pytest

from lora_demo.data.sources import builtin_probes
from lora_demo.evaluation.analysis.broken import CUT, EMPTY, REPEATED, TOO_LONG, describe_broken

SOURCE = "Der Zug nach Bremen hat heute leider zwanzig Minuten Verspätung."


@pytest.mark.parametrize("output", ["", "  \n", "...", "–"])
def test_an_output_without_words_is_empty(output):
    assert describe_broken(SOURCE, output) == EMPTY


@pytest.mark.parametrize(
    "output",
    [
        "the the the",
        "The train to the train to the train to Bremen",
        "The train, the train, the train is late.",
        "ofofofofofofof",
        "aaaaaaaaaa train",
        "It is late" + "." * 12,
        "one of the men and one of the women saw one of the trains at one of the stations",
    ],
)
def test_a_token_or_a_run_of_words_repeated_many_times_is_repetition(output):
    assert describe_broken(SOURCE, output) == REPEATED


@pytest.mark.parametrize(
    ("source", "output"),
    [
        ("Nein, nein, nein!", "No, no, no!"),
        ("Das ist sehr, sehr gut.", "That is very, very, very good."),
        ("Haha", "Haha"),
        ("Hahahahahahaha!", "Hahahahahahaha!"),
        ("Kapitel 1 " + "." * 30, "Chapter 1 " + "." * 30),
        ("Es kostet 1000000000 Euro.", "It costs 1000000000 euros."),
        ("...", "..."),
        (SOURCE, "The train to Bremen is twenty minutes late today."),
        ("Donaudampfschifffahrtsgesellschaft", "the steamship company on the river Danube"),
    ],
)
def test_a_sound_translation_has_no_flaw(source, output):
    assert describe_broken(source, output) == ""


def test_the_references_of_the_built_in_probes_have_no_flaw():
    probes = builtin_probes(("weather", "recipes"), 100)
    assert len(probes) > 5
    assert [describe_broken(de, en) for de, en in probes] == [""] * len(probes)


def test_a_phrase_that_is_a_small_part_of_a_long_text_is_not_repetition():
    sentences = [
        f"word{n} one of the men{n} saw thing{n} from house{n} at hour{n}" for n in range(5)
    ]
    assert describe_broken(" ".join(f"Wort{n}" for n in range(40)), ". ".join(sentences)) == ""


def test_repetition_beyond_that_of_the_source_is_found():
    assert describe_broken("Nein, nein, nein!", "no " * 5) == REPEATED


def test_an_output_at_the_limit_was_cut():
    assert describe_broken(SOURCE, "The train to Bremen is", is_cut=True) == CUT
    assert describe_broken(SOURCE, "the the the", is_cut=True) == REPEATED


def test_an_output_several_times_longer_than_the_source_is_too_long():
    words = ["a", "bc", "d", "ef", "g", "hi", "j", "kl", "m", "no", "p", "qr"]
    assert describe_broken("Ja.", " ".join(words[:11])) == ""
    assert describe_broken("Ja.", " ".join(words)) == TOO_LONG
