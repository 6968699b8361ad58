"""Runs without processes of their own, for tests of queues and of the page."""

import fcntl

import pytest

from lora_demo.training.config import TrainConfig
from lora_demo.training.run import Run
from lora_demo.training.runs import create


@pytest.fixture
def processes(monkeypatch):
    """Start no process: this process holds the lock of a started run until it is closed here."""
    held = {}

    def resume(run):
        (run.folder / "asked").touch()
        held[run.id] = open(run.folder / "lock", "ab")  # noqa: SIM115 (closed by the fixture)
        fcntl.flock(held[run.id], fcntl.LOCK_EX)

    monkeypatch.setattr(Run, "resume", resume)
    yield held
    for file in held.values():
        file.close()


def end_run(processes, run):
    """End a run as if its process had exited."""
    processes.pop(run.id).close()
    (run.folder / "asked").unlink()


def new_run(root, name, folder=None, **settings):
    """Create a run of five steps."""
    return create(TrainConfig(**{"steps": 5, "name": name} | settings), root, folder)
