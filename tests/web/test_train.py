"""The Train tab without a browser: the followed run, summaries, compared runs and estimates."""

import json
import re

import pytest

from lora_demo.service import run_history
from lora_demo.service.services import open_services
from lora_demo.training.config import TrainConfig
from lora_demo.training.request import TrainRequest
from lora_demo.training.runs import start_sweep
from lora_demo.web.views import data_preview, plots, run_comparison
from lora_demo.web.views.followed_run import view_runs
from lora_demo.web.views.run_view import run_html
from tests.service.fake_processes import end_run, new_run

KEY = "a" * 32


def test_an_adapter_finished_by_a_hidden_run_is_reported_once(tmp_path, processes, monkeypatch):
    monkeypatch.setenv("LORA_DEMO_CACHE", str(tmp_path / "cache"))
    services = open_services("mini", None, tmp_path)
    request = TrainRequest(unit="steps", length=100)
    (finished,) = services.trainings.start(request, "builtin:weather", KEY)
    (waiting,) = services.trainings.start(request, "builtin:weather", KEY)

    before = view_runs(services.trainings, KEY, waiting.id)
    assert (before.chosen, before.state, before.finished_adapter) == (waiting.id, "waiting", "")
    assert view_runs(services.trainings, KEY, waiting.id, before.mark) is None
    assert view_runs(services.trainings, KEY, waiting.id, before.mark, force=True) == before

    (finished.folder / "adapter").mkdir()
    (finished.folder / "adapter" / "README.md").touch()
    end_run(processes, finished)
    after = view_runs(services.trainings, KEY, waiting.id, before.mark)
    assert (after.chosen, after.finished_adapter) == (waiting.id, f"run-{finished.id}")
    assert view_runs(services.trainings, KEY, finished.id, after.mark).finished_adapter == ""
    assert view_runs(services.trainings, KEY, None).finished_adapter == ""


def write_events(run, events):
    lines = [json.dumps(event) + "\n" for event in events]
    (run.folder / "events.jsonl").write_text("".join(lines))


def step_event(step, loss, time=1):
    return {
        "kind": "step",
        "time": time,
        "step": step,
        "loss": loss,
        "learning_rate": 0.1,
        "tokens_per_second": 1,
        "seconds_left": 0,
    }


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
    """Write a finished run of 5 steps, whose chrF rose from 10 to `chrf`."""
    run = new_run(root, f"r{rank}", rank=rank, **settings)
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
        step_event(5, loss=2.0 - rank / 10),
        evaluation(5, 2.0, chrf),
        {"kind": "done", "time": 2, "step": 5, "steps": 5, "seconds": 9, "reason": "finished"},
    ]
    write_events(run, events)
    return run


def test_a_sweep_is_compared_by_rank(tmp_path):
    runs = [trained(tmp_path, rank, 20.0 + rank) for rank in (4, 8)]
    start_sweep(runs)
    html = run_comparison.comparison_html(runs)
    for text in ("r = 4", "r = 8", "<b>24.0</b>", "+18.0"):
        assert text in html
    assert (
        "r = 8 trains 2 times as many parameters as r = 4. Held-out chrF: 24.0 for r = 4 and "
        "28.0 for r = 8. Held-out loss minus train loss: +0.40 for r = 4 and +0.80 for r = 8."
        in html
    )
    assert "trains" not in run_comparison.comparison_html(runs[:1])
    # A difference may come from other settings, such as more steps.
    longer = trained(tmp_path, 16, 40.0, steps=9)
    assert "trains" not in run_comparison.comparison_html([runs[0], longer])
    for text in ("<b>Rank</b> 4 / 8", "4,000 parameters", 'class="dot c1"'):
        assert text in html


def test_names_are_escaped_and_equal_names_get_a_time(tmp_path):
    runs = [trained(tmp_path, rank, 20.0) for rank in (4, 4)]
    assert len(set(run_comparison._names(runs))) == 2 or runs[0].id[:13] == runs[1].id[:13]
    hostile = trained(tmp_path, 2, 1.0, data="<script>.tsv")
    assert "<script" not in run_comparison.comparison_html([hostile, *runs])


def test_a_summary_has_settings_scores_and_a_command_without_paths(tmp_path):
    data = tmp_path / "uploads" / "mine.tsv"
    data.parent.mkdir()
    data.write_text("de\ten\n")
    summary = run_history.summary(trained(tmp_path / "runs", 4, 30.0, data=str(data)))
    assert summary["best"]["chrf"] == 30.0
    assert summary["trainable"] == 4000
    assert len(summary["curve"]) == 2
    assert str(tmp_path) not in json.dumps(summary)
    assert "mine.tsv" in summary["command"]
    on_folders = trained(tmp_path / "runs", 8, 30.0, base=str(tmp_path / "t5"), watch=str(data))
    assert str(tmp_path) not in json.dumps(run_history.summary(on_folders))
    assert str(tmp_path) not in run_html(on_folders)
    assert "--base t5" in run_history.public_command(on_folders)
    # Users of this machine can run the command.
    full_command = run_history.public_command(on_folders, show_paths=True)
    assert f"--base {tmp_path / 't5'}" in full_command


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
    run = new_run(tmp_path, "r")
    events = [
        {"kind": "begin", "time": 1, "step": 0},
        {"kind": "phase", "time": 2, "step": 0, "phase": phase, "message": "Compiling"},
    ]
    events += [step_event(i + 1, loss=2.0, time=3) for i in range(step)]
    if state == "stopped":
        done = {"kind": "done", "time": 4, "seconds": 1, "reason": "stopped"}
        events.append(done | {"step": step, "steps": step})
    write_events(run, events)
    if state == "stopping":
        run.resume()
        run.stop()
    assert run.state == state
    assert message in run_html(run)


def test_points_of_a_scatter_plot_are_inside_the_figure():
    html = plots.scatter("x", [("a", 1e3, 1.0, "c0"), ("b", 1e6, 2.0, "c1")])
    assert all(0 <= float(number) <= 100 for number in re.findall(r"(?:left|top):([-\d.]+)%", html))
    assert plots.scatter("x", []) == ""


def test_without_a_measured_run_there_is_no_estimate():
    config = TrainConfig(steps=5)
    assert "time is unknown" in data_preview.estimate_html([config], [None], [1000])
