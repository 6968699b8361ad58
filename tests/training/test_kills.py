"""Promise: a training that is killed at any moment, in the midst of writing too, leaves only whole files and ends as if it had not been."""

import json
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from lora_demo.checkpoints.base import save_checkpoint
from lora_demo.model.config import T5Config
from lora_demo.training.config import TrainConfig
from lora_demo.training.events import DoneEvent, EvalEvent, StepEvent
from lora_demo.training.runs import Run, create
from tests.tiny import VOCABULARY, pairs_file, tiny_base  # noqa: F401  (fixtures)
from tests.training.eagerly import forks, train

KILLS = 10
"""Of each of two runs."""
PATIENCE = 300


@pytest.fixture(scope="module")
def config(tiny_base, pairs_file, tmp_path_factory):  # noqa: F811
    """One block, few short sentences, a large rank: quick steps, files that take a while to write."""
    from lora_demo.model.initialization import initialize
    from lora_demo.model.t5 import T5

    base, shape = tmp_path_factory.mktemp("base"), T5Config(VOCABULARY, 32, 8, 32, 1, 1, 2)
    model = T5(shape)
    initialize(model, seed=0)
    save_checkpoint(
        base, shape, {path: v.numpy() for path, v in model.parameters().items()}, tiny_base
    )
    return TrainConfig(
        base=str(base),
        data=str(pairs_file),
        rank=256,
        alpha=64.0,
        dropout=0.1,
        targets=("q", "v"),
        steps=9,
        eval_every=3,
        batch_size=4,
        seed=3,
        max_length=8,
        max_pairs=40,
    )


def begin(run: Run, dies_at: int = 0):
    process = forks().Process(target=train, args=(run.folder, dies_at))
    process.start()
    return process


def partials(folder: Path) -> list[Path]:
    return list(folder.rglob("*.partial"))


def kill_in(process, seconds: float):
    process.join(seconds)
    process.kill()
    process.join()


def check_files(folder: Path):
    """Every file is whole; what was being written is beside, under a name of its own."""
    for path in (p for p in folder.rglob("*") if p.is_file() and not p.name.endswith(".partial")):
        if path.suffix == ".safetensors":
            assert load_file(path)
        elif path.suffix == ".json":
            assert json.loads(path.read_text())
        elif path.name == "README.md":
            assert path.read_text().startswith("---\n") and path.read_text().endswith("\n")
        elif path.name == "events.jsonl":
            assert all(json.loads(line) for line in path.read_text().split("\n")[:-1])


def harass(run: Run, seed: int, seconds: float) -> int:
    """Kills the run again and again, then lets it end; returns how many files were half written."""
    moments, torn = random.Random(seed), 0
    for kill in range(KILLS):
        if kill % 2:
            kill_in(begin(run), moments.uniform(0, seconds))
        else:
            process = begin(run, dies_at=moments.randrange(1, 8))
            process.join(PATIENCE)
            assert process.exitcode in (0, -signal.SIGKILL), (run.folder / "log.txt").read_text()
            assert process.exitcode == 0 or partials(run.folder), "it died elsewhere"
            torn += len(partials(run.folder))
        check_files(run.folder)
        assert run.state in ("killed", "done")
    process = begin(run)
    process.join(PATIENCE)
    assert process.exitcode == 0, (run.folder / "log.txt").read_text()
    return torn


def result(run: Run) -> dict:
    """All that a run makes, but for times; of a step done twice what it did last."""
    curve = {
        (e.kind, e.step): {
            k: v
            for k, v in e.to_json().items()
            if k not in ("time", "tokens_per_second", "seconds_left", "seconds", "pid")
        }
        for e in run.events()
        if isinstance(e, StepEvent | EvalEvent | DoneEvent)
    }
    manifest = json.loads((run.adapter / "manifest.json").read_text())
    manifest["training"].pop("seconds")
    state = {
        name: array.tobytes()
        for name, array in load_file(run.folder / "checkpoint" / "state.safetensors").items()
    }
    files = {
        path.name: path.read_bytes()
        for path in run.adapter.iterdir()
        if path.name not in ("manifest.json", "README.md")
    }
    return {"curve": curve, "manifest": manifest, "state": state, "files": files}


def test_twenty_kills_change_nothing(config, tmp_path):
    whole = create(config, tmp_path, tmp_path / "whole")
    process, began = begin(whole), time.monotonic()
    process.join(PATIENCE)
    seconds = time.monotonic() - began
    assert process.exitcode == 0 and whole.state == "done", (whole.folder / "log.txt").read_text()
    runs = [create(config, tmp_path, tmp_path / name) for name in ("one", "other")]
    with ThreadPoolExecutor(2) as pool:
        torn = list(pool.map(lambda run, seed: harass(run, seed, seconds), runs, (1, 2)))
    assert sum(torn) > 0, "no file was caught half written"
    for run in runs:
        assert run.state == "done" and result(run) == result(whole)
        assert not partials(run.folder)
