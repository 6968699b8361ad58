"""Promise: strangers have limits, the environment changes them, and a refusal names the limit."""

import pytest

from lora_demo.service.limits import HOME, NO_LIMITS, PUBLIC, read_limits
from lora_demo.training.config import TrainConfig


def test_strangers_have_limits_and_the_owner_of_the_machine_has_wide_ones():
    assert read_limits({}) == HOME
    assert HOME.days is HOME.minutes is HOME.disk_gb is None
    assert read_limits({"SPACE_ID": "x"}) == read_limits({}, public=True) == PUBLIC
    assert (PUBLIC.days, PUBLIC.disk_gb) == (7, 10)


def test_the_environment_changes_and_removes_limits():
    limits = read_limits(
        {"SPACE_ID": "x", "LORA_DEMO_MAX_MINUTES": "90", "LORA_DEMO_MAX_STEPS": "0"}
    )
    assert limits.minutes == 90
    assert limits.steps is None
    assert limits.own == PUBLIC.own


@pytest.mark.parametrize("text", ["an hour", "-1", "nan", "1e13"])
def test_a_limit_that_is_not_a_number_is_named(text):
    with pytest.raises(ValueError, match="LORA_DEMO_MAX_MINUTES"):
        read_limits({"LORA_DEMO_MAX_MINUTES": text})


def test_a_run_over_a_limit_is_refused_with_the_limit():
    with pytest.raises(ValueError, match="minutes = 31 is over the limit of 30 here"):
        PUBLIC.check_run(TrainConfig(minutes=31))
    PUBLIC.check_run(TrainConfig(minutes=1, batch_size=128, accumulation=8))
    with pytest.raises(ValueError, match="limit of 1,024 pairs per update"):
        PUBLIC.check_run(TrainConfig(minutes=1, batch_size=64, accumulation=17))
    NO_LIMITS.check_run(TrainConfig(minutes=31))


def test_queues_files_and_jobs_over_a_limit_are_refused_with_the_limit():
    with pytest.raises(ValueError, match="4 runs queued or running, and the limit here is 3"):
        PUBLIC.check_queue(0, 1, 3)
    with pytest.raises(ValueError, match="Queued evaluations: 20; the limit here is 20"):
        PUBLIC.check_queue(20, 0, 1, "evaluations")
    with pytest.raises(ValueError, match="limit here is 20 MB"):
        PUBLIC.check_upload(21_000_000)
    with pytest.raises(ValueError, match="Runs on Jobs that this page follows: 8"):
        PUBLIC.check_jobs(8)
    NO_LIMITS.check_queue(10**6, 10**6, 10**6)
    NO_LIMITS.check_upload(10**12)
    NO_LIMITS.check_jobs(10**6)
