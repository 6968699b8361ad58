"""Promise: a training process that hangs is ended, its run can be resumed, the queue continues."""

import os
import signal
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from lora_demo.service.limits import Limits
from lora_demo.service.run_watch import DID_NOT_STOP, Patience, RunWatch
from lora_demo.service.training_queue import TrainingQueue
from lora_demo.training.config import TrainConfig
from lora_demo.training.events import FailedEvent, StepEvent
from lora_demo.training.heartbeat import BEAT
from lora_demo.training.run import Run
from lora_demo.training.run_process import find_process, launch
from lora_demo.training.runs import create
from tests.training.conftest import quick_config  # noqa: F401 (fixture)
from tests.waiting import is_alive, wait_for

SLOW = Patience(silent=3600, asked=3600, terminated=3)
"""Ends a hung run soon after a request to stop, and never a slow one before it."""
QUICK = Patience(silent=15, asked=3600, terminated=3)


@pytest.fixture
def endless(quick_config) -> TrainConfig:  # noqa: F811
    return replace(quick_config, steps=100_000, eval_every=3, rank=2)


@pytest.fixture
def queue(tmp_path):
    queue = TrainingQueue(tmp_path, Limits(), SLOW)
    queue.start(0.1)
    yield queue
    for path in tmp_path.glob("*/*/asked"):
        pid = find_process(path.parent)
        if pid:
            os.killpg(pid, signal.SIGKILL)


def freeze(run: Run) -> int:
    """Stop a run's process as a debugger does, with all of its threads."""
    wait_for(lambda: find_process(run.folder))
    pid = find_process(run.folder)
    os.kill(pid, signal.SIGSTOP)
    return pid


def test_a_stop_ends_a_hung_run_which_keeps_its_checkpoint(queue, endless, tmp_path):
    run, waiting = create(endless, tmp_path / "one"), create(endless, tmp_path / "other")
    queue.enter([run, waiting])
    checkpoint = run.folder / "checkpoint" / "state.safetensors"
    wait_for(checkpoint.is_file)
    pid = freeze(run)
    run.stop()
    wait_for(lambda: run.state == "stopped")
    assert not is_alive(pid) and run.message == DID_NOT_STOP and run.adapter
    assert isinstance(run.events()[-1], FailedEvent) and checkpoint.is_file()
    wait_for(waiting.is_alive)
    assert queue.leave(waiting) is False
    waiting.stop()
    wait_for(lambda: waiting.state == "stopped")
    run.enqueue()
    done = sum(isinstance(event, StepEvent) for event in run.events())
    wait_for(lambda: sum(isinstance(event, StepEvent) for event in run.events()) > done)
    run.stop()
    wait_for(lambda: run.state == "stopped")
    run.delete()
    assert not run.folder.exists()


def test_a_hung_run_is_ended_without_a_request_and_the_next_one_starts(queue, endless, tmp_path):
    run, waiting = create(endless, tmp_path / "one"), create(endless, tmp_path / "other")
    queue.enter([run, waiting])
    wait_for(lambda: run.events())
    pid = freeze(run)
    queue._watch.patience = QUICK
    wait_for(lambda: run.state == "failed")
    assert not is_alive(pid)
    assert "did not answer for 15 s" in run.message and "Resume" in run.message
    wait_for(waiting.is_alive)


def test_a_process_that_hangs_before_it_begins_is_ended(endless, tmp_path, monkeypatch):
    monkeypatch.setattr("lora_demo.training.run.MAX_STARTING_SECONDS", 0)
    run = create(endless, tmp_path / "one")
    launch(run.folder, run.tag)
    pid = freeze(run)
    assert run.state == "killed" and not run.is_alive()
    RunWatch(QUICK).check([run])
    assert not is_alive(pid)
    assert run.state == "failed"
    assert "did not start" in run.message


def test_a_run_whose_folder_disappears_ends_before_it_is_done(endless, tmp_path):
    run = create(endless, tmp_path / "one")
    launch(run.folder, run.tag)
    wait_for(lambda: run.events())
    pid = find_process(run.folder)
    run.folder.rename(tmp_path / "elsewhere")
    wait_for(lambda: not is_alive(pid))
    assert list(tmp_path.glob("one/*")) == []


def test_a_slow_run_with_a_heartbeat_is_left_alone(tmp_path, endless, processes):
    """Its process is this one; the heart beats, so a check that kills it would end the tests."""
    run, watch = create(endless, tmp_path / "one"), RunWatch(Patience(0.2, 0.2, 0.2))
    run.resume()
    (run.folder / "asked").write_text(str(os.getpid()))
    for beat in range(10):
        (run.folder / BEAT).touch()
        os.utime(run.folder / BEAT, (beat, beat))
        watch.check([run])
        time.sleep(0.05)
    assert run.state == "running" and run.message == ""


def test_a_paused_app_does_not_end_its_runs(tmp_path, endless, processes, monkeypatch):
    clock = [0.0]
    fake = SimpleNamespace(monotonic=lambda: clock[0])
    monkeypatch.setattr("lora_demo.service.run_watch.time", fake)
    run, watch = create(endless, tmp_path / "one"), RunWatch()
    run.resume()
    for now in (1.0, 100_000.0, 200_000.0):
        clock[0] = now
        watch.check([run])
    assert run.state == "running"
