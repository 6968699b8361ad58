"""`lora_demo.formatting`: durations, sizes and counts as text."""

import pytest

from lora_demo.formatting import format_count, format_duration, format_size, plural


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0 s"),
        (99.4, "99 s"),
        (100, "1 min 40 s"),
        (599, "9 min 59 s"),
        (1500, "25 min"),
        (3900, "1 h 5 min"),
    ],
)
def test_durations_have_two_units_at_most(seconds, text):
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1800, "1.8 kB"), (1_234_567, "1.23 MB"), (5e12, "5,000 GB")],
)
def test_sizes_have_three_digits(count, text):
    assert format_size(count) == text


@pytest.mark.parametrize(
    ("number", "text"), [(0.5, "0.5"), (950, "950"), (442_368, "442 k"), (1_769_472, "1.77 M")]
)
def test_counts_have_three_digits(number, text):
    assert format_count(number) == text


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 words"), (1, "1 word"), (2, "2 words"), (1200, "1,200 words")]
)
def test_nouns_follow_their_counts(count, text):
    assert plural(count, "word") == text
