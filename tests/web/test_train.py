"""The Train tab's logic without a browser: the line, limits, presets and sweeps, runs side by side."""

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
        held[run.id] = open(run.folder / "lock", "ab")
        fcntl.flock(held[run.id], fcntl.LOCK_EX)

    monkeypatch.setattr(Run, "resume", resume)
    yield held
    for file in held.values():
        file.close()


def end(processes, run):
    processes.pop(run.id).close()
    (run.folder / "asked").unlink()


def run_seconds(config):
    """Seconds of a run that are known only where minutes are."""
    return 60 * config.minutes if config.minutes else None


def new(root, name, **settings):
    return create(TrainConfig(**{"steps": 5, "name": name} | settings), root)


def test_the_line_lets_one_train_keeps_the_order_and_outlives_the_app(tmp_path, processes):
    line, (a, b, c) = (
        TrainingQueue(tmp_path, Limits()),
        [new(tmp_path / name, name, minutes=2, steps=None) for name in "abc"],
    )
    for run in (a, b, c):
        line.enter([run])
    assert [run.state for run in (a, b, c)] == ["running", "waiting", "waiting"]
    assert "Next in the queue: starts in about 2 min 0 s." in waiting_message(
        line, b, run_seconds
    ) and "Number 2 in the queue: starts in about 4 min 0 s." in waiting_message(line, c, run_seconds)
    again = TrainingQueue(tmp_path, Limits())
    again.recover()
    assert again.current() == a and [again.place(run) for run in (a, b, c)] == [0, 1, 2]
    assert again.leave(b) and not b.folder.exists() and not again.leave(a)
    again.advance()
    assert c.state == "waiting"
    end(processes, a)
    again.advance()
    assert again.current() == c and again.waiting() == [] and waiting_message(again, c, run_seconds) == ""


def test_the_estimate_counts_steps_sinks_and_says_when_it_is_none(tmp_path, processes):
    line, (a, b) = TrainingQueue(tmp_path, Limits()), [new(tmp_path / name, name) for name in "ab"]
    line.enter([a, b])
    said = lambda estimate: waiting_message(line, b, estimate)
    assert "Next in the queue: starts in about 1 min 40 s." in said(
        lambda config: 20.0 * config.steps
    )
    os.utime(a.folder / "asked", (time.time() - 50,) * 2)
    assert "starts in about 50 s." in said(lambda config: 20.0 * config.steps), "half of it is over"
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
    assert "starts in about 40 s." in said(run_seconds), "its last step knew better, and was a while ago"
    (a.folder / "events.jsonl").write_text(json.dumps(step | {"seconds_left": 20.0}) + "\n")
    assert said(run_seconds).startswith("Next in the queue. "), "it is overdue: nobody knows"


def test_runs_by_steps_are_estimated_by_what_was_measured_here(tmp_path, processes, monkeypatch):
    monkeypatch.setenv("LORA_DEMO_CACHE", str(tmp_path / "cache"))
    services = open_services("mini", None, tmp_path / "runs")
    (first,), (second,) = (
        services.trainings.start(TrainRequest(unit="steps", length=100), "builtin:weather", key)
        for key in ("a" * 32, "b" * 32)
    )
    assert services.trainings.waiting_message(first) == "" and services.trainings.waiting_message(
        second
    ).startswith("Next in the queue. "), "nothing was measured yet"
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


def test_an_adapter_that_is_finished_while_another_run_is_shown_is_told_of_once(
    tmp_path, processes, monkeypatch
):
    monkeypatch.setenv("LORA_DEMO_CACHE", str(tmp_path / "cache"))
    services = open_services("mini", None, tmp_path)
    (goes,), (waits,) = (
        services.trainings.start(TrainRequest(unit="steps", length=100), "builtin:weather", "a" * 32)
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


def test_a_run_whose_app_died_comes_first_again(tmp_path, processes):
    line, (a, b) = TrainingQueue(tmp_path, Limits()), [new(tmp_path / name, name) for name in "ab"]
    line.enter([a, b])
    processes.pop(a.id).close()
    line.recover()
    assert line.waiting() == [a, b] and a.state == "waiting"


def test_a_run_over_its_time_is_ended_with_a_sentence(tmp_path, processes):
    line, run = TrainingQueue(tmp_path, Limits(minutes=1e-9)), new(tmp_path / "a", "a")
    line.enter([run])
    os.utime(run.folder / "asked", (1, 1))
    line.advance()
    assert run.state == "stopping" and "limit" in run.message


def test_every_preset_is_a_valid_run_and_a_sweep_is_one_for_each_rank():
    names = lambda request: [str(rank) for rank in request.ranks]
    for preset in PRESETS.values():
        assert all(
            c.minutes == preset.length or c.steps == preset.length
            for c in preset.configs("mini", None, "builtin", names(preset))
        )
    sweep = PRESETS["rank sweep"].configs("mini", None, "builtin", "abc")
    assert [(c.rank, c.alpha, c.steps) for c in sweep] == [
        (4, 8.0, 300),
        (8, 16.0, 300),
        (16, 32.0, 300),
    ]


def test_the_form_has_every_setting_of_a_run():
    assert set(FIELDS) - {"unit", "length"} == set(vars(TrainConfig(steps=1))) - {
        "base",
        "revision",
        "data",
        "steps",
        "epochs",
        "minutes",
    }


@pytest.mark.parametrize(
    "settings, word",
    [
        (dict(rank="4, 8", unit="minutes"), "steps or epochs"),
        (dict(rank="4, x"), "sweep"),
        (dict(rank="1.5"), "rank"),
        (dict(unit="days"), "unit"),
        (dict(watch="/etc/passwd"), "watch"),
        (dict(batch_size=0), "batch_size"),
    ],
)
def test_settings_that_cannot_be_say_what_to_do(settings, word):
    with pytest.raises(ValueError, match=word):
        TrainRequest(**settings).configs("mini", None, "builtin", ["a", "b"])


def test_a_batch_that_no_machine_holds_is_refused_with_one_that_fits():
    with pytest.raises(ValueError, match="Use at most [1-9]"):
        check_memory(
            TrainConfig(steps=1, batch_size=4096, max_length=480), find_config("google/flan-t5-xxl")
        )
    check_memory(TrainConfig(steps=1), find_config("mini"))


def trained(root, rank, chrf, **settings):
    run = new(root, f"r{rank}", rank=rank, **settings)
    evaluation = lambda step, loss, chrf: {
        "kind": "eval",
        "time": 1,
        "step": step,
        "train_loss": loss if step else None,
        "eval_loss": loss,
        "chrf": chrf,
        "best": True,
        "probes": [],
    }
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


def test_a_sweep_is_laid_side_by_side(tmp_path):
    runs = [trained(tmp_path, rank, 20.0 + rank) for rank in (4, 8)]
    start_sweep(runs)
    html = run_comparison.comparison_html(runs)
    assert "r = 4" in html and "r = 8" in html and "<b>24.0</b>" in html and "+18.0" in html
    assert (
        "r = 8 trains 2 times as many parameters as r = 4: held-out chrF 24.0 → 28.0. Eval loss minus train loss is +0.80, and +0.40 for r = 4"
        in html
    )
    assert "trains" not in run_comparison.comparison_html(runs[:1])
    assert "trains" not in run_comparison.comparison_html(
        [runs[0], trained(tmp_path, 16, 40.0, steps=9)]
    ), "more steps may be why"
    assert "<b>rank</b> 4 / 8" in html and "4,000 parameters" in html and 'class="dot c1"' in html


def test_names_are_escaped_and_runs_of_one_name_told_apart(tmp_path):
    runs = [trained(tmp_path, rank, 20.0) for rank in (4, 4)]
    assert len(set(run_comparison._names(runs))) == 2 or runs[0].id[:13] == runs[1].id[:13]
    assert "<script" not in run_comparison.comparison_html(
        [trained(tmp_path, 2, 1.0, data="<script>.tsv"), *runs]
    )


def test_a_summary_gives_settings_scores_and_the_command_without_paths(tmp_path):
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
        "whoever sits here can run it"
    )


@pytest.mark.parametrize(
    "state, phase, step, said",
    [
        ("stopping", "compile", 0, "The run stops when this is done: Compiling."),
        ("stopping", "train", 3, "The run stops after this step"),
        ("stopped", "compile", 0, "The run was stopped before its first step"),
        ("stopped", "train", 3, "The best adapter is kept"),
    ],
)
def test_what_a_stop_does_is_said_as_it_is(tmp_path, processes, state, phase, step, said):
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
    assert run.state == state and said in run_html(run)


def test_the_run_that_trains_comes_before_what_waits_and_what_is_newest(tmp_path, processes):
    runs = [new(tmp_path / "v", f"r{i}") for i in range(3)]
    assert most_relevant(runs) == runs[0] and most_relevant([]) is None
    runs[1].enqueue()
    assert most_relevant(runs) == runs[1]
    runs[2].resume()
    assert most_relevant(runs) == runs[2]


def test_points_of_a_scatter_lie_within_the_figure():
    html = plots.scatter("x", [("a", 1e3, 1.0, "c0"), ("b", 1e6, 2.0, "c1")])
    assert all(0 <= float(number) <= 100 for number in re.findall(r"(?:left|top):([-\d.]+)%", html))
    assert plots.scatter("x", []) == ""


def test_an_estimate_says_when_nothing_was_measured():
    config = TrainConfig(steps=5)
    assert "no estimate yet" in source_view.estimate_html([config], [None], [1000])
