"""The queue of training runs: order, waiting times, restarts and limits."""

import json
import os
from types import SimpleNamespace

import pytest

from lora_demo.service import waiting_time
from lora_demo.service.limits import Limits
from lora_demo.service.services import open_services
from lora_demo.service.training_queue import TrainingQueue
from lora_demo.service.trainings import most_relevant
from lora_demo.service.waiting_time import waiting_message
from lora_demo.training import speed
from lora_demo.training.request import TrainRequest
from tests.service.fake_processes import end_run, new_run


@pytest.fixture
def clock(monkeypatch):
    """Stop the time at which waiting times are estimated; return a function that starts a run."""
    now = 1_700_000_000.0
    monkeypatch.setattr(waiting_time, "time", SimpleNamespace(time=lambda: now))

    def start(run, seconds_ago=0.0):
        os.utime(run.folder / "asked", (now - seconds_ago,) * 2)
        return now

    return start


def run_seconds(config):
    """Return the seconds of a run whose length is in minutes."""
    return 60 * config.minutes if config.minutes else None


def test_the_queue_trains_one_run_at_a_time_in_order_and_survives_a_restart(
    tmp_path, processes, clock
):
    queue = TrainingQueue(tmp_path, Limits())
    a, b, c = [new_run(tmp_path / name, name, minutes=2, steps=None) for name in "abc"]
    for run in (a, b, c):
        queue.enter([run])
    clock(a)
    assert [run.state for run in (a, b, c)] == ["running", "waiting", "waiting"]
    assert "Next in the queue: starts in about 2 min 0 s." in waiting_message(queue, b, run_seconds)
    assert "Number 2 in the queue: starts in about 4 min 0 s." in waiting_message(
        queue, c, run_seconds
    )
    again = TrainingQueue(tmp_path, Limits())
    again.recover()
    assert again.current() == a
    assert [again.place(run) for run in (a, b, c)] == [0, 1, 2]
    assert again.leave(b) and not b.folder.exists() and not again.leave(a)
    again.advance()
    assert c.state == "waiting"
    end_run(processes, a)
    again.advance()
    assert again.current() == c
    assert again.waiting() == []
    assert waiting_message(again, c, run_seconds) == ""


def test_the_waiting_time_falls_and_is_left_out_when_it_is_unknown(tmp_path, processes, clock):
    queue = TrainingQueue(tmp_path, Limits())
    a, b = [new_run(tmp_path / name, name) for name in "ab"]
    queue.enter([a, b])
    now = clock(a)

    def message_of_b(estimate):
        return waiting_message(queue, b, estimate)

    assert "Next in the queue: starts in about 1 min 40 s." in message_of_b(
        lambda config: 20.0 * config.steps
    )
    clock(a, 50)
    assert "starts in about 50 s." in message_of_b(lambda config: 20.0 * config.steps), (
        "half of the time has passed"
    )
    step = {
        "kind": "step",
        "time": now - 30,
        "step": 1,
        "loss": 2.0,
        "learning_rate": 0.1,
        "tokens_per_second": 1,
        "seconds_left": 70.0,
    }
    (a.folder / "events.jsonl").write_text(json.dumps(step) + "\n")
    assert "starts in about 40 s." in message_of_b(run_seconds), (
        "the last step gave a newer estimate 30 s ago"
    )
    (a.folder / "events.jsonl").write_text(json.dumps(step | {"seconds_left": 20.0}) + "\n")
    assert message_of_b(run_seconds).startswith("Next in the queue. "), (
        "the run is overdue, so the time is unknown"
    )


def test_runs_counted_in_steps_are_estimated_from_measured_runs(
    tmp_path, processes, monkeypatch, clock
):
    monkeypatch.setenv("LORA_DEMO_CACHE", str(tmp_path / "cache"))
    services = open_services("mini", None, tmp_path / "runs")
    (first,), (second,) = (
        services.trainings.start(TrainRequest(unit="steps", length=100), "builtin:weather", key)
        for key in ("a" * 32, "b" * 32)
    )
    assert services.trainings.waiting_message(first) == "", "no run was measured yet"
    assert services.trainings.waiting_message(second).startswith("Next in the queue. ")
    tokens = services.bases.own.previews.preview("builtin:weather").shape.tokens
    (tmp_path / "cache" / "xla").mkdir(parents=True)
    speed.remember(
        speed.Measured(
            1.0, "mini", first.config.targets, 8, 16, "CPU", 2.0, tokens, 5.0, 50.0, 10**9
        )
    )
    clock(first)
    assert "starts in about 5 min 0 s." in services.trainings.waiting_message(second), (
        "50 s until its first step, 100 of 2 s, ten evaluations of 5 s"
    )


def test_a_run_of_a_crashed_app_is_first_in_the_queue_again(tmp_path, processes):
    queue = TrainingQueue(tmp_path, Limits())
    a, b = [new_run(tmp_path / name, name) for name in "ab"]
    queue.enter([a, b])
    processes.pop(a.id).close()
    queue.recover()
    assert queue.waiting() == [a, b] and a.state == "waiting"


def test_a_run_over_the_time_limit_is_stopped_with_a_message(tmp_path, processes):
    queue, run = TrainingQueue(tmp_path, Limits(minutes=1e-9)), new_run(tmp_path / "a", "a")
    queue.enter([run])
    os.utime(run.folder / "asked", (1, 1))
    queue.advance()
    assert run.state == "stopping" and "limit" in run.message


def test_the_training_run_is_more_relevant_than_waiting_and_newest_ones(tmp_path, processes):
    runs = [new_run(tmp_path / "v", f"r{i}") for i in range(3)]
    assert most_relevant(runs) == runs[0] and most_relevant([]) is None
    runs[1].enqueue()
    assert most_relevant(runs) == runs[1]
    runs[2].resume()
    assert most_relevant(runs) == runs[2]


def queued_runs(root, arrivals):
    """Queue one run for each letter, which names its visitor; the runs are named 1, 2, 3 ..."""
    runs = {}
    for number, visitor in enumerate(arrivals, 1):
        name = str(number)
        runs[name] = new_run(root / visitor, name, folder=root / visitor / name)
        runs[name].enqueue(10**18 + number)
    return runs


def names(runs):
    return [run.id for run in runs]


def test_runs_are_queued_in_fair_order(tmp_path):
    queue, runs = TrainingQueue(tmp_path, Limits()), queued_runs(tmp_path, "aaabcb")
    assert names(queue.waiting()) == ["1", "4", "5", "2", "6", "3"]
    assert queue.place(runs["4"]) == 2


def test_a_visitor_whose_run_just_ended_waits_for_the_others(tmp_path, processes):
    queue, runs = TrainingQueue(tmp_path, Limits()), queued_runs(tmp_path, "aaabcb")
    started = []
    while queue.waiting():
        queue.advance()
        started.append(queue.current().id)
        end_run(processes, runs[started[-1]])
    assert started == ["1", "4", "5", "2", "6", "3"]


def test_a_recovered_run_is_first_whatever_the_order_was(tmp_path):
    queue, runs = TrainingQueue(tmp_path, Limits()), queued_runs(tmp_path, "aaabcb")
    (runs["1"].folder / "queued").unlink()
    (runs["1"].folder / "asked").touch()
    assert names(queue.waiting()) == ["4", "5", "2", "6", "3"]
    os.utime(runs["1"].folder / "asked", (1, 1))
    queue.recover()
    assert queue.waiting()[0].id == "1"
