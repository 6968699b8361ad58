"""`lora_demo.model.checks`: what counts as a number."""

import math

import pytest

from lora_demo.model.checks import is_number, is_whole


@pytest.mark.parametrize("value", [0, -3, 2.5, 1e17])
def test_finite_numbers_are_numbers(value):
    assert is_number(value)


@pytest.mark.parametrize("value", [True, None, "1", math.nan, math.inf, -math.inf, 10**400, [1]])
def test_other_values_are_not_numbers(value):
    assert not is_number(value)


def test_the_range_includes_its_limits():
    assert [is_number(value, 1, 2) for value in (0.99, 1, 1.5, 2, 2.01)] == [0, 1, 1, 1, 0]
    assert [is_whole(value, 1, 2) for value in (0, 1, 2, 3)] == [0, 1, 1, 0]


@pytest.mark.parametrize("value", [2.0, True, "2", None])
def test_only_an_int_is_whole(value):
    assert not is_whole(value)
