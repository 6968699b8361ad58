"""The program inside a Job: it trains, prints events, and pushes the adapter."""

import json
import os
import subprocess
import sys

import pytest

from lora_demo.hub import job, job_files
from lora_demo.hub.job_events import MARKER
from lora_demo.hub.jobs import work_on_jobs
from lora_demo.hub.space import CHECKOUT
from lora_demo.training.config import TrainConfig
from lora_demo.training.events import PhaseEvent
from lora_demo.training.runs import create
from tests.hub.conftest import kinds
from tests.hub.server import Fault


def test_a_job_stops_in_time_and_pushes_to_a_busy_hub(
    hub, adapter, published_base, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(
        job,
        "work",
        lambda run, stop: iter([PhaseEvent(time=1.0, step=0, phase="x", message=str(stop()))]),
    )
    monkeypatch.setattr(job.time, "sleep", lambda seconds: None)
    (tmp_path / "run").mkdir()
    adapter.rename(tmp_path / "run" / "adapter")
    hub.faults.append(Fault("POST", "/commit/", 503, times=6))
    assert job.main(str(tmp_path / "run"), "ada/kitchen", "-1") == 0
    output = capsys.readouterr().out
    assert '"message": "True"' in output
    assert "Trying again in 30 s" in output
    assert len(hub.repo("ada/kitchen").commits) == 2


def test_a_job_that_ends_before_its_first_step_pushes_nothing(hub, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(job, "work", lambda run, stop: iter([]))
    assert job.main(str(tmp_path / "run"), "ada/kitchen", "-1") == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert "more time" in json.loads(line.removeprefix(MARKER))["message"]
    assert hub.count("POST", "/commit/") == 0


STUBS = {
    "pip": "#!/bin/sh\nexit 0\n",
    "hf": '#!/bin/sh\nexec {python} -m huggingface_hub.cli.hf "$@"\n',
    "python": '#!/bin/sh\nexec {python} "$@"\n',
}
"""Programs that a Job's script calls; pip installs nothing."""


def copied_files():
    """Return the files that a Job needs to train on a file of pairs: path -> file."""
    package = [
        path
        for path in (CHECKOUT / "lora_demo").rglob("*")
        if path.is_file() and path.suffix in (".py", ".tsv")
    ]
    files = [*package, CHECKOUT / "requirements.txt"]
    return {path.relative_to(CHECKOUT).as_posix(): path for path in files}


def write_stubs(folder):
    """Write the programs of `STUBS` into a new folder."""
    folder.mkdir()
    for name, text in STUBS.items():
        (folder / name).write_text(text.format(python=sys.executable))
        (folder / name).chmod(0o755)


def start_command(spec, changed):
    """Start the command of a Job in an environment without this machine's settings of the Hub.

    Args:
        spec: The specification of the Job, as the Hub gets it.
        changed: Variables that differ from those of the Job.
    """
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("HF_") and key != "PYTHONPATH"
    }
    return subprocess.Popen(
        spec["command"],
        env=kept | spec["environment"] | spec["secrets"] | changed,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_the_script_of_a_job_trains_and_pushes(
    hub, published_base, pairs_file, tmp_path, monkeypatch
):
    monkeypatch.setattr(job_files, "project_files", copied_files)
    write_stubs(tmp_path / "bin")
    changed = {
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(tmp_path / "job-home"),
        "WORK": str(tmp_path / "job"),
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
    }

    def run_job(job):
        job["stage"] = "RUNNING"
        with start_command(job["spec"], changed) as process:
            job["log"] += iter(process.stdout)
        job["stage"] = "COMPLETED" if process.returncode == 0 else "ERROR"

    hub.run_job = run_job
    run = create(
        TrainConfig(
            base="ada/small-t5", steps=2, batch_size=4, rank=2, data=str(pairs_file), name="kitchen"
        ),
        tmp_path / "runs",
    )
    try:
        events = list(work_on_jobs(run, "cpu-basic"))
    except RuntimeError:
        pytest.fail((run.folder / "log.txt").read_text())
    assert kinds(events).count("step") == 2
    assert kinds(events)[-1] == "done"
    assert run.state == "done"
    assert set(hub.repo("ada/kitchen").files) >= {"adapter_model.safetensors", "manifest.json"}
    assert (run.adapter / "README.md").is_file()
    assert hub.repo("ada/kitchen").private
    commit = published_base.commits[-1][0]
    config = json.loads((run.adapter / "adapter_config.json").read_text())
    manifest = json.loads((run.adapter / "manifest.json").read_text())
    assert config["revision"] == commit
    assert manifest["base"]["revision"] == commit
    assert manifest["config"]["revision"] == commit
    assert f"--revision {commit}" in manifest["command"]
    assert f"`{commit}`" in (run.adapter / "README.md").read_text()
