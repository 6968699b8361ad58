"""Runs that are stopped or killed and resumed reach the weights of an uninterrupted run."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sacrebleu import CHRF
from safetensors.numpy import load_file

from lora_demo.checkpoints.base import find_base
from lora_demo.data.encoding import PREFIX
from lora_demo.data.pairs import read_file
from lora_demo.data.sources import CORPUS, load_dataset
from lora_demo.processes import NICENESS
from lora_demo.service.limits import Limits
from lora_demo.service.training_queue import TrainingQueue
from lora_demo.training.config import TrainConfig
from lora_demo.training.events import BeginEvent, DoneEvent, EvalEvent, StepEvent
from lora_demo.training.run import Run
from lora_demo.training.runs import create, find_run, list_runs, start
from lora_demo.training.worker import work
from lora_demo.translator import Translator
from lora_demo.web.views.run_view import run_html
from tests.waiting import PATIENCE, wait_for

STEPS = 24
APP = """
import json, pathlib, sys, time
from lora_demo.training.config import TrainConfig
from lora_demo.training.runs import start
start(TrainConfig.from_json(json.loads(sys.argv[1])), pathlib.Path(sys.argv[2]))
time.sleep(600)
"""


@pytest.fixture
def config(tiny_base, pairs_file):
    return TrainConfig(
        base=str(tiny_base),
        data=str(pairs_file),
        rank=2,
        alpha=4.0,
        dropout=0.1,
        targets=("q", "v", "wo"),
        steps=STEPS,
        eval_every=6,
        batch_size=4,
        seed=3,
    )


def weights(run: Run) -> dict:
    return load_file(run.folder / "checkpoint" / "state.safetensors")


def assert_same_weights(first: Run, second: Run):
    a, b = weights(first), weights(second)
    assert a.keys() == b.keys()
    assert all(np.array_equal(a[name], b[name]) for name in a)
    best = [load_file(run.adapter / "adapter_model.safetensors") for run in (first, second)]
    assert all(np.array_equal(best[0][name], best[1][name]) for name in best[0])


def test_a_stopped_and_resumed_run_has_the_weights_of_an_uninterrupted_one(config, tmp_path):
    whole = create(config, tmp_path, tmp_path / "whole")
    events = list(work(whole))
    assert isinstance(events[-1], DoneEvent)
    assert events[-1].reason == "finished"
    assert whole.state == "done"

    parts = create(config, tmp_path, tmp_path / "parts")
    events = []

    def has_nine_steps():
        return sum(isinstance(e, StepEvent) for e in events) >= 9

    for event in work(parts, stop=has_nine_steps):
        events.append(event)
    assert events[-1].reason == "stopped"
    assert events[-1].steps == 9
    assert parts.state == "stopped"
    assert parts.adapter is not None
    rest = list(work(parts))
    assert [e.step for e in rest if isinstance(e, StepEvent)] == list(range(10, STEPS + 1))
    assert_same_weights(whole, parts)


def test_a_watched_set_is_scored_at_every_evaluation_and_does_not_change_training(config, tmp_path):
    plain = create(config, tmp_path, tmp_path / "plain")
    list(work(plain))
    watching = create(replace(config, watch="builtin:everyday"), tmp_path, tmp_path / "watching")
    evals = [e for e in work(watching) if isinstance(e, EvalEvent)]
    data = load_dataset(config.data, seed=config.seed)
    everyday = read_file(CORPUS / "everyday" / "test.tsv")
    sets = {"chrf": data.eval, "train_chrf": data.train, "watch_chrf": everyday[::2]}
    first_scores = {key: getattr(evals[0], key) for key in sets}
    assert len(evals) == 5
    assert first_scores == pytest.approx(chrf_of_the_base(config.base, sets))
    assert all(len({getattr(e, key) for e in evals}) > 1 for key in sets)
    assert_same_weights(plain, watching)


def test_a_domain_without_training_pairs_is_refused(config, tmp_path):
    run = create(replace(config, data="builtin:everyday"), tmp_path, tmp_path / "test-only")
    message = r"no pairs to train on\. The built-in domains are recipes, weather"
    with pytest.raises(ValueError, match=message):
        list(work(run))


def chrf_of_the_base(base: str, sets: dict) -> dict[str, float]:
    """Score the translations of the base, none longer than the longest source, by chrF2."""
    translator = Translator(find_base(base))
    texts = {name: [de for de, _ in pairs] for name, pairs in sets.items()}
    prefixed = [PREFIX + text for sources in texts.values() for text in sources]
    longest = max(map(len, translator.tokenizer.encode(prefixed)))
    translated = {
        name: translator.compare(sources, max_new_tokens=longest)[0].texts
        for name, sources in texts.items()
    }
    return {
        name: CHRF().corpus_score(translated[name], [[en for _, en in pairs]]).score
        for name, pairs in sets.items()
    }


def start_and_kill(config: TrainConfig, root: Path) -> Run:
    """Kill a run after its eighth step; a run that ended earlier is deleted and repeated."""
    for _attempt in range(9):
        run = start(config, root)
        wait_for(lambda: sum(isinstance(e, StepEvent) for e in run.events()) >= 8)  # noqa: B023
        with suppress(ProcessLookupError):
            os.kill(next(e.pid for e in run.events() if isinstance(e, BeginEvent)), signal.SIGKILL)
        wait_for(lambda: not run.is_alive())  # noqa: B023
        if run.state == "killed":
            return run
        run.delete()
    raise AssertionError("every run ended before it could be killed")


def test_a_killed_and_resumed_run_has_the_weights_of_an_uninterrupted_one(config, tmp_path):
    whole = create(config, tmp_path, tmp_path / "whole")
    list(work(whole))
    killed = start_and_kill(config, tmp_path / "runs")
    assert [run.id for run in list_runs(tmp_path / "runs")] == [killed.id]
    wait_for(lambda: killed.message)
    assert "memory ran out" in killed.message
    assert killed.message in run_html(killed)
    killed.resume()
    assert killed.message == ""
    wait_for(lambda: killed.state == "done")
    assert_same_weights(whole, killed)


def test_a_started_run_can_be_stopped_from_outside(config, tmp_path):
    run = start(TrainConfig(**vars(config) | {"steps": 100_000, "eval_every": 50_000}), tmp_path)
    assert run.state in ("starting", "running")
    wait_for(lambda: any(isinstance(e, StepEvent) for e in run.events()))
    assert_low_priority(run.events()[0].pid)
    run.stop()
    wait_for(lambda: run.state == "stopped")
    assert run.adapter is not None
    run.delete()
    assert list_runs(tmp_path) == []


def test_a_stop_during_start_up_ends_the_run_and_a_resume_cancels_the_stop(config, tmp_path):
    run = start(TrainConfig(**vars(config) | {"steps": 100_000, "eval_every": 50_000}), tmp_path)
    run.stop()
    wait_for(lambda: run.state == "stopped")
    assert [e.kind for e in run.events()] == ["begin", "phase", "done"], (
        "only the data should be read before the stop"
    )
    assert run.adapter is None and "before its first step" in run_html(run)
    run.resume()
    wait_for(lambda: any(isinstance(e, StepEvent) for e in run.events()))
    run.stop()
    wait_for(lambda: run.state == "stopped")


def test_the_command_resumes_a_run_that_was_asked_to_stop(config, tmp_path):
    run = create(config, tmp_path)
    run.stop()
    subprocess.run(
        [sys.executable, "-m", "lora_demo", "train", "--resume", str(run.folder)],
        check=True,
        capture_output=True,
        timeout=PATIENCE,
    )
    assert run.state == "done"


def assert_low_priority(pid: int):
    """Assert that a process has a lower priority than this one, and so has its session."""
    assert os.getpriority(os.PRIO_PROCESS, pid) == min(
        19, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS
    )
    group = Path(f"/proc/{pid}/autogroup")
    if group.exists() and os.access(group, os.W_OK):
        assert group.read_text().endswith(f" nice {NICENESS}\n")


def test_a_run_with_invalid_settings_fails_with_a_clear_message(config, tmp_path):
    run = start(TrainConfig(**vars(config) | {"targets": ("nonsense",)}), tmp_path)
    wait_for(lambda: run.state == "failed")
    assert "nonsense" in run.message and "\n" not in run.message
    assert "Traceback" not in (run.folder / "log.txt").read_text()


def test_a_second_process_cannot_work_on_the_same_run(config, tmp_path):
    run = create(config, tmp_path)
    first = work(run)
    next(first)
    command = [sys.executable, "-m", "lora_demo", "train", "--config", str(run.folder / "run.json")]
    second = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    first.close()
    assert second.returncode == 2
    assert second.stderr.count("\n") == 1
    assert "Another process" in second.stderr


def test_a_run_stops_with_its_app_and_the_next_app_queues_it_again(config, tmp_path):
    config = TrainConfig(**vars(config) | {"steps": 100_000, "eval_every": 50_000})
    folder = tmp_path / "visitor"
    app = subprocess.Popen([sys.executable, "-c", APP, json.dumps(config.to_json()), str(folder)])
    wait_for(lambda: list_runs(folder) and list_runs(folder)[0].is_alive())
    (run,) = list_runs(folder)
    app.kill()
    app.wait()
    wait_for(lambda: not run.is_alive())
    queue = TrainingQueue(tmp_path, Limits())
    queue.recover()
    assert run.state == "waiting"
    assert queue.place(run) == 1
    assert queue.current() is None
    assert queue.leave(run) and queue.waiting() == []


def test_a_half_written_event_is_ignored_and_removed(config, tmp_path):
    run = create(config, tmp_path)
    events = run.folder / "events.jsonl"
    events.write_text('{"time": 1, "step": 0, "kind": "begin", "pid": 1}\n{"time": 2, "st')
    assert len(run.events()) == 1 and run.state == "killed"
    generator = work(run)
    next(generator)
    generator.close()
    assert all(json.loads(line) for line in events.read_text().splitlines())


def test_runs_created_at_the_same_moment_get_different_folders(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: create(TrainConfig(steps=5), tmp_path), range(32)))
    assert len({run.id for run in made}) == len(list_runs(tmp_path)) == 32


def test_a_run_can_be_deleted_twice(tmp_path):
    run = create(TrainConfig(steps=5), tmp_path)
    run.delete()
    run.delete()
    assert list(tmp_path.iterdir()) == []


def test_a_run_id_is_never_used_as_a_path(tmp_path):
    for id in ("../x", "/etc", "", ".", "a/b", "x\0y"):
        with pytest.raises(ValueError, match="was not found"):
            find_run(tmp_path, id)
