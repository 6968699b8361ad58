"""Previews count what is there and find what is wrong; estimates scale what was measured and make nothing up."""

import subprocess
import sys

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


def test_the_peak_is_this_process_own():
    """Of a training, not of the app that started it, which may have had more."""
    kept = np.ones(150_000_000, "uint8")  # touched
    child = subprocess.run(
        [
            sys.executable,
            "-c",
            "from lora_demo.training.speed import peak_bytes; print(peak_bytes())",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert 5_000_000 < int(child.stdout) < len(kept) < speed.peak_bytes()


def words(texts):
    return [
        [1] * len(text.removeprefix(PREFIX).split()) + [1] * 9 * text.startswith(PREFIX)
        for text in texts
    ]


def look(pairs, **options):
    return make_preview(
        Dataset("x", pairs, PAIRS[:1], []), words, **{"batch_size": 4, "max_length": 128} | options
    )


def test_swapped_and_untranslated_pairs_are_found_and_good_ones_are_not():
    found = look([*PAIRS, SWAPPED, UNTRANSLATED])
    assert found.swapped == [SWAPPED] and found.untranslated == [UNTRANSLATED]


def test_the_built_in_corpus_looks_right():
    found = look(load_dataset("builtin").train)
    assert found.swapped == found.untranslated == []


def test_every_length_is_in_the_histogram_and_what_is_too_long_is_counted():
    pairs = [("ja " * n, "yes " * n) for n in range(1, 101)]
    found = look(pairs, max_length=50)
    assert sum(count for _, _, count in found.histogram) == 100
    assert all(low <= high for low, high, _ in found.histogram) and found.histogram[-1][1] >= max(
        found.lengths
    )
    assert found.cut == sum(n + 9 > 50 for n in range(1, 101))


def test_batches_hold_every_pair_and_padding_is_a_share():
    found = look(PAIRS * 50)
    assert found.batches * 4 == pytest.approx(100, rel=0.15) and 0 < found.padding < 0.2


def test_the_first_pairs_are_those_of_the_file_and_its_doubles_are_counted():
    file = [*PAIRS[:1], *PAIRS, *PAIRS[1:]]
    found = look(PAIRS[1:], read=file)
    assert found.first == file[:3] and found.doubles == len(file) - len(PAIRS)
    assert look(PAIRS).first == PAIRS[:3] and look(PAIRS).doubles == 0


def test_nothing_to_train_on_is_said():
    with pytest.raises(ValueError, match="no pairs to train on"):
        look([])


def measured(**changes):
    return speed.Measured(
        **dict(
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
        | changes
    )


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LORA_DEMO_CACHE", str(tmp_path))


def test_without_a_measurement_of_the_base_there_is_no_estimate(cache):
    speed.remember(measured(base="other"))
    assert speed.estimate(TrainConfig(steps=10), ("q", "v"), 1000, 5, 10) is None


def test_an_estimate_is_what_was_measured_scaled_by_tokens(cache):
    speed.remember(measured())
    speed.remember(measured(targets=("wo",), step_seconds=9.0))
    same = speed.estimate(TrainConfig(steps=100), ("q", "v"), 1000, 2, 10)
    double = speed.estimate(TrainConfig(steps=100), ("q", "v"), 2000, 1, 10)
    assert same.step_seconds == pytest.approx(0.15) and double.step_seconds == pytest.approx(0.3)
    assert same.seconds == pytest.approx(20 + 100 * 0.15 + 10 * 2)
    assert same.basis == speed.recall()[0]


def test_minutes_become_steps_and_epochs_batches(cache):
    speed.remember(measured(step_seconds=0.1))
    assert speed.estimate(TrainConfig(minutes=1), ("q", "v"), 1000, 10, 10).steps == int(
        (60 - 9 * 2) / 0.1
    )
    assert speed.estimate(TrainConfig(epochs=2), ("q", "v"), 1000, 10, 10).steps == 20


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"runs": 1}', '{"runs": [{"targets": [], "step_seconds": 0.5}]}']
)
def test_a_broken_record_or_one_of_another_version_is_no_record(cache, text):
    speed.remember(measured())
    speed._path().write_text(text)
    assert speed.recall() == []
