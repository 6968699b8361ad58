"""The length of a run, and its evaluations."""

import math

import pytest

from lora_demo.training.config import TrainConfig
from lora_demo.training.schedule import MAX_EVALUATION_SHARE, plan_schedule


@pytest.mark.parametrize("evaluation_seconds", [0.01, 0.5, 2.0, 5.0, 11.0])
@pytest.mark.parametrize("step_seconds", [0.013, 0.2, 3.0])
def test_evaluations_take_at_most_a_fifth_of_a_run_of_minutes(step_seconds, evaluation_seconds):
    config = TrainConfig(minutes=1.0)
    schedule = plan_schedule(config, 100, step_seconds, evaluation_seconds)
    evaluations = math.ceil(schedule.total_steps / schedule.eval_every)
    assert 1 <= evaluations <= 10
    assert evaluations == 1 or evaluations * evaluation_seconds <= 60 * MAX_EVALUATION_SHARE
    assert schedule.total_steps * step_seconds + evaluations * evaluation_seconds <= 60.01
    assert MAX_EVALUATION_SHARE == 0.2


def test_a_run_of_steps_is_evaluated_ten_times_or_as_often_as_it_says():
    assert plan_schedule(TrainConfig(steps=2500), 100, 1.0, 99.0).eval_every == 250
    assert plan_schedule(TrainConfig(steps=2500, eval_every=7), 100, 1.0, 99.0).eval_every == 7
    chosen = plan_schedule(TrainConfig(minutes=1.0, eval_every=7), 100, 0.1, 9.0)
    assert chosen.eval_every == 7
