"""The start of a run as steps, with the time that recent runs took, and no empty plots."""

import json
from types import SimpleNamespace

import pytest

from lora_demo.web.views import run_steps
from lora_demo.web.views.run_view import run_html
from tests.service.fake_processes import new_run
from tests.web.test_train import trained


@pytest.fixture
def starting(tmp_path, processes, monkeypatch):
    """A run that compiles since 12 seconds after its beginning 20 seconds ago."""
    run = new_run(tmp_path, "r")
    now = 1_000_000.0
    monkeypatch.setattr(run_steps, "time", SimpleNamespace(time=lambda: now))
    compiling = {"phase": "compile", "message": "Compiling the training step"}
    events = [
        {"kind": "begin", "time": now - 20, "step": 0},
        {"kind": "phase", "time": now - 8, "step": 0, **compiling},
    ]
    (run.folder / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    run.resume()
    return run


def measured(base, seconds):
    return SimpleNamespace(base=base, start_seconds=seconds)


def test_a_run_that_starts_shows_its_step_and_no_empty_plots(starting, monkeypatch):
    monkeypatch.setattr(run_steps, "recall", list)
    html = run_html(starting)
    assert '<li class="now" aria-current="step">Compile</li>' in html
    assert html.count('<li class="done">') == 2 and "20 s so far" in html
    assert 'class="plot"' not in html and 'class="figures"' not in html


def test_the_time_of_a_start_is_the_median_of_recent_runs_of_the_same_base(starting, monkeypatch):
    base = starting.config.base
    starts = [measured(base, seconds) for seconds in (500, 38, 40, 42, 39, 90)]
    monkeypatch.setattr(run_steps, "recall", lambda: [*starts, measured("other", 1)])
    assert "20 s of about 40 s before the first step" in run_html(starting)


def test_the_seconds_of_a_start_make_the_view_new(starting, tmp_path):
    assert run_steps.seconds_to_show(starting, starting.state) == 20
    done = trained(tmp_path, 4, 20.0)
    assert run_steps.seconds_to_show(done, done.state) is None
    assert 'class="plot"' in run_html(done) and "stepper" not in run_html(done)
