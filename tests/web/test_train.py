"""The Train tab without a browser: queue, limits, presets, sweeps, compared runs."""

import fcntl
import json
import os
import re
import time

import pytest

from lora_demo.checkpoints.base import find_config
from lora_demo.service import run_history
from lora_demo.service.limits import Limits
from lora_demo.service.presets import PRESETS
from lora_demo.service.services import open_services
from lora_demo.service.training_queue import TrainingQueue
from lora_demo.service.trainings import check_memory, most_relevant
from lora_demo.service.waiting_time import waiting_message
from lora_demo.training import speed
from lora_demo.training.config import TrainConfig
from lora_demo.training.request import FIELDS, TrainRequest
from lora_demo.training.runs import Run, create, start_sweep
from lora_demo.web.views import plots, run_comparison, source_view
from lora_demo.web.views.followed_run import view_runs
from lora_demo.web.views.run_view import run_html


@pytest.fixture
def processes(monkeypatch):
    """Runs in this process: one that is started holds its lock until it is closed here."""
    held = {}

    def resume(run):
        (run.folder / "asked").touch()
        held[run.id] = open(run.folder / "lock", "ab")  # noqa: SIM115 (closed by the fixture)
        fcntl.flock(held[run.id], fcntl.LOCK_EX)

    monkeypatch.setattr(Run, "resume", resume)
    yield held
    for file in held.values():
        file.close()


def end(processes, run):
    processes.pop(run.id).close()
    (run.folder / "asked").unlink()


def run_seconds(config):
    """Return the seconds of a run whose length is in minutes."""
    return 60 * config.minutes if config.minutes else None


def new(root, name, **settings):
    return create(TrainConfig(**{"steps": 5, "name": name} | settings), root)


def test_the_queue_trains_one_run_at_a_time_in_order_and_survives_a_restart(tmp_path, processes):
    queue, (a, b, c) = (
        TrainingQueue(tmp_path, Limits()),
        [new(tmp_path / name, name, minutes=2, steps=None) for name in "abc"],
    )
    for run in (a, b, c):
        queue.enter([run])
    assert [run.state for run in (a, b, c)] == ["running", "waiting", "waiting"]
    assert "Next in the queue: starts in about 2 min 0 s." in waiting_message(
        queue, b, run_seconds
    ) and "Number 2 in the queue: starts in about 4 min 0 s." in waiting_message(
        queue, c, run_seconds
    )
    again = TrainingQueue(tmp_path, Limits())
    again.recover()
    assert again.current() == a and [again.place(run) for run in (a, b, c)] == [0, 1, 2]
    assert again.leave(b) and not b.folder.exists() and not again.leave(a)
    again.advance()
    assert c.state == "waiting"
    end(processes, a)
    again.advance()
    assert (
        again.current() == c
        and again.waiting() == []
        and waiting_message(again, c, run_seconds) == ""
    )


def test_the_waiting_time_falls_and_is_left_out_when_it_is_unknown(tmp_path, processes):
    queue, (a, b) = TrainingQueue(tmp_path, Limits()), [new(tmp_path / name, name) for name in "ab"]
    queue.enter([a, b])

    def message_of_b(estimate):
        return waiting_message(queue, b, estimate)

    assert "Next in the queue: starts in about 1 min 40 s." in message_of_b(
        lambda config: 20.0 * config.steps
    )
    os.utime(a.folder / "asked", (time.time() - 50,) * 2)
    assert "starts in about 50 s." in message_of_b(lambda config: 20.0 * config.steps), (
        "half of the time has passed"
    )
    step = {
        "kind": "step",
        "time": time.time() - 30,
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


def test_runs_counted_in_steps_are_estimated_from_measured_runs(tmp_path, processes, monkeypatch):
    monkeypatch.setenv("LORA_DEMO_CACHE", str(tmp_path / "cache"))
    services = open_services("mini", None, tmp_path / "runs")
    (first,), (second,) = (
        services.trainings.start(TrainRequest(unit="steps", length=100), "builtin:weather", key)
        for key in ("a" * 32, "b" * 32)
    )
    assert services.trainings.waiting_message(first) == "" and services.trainings.waiting_message(
        second
    ).startswith("Next in the queue. "), "no run was measured yet"
    tokens = services.previews.preview("builtin:weather").shape.tokens
    (tmp_path / "cache" / "xla").mkdir(parents=True)
    speed.remember(
        speed.Measured(
            1.0, "mini", first.config.targets, 8, 16, "CPU", 2.0, tokens, 5.0, 50.0, 10**9
        )
    )
    assert re.search(
        r"starts in about (5 min 0|4 min [345]\d) s\.", services.trainings.waiting_message(second)
    ), "50 s until its first step, 100 of 2 s, ten evaluations of 5 s"


def test_an_adapter_finished_by_a_hidden_run_is_reported_once(tmp_path, processes, monkeypatch):
    monkeypatch.setenv("LORA_DEMO_CACHE", str(tmp_path / "cache"))
    services = open_services("mini", None, tmp_path)
    (goes,), (waits,) = (
        services.trainings.start(
            TrainRequest(unit="steps", length=100), "builtin:weather", "a" * 32
        )
        for _ in range(2)
    )
    before = view_runs(services.trainings, "a" * 32, waits.id)
    assert (before.chosen, before.state, before.finished_adapter) == (
        waits.id,
        "waiting",
        "",
    ) and view_runs(services.trainings, "a" * 32, waits.id, before.mark) is None
    assert view_runs(services.trainings, "a" * 32, waits.id, before.mark, force=True) == before
    (goes.folder / "adapter").mkdir()
    (goes.folder / "adapter" / "README.md").touch()
    end(processes, goes)
    after = view_runs(services.trainings, "a" * 32, waits.id, before.mark)
    assert (after.chosen, after.finished_adapter) == (waits.id, f"run-{goes.id}")
    assert (
        view_runs(services.trainings, "a" * 32, goes.id, after.mark).finished_adapter == ""
        and view_runs(services.trainings, "a" * 32, None).finished_adapter == ""
    )


def test_a_run_of_a_crashed_app_is_first_in_the_queue_again(tmp_path, processes):
    queue, (a, b) = TrainingQueue(tmp_path, Limits()), [new(tmp_path / name, name) for name in "ab"]
    queue.enter([a, b])
    processes.pop(a.id).close()
    queue.recover()
    assert queue.waiting() == [a, b] and a.state == "waiting"


def test_a_run_over_the_time_limit_is_stopped_with_a_message(tmp_path, processes):
    queue, run = TrainingQueue(tmp_path, Limits(minutes=1e-9)), new(tmp_path / "a", "a")
    queue.enter([run])
    os.utime(run.folder / "asked", (1, 1))
    queue.advance()
    assert run.state == "stopping" and "limit" in run.message


def test_every_preset_is_valid_and_a_sweep_has_one_run_per_rank():
    for preset in PRESETS.values():
        names = [str(rank) for rank in preset.ranks]
        assert all(
            c.minutes == preset.length or c.steps == preset.length
            for c in preset.configs("mini", None, "builtin", names)
        )
    sweep = PRESETS["rank sweep"].configs("mini", None, "builtin", "abc")
    assert [(c.rank, c.alpha, c.steps) for c in sweep] == [
        (4, 8.0, 300),
        (8, 16.0, 300),
        (16, 32.0, 300),
    ]


def test_a_request_has_every_setting_of_a_run():
    assert set(FIELDS) - {"unit", "length"} == set(vars(TrainConfig(steps=1))) - {
        "base",
        "revision",
        "data",
        "steps",
        "epochs",
        "minutes",
    }


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"rank": "4, 8", "unit": "minutes"}, "steps or epochs"),
        ({"rank": "4, x"}, "sweep"),
        ({"rank": "1.5"}, "rank"),
        ({"unit": "days"}, "unit"),
        ({"watch": "/etc/passwd"}, "watch"),
        ({"batch_size": 0}, "batch_size"),
    ],
)
def test_invalid_settings_are_refused_by_name(settings, word):
    with pytest.raises(ValueError, match=word):
        TrainRequest(**settings).configs("mini", None, "builtin", ["a", "b"])


def test_a_batch_too_large_for_memory_is_refused_with_one_that_fits():
    with pytest.raises(ValueError, match=r"Use at most [1-9]"):
        check_memory(
            TrainConfig(steps=1, batch_size=4096, max_length=480), find_config("google/flan-t5-xxl")
        )
    check_memory(TrainConfig(steps=1), find_config("mini"))


def evaluation(step, loss, chrf):
    return {
        "kind": "eval",
        "time": 1,
        "step": step,
        "train_loss": loss if step else None,
        "eval_loss": loss,
        "chrf": chrf,
        "best": True,
        "probes": [],
    }


def trained(root, rank, chrf, **settings):
    run = new(root, f"r{rank}", rank=rank, **settings)
    step = {
        "kind": "step",
        "time": 1,
        "step": 5,
        "loss": 2.0 - rank / 10,
        "learning_rate": 0.1,
        "tokens_per_second": 1,
        "seconds_left": 0,
    }
    events = [
        {
            "kind": "plan",
            "time": 1,
            "step": 0,
            "trainable": 1000 * rank,
            "total_steps": 5,
            "percent": 0.1,
            "train_pairs": 9,
            "eval_pairs": 1,
        },
        evaluation(0, 3.0, 10.0),
        step,
        evaluation(5, 2.0, chrf),
        {"kind": "done", "time": 2, "step": 5, "steps": 5, "seconds": 9, "reason": "finished"},
    ]
    (run.folder / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    return run


def test_a_sweep_is_compared_by_rank(tmp_path):
    runs = [trained(tmp_path, rank, 20.0 + rank) for rank in (4, 8)]
    start_sweep(runs)
    html = run_comparison.comparison_html(runs)
    assert "r = 4" in html and "r = 8" in html and "<b>24.0</b>" in html and "+18.0" in html
    assert (
        "r = 8 trains 2 times as many parameters as r = 4. Held-out chrF: 24.0 for r = 4 and "
        "28.0 for r = 8. Eval loss minus train loss: +0.40 for r = 4 and +0.80 for r = 8." in html
    )
    assert "trains" not in run_comparison.comparison_html(runs[:1])
    assert "trains" not in run_comparison.comparison_html(
        [runs[0], trained(tmp_path, 16, 40.0, steps=9)]
    ), "more steps may be the reason"
    assert "<b>rank</b> 4 / 8" in html and "4,000 parameters" in html and 'class="dot c1"' in html


def test_names_are_escaped_and_equal_names_get_a_time(tmp_path):
    runs = [trained(tmp_path, rank, 20.0) for rank in (4, 4)]
    assert len(set(run_comparison._names(runs))) == 2 or runs[0].id[:13] == runs[1].id[:13]
    assert "<script" not in run_comparison.comparison_html(
        [trained(tmp_path, 2, 1.0, data="<script>.tsv"), *runs]
    )


def test_a_summary_has_settings_scores_and_a_command_without_paths(tmp_path):
    data = tmp_path / "uploads" / "mine.tsv"
    data.parent.mkdir()
    data.write_text("de\ten\n")
    told = run_history.summary(trained(tmp_path / "runs", 4, 30.0, data=str(data)))
    assert told["best"]["chrf"] == 30.0 and told["trainable"] == 4000 and len(told["curve"]) == 2
    assert str(tmp_path) not in json.dumps(told) and "mine.tsv" in told["command"]
    on_folders = trained(tmp_path / "runs", 8, 30.0, base=str(tmp_path / "t5"), watch=str(data))
    assert str(tmp_path) not in json.dumps(run_history.summary(on_folders)) + run_html(
        on_folders
    ) and "--base t5" in run_history.public_command(on_folders)
    assert f"--base {tmp_path / 't5'}" in run_history.public_command(on_folders, show_paths=True), (
        "users of this machine can run the command"
    )


@pytest.mark.parametrize(
    ("state", "phase", "step", "message"),
    [
        ("stopping", "compile", 0, "The run stops when this is done: Compiling."),
        ("stopping", "train", 3, "The run stops after this step"),
        ("stopped", "compile", 0, "The run was stopped before its first step"),
        ("stopped", "train", 3, "The best adapter is kept"),
    ],
)
def test_the_message_of_a_stop_says_what_happens(tmp_path, processes, state, phase, step, message):
    run = new(tmp_path, "r")
    events = [
        {"kind": "begin", "time": 1, "step": 0},
        {"kind": "phase", "time": 2, "step": 0, "phase": phase, "message": "Compiling"},
    ]
    events += [
        {
            "kind": "step",
            "time": 3,
            "step": i + 1,
            "loss": 2.0,
            "learning_rate": 0.1,
            "tokens_per_second": 1,
            "seconds_left": 0,
        }
        for i in range(step)
    ]
    events += (
        [
            {
                "kind": "done",
                "time": 4,
                "step": step,
                "steps": step,
                "seconds": 1,
                "reason": "stopped",
            }
        ]
        if state == "stopped"
        else []
    )
    (run.folder / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    if state == "stopping":
        run.resume()
        run.stop()
    assert run.state == state and message in run_html(run)


def test_the_training_run_is_more_relevant_than_waiting_and_newest_ones(tmp_path, processes):
    runs = [new(tmp_path / "v", f"r{i}") for i in range(3)]
    assert most_relevant(runs) == runs[0] and most_relevant([]) is None
    runs[1].enqueue()
    assert most_relevant(runs) == runs[1]
    runs[2].resume()
    assert most_relevant(runs) == runs[2]


def test_points_of_a_scatter_plot_are_inside_the_figure():
    html = plots.scatter("x", [("a", 1e3, 1.0, "c0"), ("b", 1e6, 2.0, "c1")])
    assert all(0 <= float(number) <= 100 for number in re.findall(r"(?:left|top):([-\d.]+)%", html))
    assert plots.scatter("x", []) == ""


def test_without_a_measured_run_there_is_no_estimate():
    config = TrainConfig(steps=5)
    assert "no estimate yet" in source_view.estimate_html([config], [None], [1000])
