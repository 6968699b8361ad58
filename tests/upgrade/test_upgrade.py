"""Promise: what version 0.1.0 wrote is read by this version.

The set is a run of nine steps on a tiny random base, whose path is replaced by BASE.
"""

import shutil
from pathlib import Path

import pytest

from lora_demo.checkpoints.adapter_fit import find_problems
from lora_demo.checkpoints.adapters import read_adapter
from lora_demo.files import read_json
from lora_demo.model.config import T5Config
from lora_demo.service.adapter_entries import list_adapters
from lora_demo.service.run_history import summary
from lora_demo.training.checkpoint import Checkpoint
from lora_demo.training.events import StepEvent
from lora_demo.training.run import Run
from lora_demo.training.runs import list_runs
from lora_demo.web.views.run_view import run_html

KEPT = Path(__file__).parent / "0.1.0"
STEPS = 9


@pytest.fixture
def run(tmp_path) -> Run:
    shutil.copytree(KEPT, tmp_path / "visitor")
    (run,) = list_runs(tmp_path / "visitor")
    return run


@pytest.fixture
def config() -> T5Config:
    return T5Config.from_json(read_json(KEPT / "base" / "config.json"))


def test_a_finished_run_is_read_and_shown(run):
    lines = (run.folder / "events.jsonl").read_text().splitlines()
    assert run.state == "done" and len(run.events()) == len(lines)
    assert sum(isinstance(event, StepEvent) for event in run.events()) == STEPS
    assert run.config.rank == 2 and summary(run)["steps"] == STEPS
    assert "kitchen" in run_html(run)


def test_a_checkpoint_is_read(run):
    state = Checkpoint(run.folder).read_state()
    assert state.step == state.total_steps == STEPS


def test_an_adapter_is_read_and_offered(run, config):
    assert find_problems(run.adapter, config) == []
    assert read_adapter(run.adapter, config).r == 2
    offered = list_adapters(run.folder.parent, config)
    assert offered[f"run-{run.id}"].name == "kitchen"
    assert offered[f"run-{run.id}"].chrf is not None
