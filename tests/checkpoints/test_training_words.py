"""The words that an adapter knows, and texts of another kind than its training."""

import numpy as np
import pytest

from lora_demo.checkpoints.tensors import write_tensors
from lora_demo.checkpoints.training_words import FILE, TrainingWords
from lora_demo.service.outside_texts import find_outside

TRAIN = ["Das Wetter ist gut.", "Das Wetter ist schlecht!", "das WETTER, ist kalt", "Tom geht."]
HELD_OUT = ["Das Wetter ist warm."]


@pytest.fixture
def words():
    return TrainingWords.of(TRAIN, HELD_OUT)


def test_a_word_is_known_from_three_pairs_on_in_any_case(words):
    assert words.count_unknown("DAS wetter ist?") == (0, 3)
    assert words.count_unknown("Tom geht gut.") == (3, 3), "each of them is in one pair only"
    assert words.limit == 0.25


def test_a_text_is_outside_if_more_words_are_unknown_than_usual(words):
    assert words.is_outside("Die Kommission erlässt Rechtsakte.")
    assert not words.is_outside("Das Wetter ist heiter."), "as usual in held-out sentences"
    assert not words.is_outside("Rechtsakte"), "a single word shows nothing"
    assert not words.is_outside("")


def test_words_are_written_and_read_and_joined(words, tmp_path):
    words.write(tmp_path)
    assert TrainingWords.read(tmp_path) == words
    other = TrainingWords.of(3 * ["Die Kommission"], ["Die Kommission"])
    both = words.union(other)
    assert both.words == words.words | other.words and both.limit == words.limit
    assert find_outside(tmp_path, ["Das Wetter ist gut.", "Die Kommission tagt."]) == {1: (3, 3)}


def test_a_strangers_file_that_is_not_sound_is_ignored(tmp_path):
    assert TrainingWords.read(tmp_path) is None
    assert find_outside(tmp_path, ["x y"]) == {}
    (tmp_path / FILE).write_bytes(b"broken")
    assert TrainingWords.read(tmp_path) is None
    for name, words, limit in (("a", np.zeros((1, 1)), 0.5), ("b", np.zeros(1, np.uint32), 2)):
        (tmp_path / name).mkdir()
        write_tensors(tmp_path / name / FILE, {"words": words, "limit": np.float32([limit])})
        assert TrainingWords.read(tmp_path / name) is None
