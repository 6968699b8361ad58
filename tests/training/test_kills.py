"""Promise: a training that is killed, even while it writes, leaves only complete files.

Resumed, it ends as if it had not been killed.
"""

import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from lora_demo.training.run import Run
from lora_demo.training.run_process import describe_signal
from lora_demo.training.runs import create
from tests.training.forked_runs import (
    assert_complete_files,
    outcome,
    partial_files,
    start,
)
from tests.waiting import PATIENCE

KILLS = 10
"""Kills of each of two runs."""


def kill_after(process, seconds: float):
    process.join(seconds)
    process.kill()
    process.join()


def kill_often(run: Run, seed: int, seconds: float) -> int:
    """Kill the run KILLS times, then let it end; return how many files were half written.

    Args:
        run: The run.
        seed: Seed of the moments at which it is killed.
        seconds: Duration of the whole run.
    """
    moments, half_written = random.Random(seed), 0
    for kill in range(KILLS):
        if kill % 2:
            kill_after(start(run), moments.uniform(0, seconds))
        else:
            process = start(run, die_at_file=moments.randrange(1, 8))
            process.join(PATIENCE)
            assert process.exitcode in (0, -signal.SIGKILL), (run.folder / "log.txt").read_text()
            assert process.exitcode == 0 or partial_files(run.folder), "no file was being written"
            half_written += len(partial_files(run.folder))
        assert_complete_files(run.folder)
        assert run.state in ("killed", "done")
    process = start(run)
    process.join(PATIENCE)
    assert process.exitcode == 0, (run.folder / "log.txt").read_text()
    return half_written


def test_a_run_killed_ten_times_ends_like_an_uninterrupted_one(quick_config, tmp_path):
    uninterrupted = create(quick_config, tmp_path, tmp_path / "uninterrupted")
    process, began = start(uninterrupted), time.monotonic()
    process.join(PATIENCE)
    seconds = time.monotonic() - began
    assert process.exitcode == 0, (uninterrupted.folder / "log.txt").read_text()
    assert uninterrupted.state == "done"

    runs = [create(quick_config, tmp_path, tmp_path / name) for name in ("one", "other")]
    with ThreadPoolExecutor(2) as pool:
        half_written = list(pool.map(kill_often, runs, (1, 2), (seconds, seconds)))
    assert sum(half_written) > 0, "no process was killed while it wrote a file"
    for run in runs:
        assert run.state == "done"
        assert outcome(run) == outcome(uninterrupted)
        assert not partial_files(run.folder)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGRTMIN + 1])
def test_the_end_by_any_signal_is_described(number):
    assert "was ended from outside" in describe_signal(number)
