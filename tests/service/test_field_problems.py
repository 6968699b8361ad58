"""Errors of the form are said at the field that causes them."""

import pytest

from lora_demo.service.field_problems import field_problems
from lora_demo.service.limits import Limits
from lora_demo.training.request import FIELDS, TrainRequest
from tests.service.conftest import KEY

VALUES = {name: getattr(TrainRequest, name) for name in FIELDS}


@pytest.fixture
def problems(services):
    return lambda **changes: field_problems(services.trainings, VALUES | changes, KEY)


def test_a_form_that_can_be_used_has_no_problem(problems):
    assert problems() == {} == problems(rank="4, 8", unit="epochs")


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("rank", "0", "rank = 0"),
        ("rank", "many", "rank = 'many'"),
        ("alpha", -1, "alpha = -1"),
        ("learning_rate", 99, "learning_rate = 99"),
        ("length", 0, "minutes = 0"),
        ("batch_size", 2.5, "batch_size = 2.5"),
        ("targets", "q, nothing", "nothing"),
        ("layers", "9-1", "layers"),
        ("probes", "x\n" * 6, "at most 5 sentences"),
        ("parent", "gone", "gone"),
    ],
)
def test_a_wrong_value_is_reported_at_its_field_alone(problems, name, value, word):
    found = problems(**{name: value})
    assert list(found) == [name] and word in found[name]
    assert "Training settings" not in found[name]


def test_several_wrong_values_are_each_reported_at_their_field(problems):
    found = problems(rank="0", learning_rate=99, name="a/b")
    assert sorted(found) == ["learning_rate", "name", "rank"]


def test_values_that_do_not_go_together_are_reported_once(problems):
    assert "minutes" in problems(rank="4, 8")["rank"]
    assert list(problems(use_dora=True, init="pissa")) == ["init"]


def test_a_limit_of_the_page_is_reported_at_the_field(services):
    services.trainings.queue.limits = Limits(minutes=2.0)
    assert list(field_problems(services.trainings, VALUES | {"length": 9}, KEY)) == ["length"]
