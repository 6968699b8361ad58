"""Previews count pairs and find wrong ones; estimates scale measurements of earlier runs."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from lora_demo.data.encoding import PREFIX
from lora_demo.data.preview import make_preview
from lora_demo.data.sources import Dataset, load_dataset
from lora_demo.training import speed
from lora_demo.training.config import TrainConfig

PAIRS = [
    ("Der Hund ist nicht bei mir.", "The dog is not with me."),
    ("Die Katze schläft auf dem Sofa.", "The cat is asleep on the sofa."),
]
SWAPPED = ("The bread is on the table.", "Das Brot liegt auf dem Tisch.")
UNTRANSLATED = ("Wir gehen heute mit dem Hund.", "Wir gehen heute mit dem Hund.")


def test_the_memory_peak_of_a_process_leaves_out_its_parent():
    """A training process must not report the peak of the app that started it."""
    large = np.ones(150_000_000, "uint8")  # ones, so that every page is really in memory
    script = "from lora_demo.training.speed import peak_bytes; print(peak_bytes())"
    child = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert 5_000_000 < int(child.stdout) < len(large) < speed.peak_bytes()


def encode_words(texts):
    """Encode each word as one token, and the prefix as nine more."""
    return [
        [1] * len(text.removeprefix(PREFIX).split()) + [1] * 9 * text.startswith(PREFIX)
        for text in texts
    ]


def preview(pairs, **options):
    dataset = Dataset("x", pairs, PAIRS[:1], [])
    settings = {"batch_size": 4, "max_length": 128} | options
    return make_preview(dataset, encode_words, **settings)


def test_swapped_and_untranslated_pairs_are_reported_and_good_ones_are_not():
    result = preview([*PAIRS, SWAPPED, UNTRANSLATED])
    assert result.swapped == [SWAPPED]
    assert result.untranslated == [UNTRANSLATED]


def test_the_built_in_corpus_has_no_swapped_or_untranslated_pairs():
    result = preview(load_dataset("builtin").train)
    assert result.swapped == result.untranslated == []


def test_the_histogram_holds_every_length_and_pairs_that_are_too_long_are_counted():
    pairs = [("ja " * n, "yes " * n) for n in range(1, 101)]
    result = preview(pairs, max_length=50)
    assert sum(count for _, _, count in result.histogram) == 100
    assert all(low <= high for low, high, _ in result.histogram)
    assert result.histogram[-1][1] >= max(result.lengths)
    assert result.cut == sum(n + 9 > 50 for n in range(1, 101))


def test_batches_hold_every_pair_and_padding_is_given_as_a_share():
    result = preview(PAIRS * 50)
    assert result.batches * 4 == pytest.approx(100, rel=0.15)
    assert 0 < result.padding < 0.2


def test_the_first_pairs_of_the_file_are_shown_and_its_duplicates_are_counted():
    file = [*PAIRS[:1], *PAIRS, *PAIRS[1:]]
    result = preview(PAIRS[1:], read=file)
    assert result.first == file[:3]
    assert result.duplicates == len(file) - len(PAIRS)
    assert preview(PAIRS).first == PAIRS[:3]
    assert preview(PAIRS).duplicates == 0


def test_a_preview_without_pairs_is_refused():
    with pytest.raises(ValueError, match="no pairs to train on"):
        preview([])


MEASURED = speed.Measured(
    time=1.0,
    base="mini",
    targets=("q", "v"),
    rank=8,
    rows=16,
    device="CPU",
    step_seconds=0.15,
    tokens=1000,
    evaluation_seconds=2.0,
    start_seconds=20.0,
    peak_bytes=10**9,
)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LORA_DEMO_CACHE", str(tmp_path))


def test_there_is_no_estimate_without_a_measurement_of_the_same_base(cache):
    speed.remember(replace(MEASURED, base="other"))
    assert speed.estimate(TrainConfig(steps=10), ("q", "v"), 1000, 5, 10) is None


def test_an_estimate_scales_the_measured_time_by_the_number_of_tokens(cache):
    speed.remember(MEASURED)
    speed.remember(replace(MEASURED, targets=("wo",), step_seconds=9.0))
    same = speed.estimate(TrainConfig(steps=100), ("q", "v"), 1000, 2, 10)
    double = speed.estimate(TrainConfig(steps=100), ("q", "v"), 2000, 1, 10)
    assert same.step_seconds == pytest.approx(0.15)
    assert double.step_seconds == pytest.approx(0.3)
    assert same.seconds == pytest.approx(20 + 100 * 0.15 + 10 * 2)
    assert same.basis == speed.recall()[0]


def test_the_steps_of_a_run_are_estimated_from_its_minutes_or_epochs(cache):
    speed.remember(replace(MEASURED, step_seconds=0.1))
    minutes = speed.estimate(TrainConfig(minutes=1), ("q", "v"), 1000, 10, 10)
    epochs = speed.estimate(TrainConfig(epochs=2), ("q", "v"), 1000, 10, 10)
    evaluations_of_2_seconds = 6  # a fifth of the minute
    assert minutes.steps == int((60 - evaluations_of_2_seconds * 2) / 0.1)
    assert epochs.steps == 20


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"runs": 1}', '{"runs": [{"targets": [], "step_seconds": 0.5}]}']
)
def test_a_damaged_file_of_measurements_and_one_of_another_version_are_ignored(cache, text):
    speed.remember(MEASURED)
    speed._path().write_text(text)
    assert speed.recall() == []
