"""Jobs: started once, followed live, its adapter brought back; cancelled, failed and broken off without loss."""

import json
import os
import subprocess
import sys
import threading
import time

import pytest

from lora_demo.hub import job, job_files
from lora_demo.hub.flavors import list_flavors
from lora_demo.hub.job_events import MARKER
from lora_demo.hub.jobs import work_on_jobs
from lora_demo.hub.push import push_adapter
from lora_demo.hub.space import CHECKOUT
from lora_demo.training.config import TrainConfig
from lora_demo.training.events import PhaseEvent, PlanEvent
from lora_demo.training.runs import create
from tests.hub.server import Fault
from tests.tiny import pairs_file  # noqa: F401  (fixture)

PLAN = {
    "device": "T4",
    "precision": "bfloat16",
    "train_pairs": 10,
    "eval_pairs": 2,
    "total_steps": 2,
    "eval_every": 1,
    "trainable": 9,
    "percent": 0.1,
    "shape": {"rows": 1, "source": 24, "target": 16},
}
DONE = {
    "steps": 2,
    "seconds": 1.0,
    "train_loss": 3.0,
    "eval_loss": 2.0,
    "eval_chrf": 20.0,
    "best_step": 2,
    "reason": "finished",
}


def line(kind: str, step: int = 0, **values) -> str:
    return MARKER + json.dumps({"time": time.time(), "step": step, "kind": kind, **values})


@pytest.fixture
def project(monkeypatch, tmp_path):
    """A small project to pack, since packing the real one takes long."""
    code = tmp_path / "code.py"
    code.write_text("print()")
    monkeypatch.setattr(job_files, "project_files", lambda: {"lora_demo/code.py": code})


@pytest.fixture
def run(tmp_path, project):
    return create(
        TrainConfig(base="ada/small-t5", steps=2, name="kitchen", rank=3), tmp_path / "runs"
    )


@pytest.fixture
def trains_well(hub, adapter, published_base):
    """A Job that trains and pushes, as the real one says it."""

    def work(job):
        job["stage"] = "RUNNING"
        job["log"] += [
            "Collecting tensorflow",
            line("begin", pid=7),
            line("plan", **PLAN),
            line("step", 1, loss=3.0, learning_rate=1e-3, tokens_per_second=9.0, seconds_left=1.0),
        ]
        time.sleep(0.1)
        job["log"].append(line("done", 2, **DONE))
        push_adapter(adapter, job["spec"]["environment"]["REPO"], private=True)
        job["stage"] = "COMPLETED"

    hub.run_job = work


def kinds(events):
    return [event.kind for event in events]


def test_a_job_is_followed_and_its_adapter_comes_back(hub, run, trains_well, adapter):
    events = list(work_on_jobs(run, "t4-small"))
    assert kinds(events) == ["begin", "phase", "phase", "plan", "step", "done"] and kinds(
        run.events()
    ) == kinds(events)
    assert (
        "$0.40 an hour" in events[1].message
        and run.state == "done"
        and "Collecting" in (run.folder / "log.txt").read_text()
    )
    assert (run.adapter / "adapter_model.safetensors").read_bytes() == (
        adapter / "adapter_model.safetensors"
    ).read_bytes()
    (job,) = hub.jobs.values()
    spec = job["spec"]
    assert (
        spec["flavor"] == "t4-small"
        and spec["secrets"] == {"HF_TOKEN": "hf_writer"}
        and spec["timeoutSeconds"] == 7200
        and "tensorflow[and-cuda]" in spec["environment"]["EXTRA"]
    )
    assert spec["environment"]["LIMIT"] == "6900"
    assert hub.repo("ada/kitchen").private and hub.repo("ada/lora-demo-jobs", "dataset").private
    sent = hub.repo("ada/lora-demo-jobs", "dataset").files
    assert (
        json.loads(sent[f"{run.id}/run.json"]) == run.config.to_json() and "source.tar.gz" in sent
    )


def test_no_token_is_left_anywhere(hub, run, trains_well, tmp_path):
    events = list(work_on_jobs(run, "t4-small"))
    assert "hf_writer" not in str(events) and not any(
        "hf_writer" in path for _, path, _ in hub.requests
    )
    assert not any(
        b"hf_writer" in path.read_bytes() for path in run.folder.rglob("*") if path.is_file()
    )
    assert not any(
        b"hf_writer" in data for repo in hub.repos.values() for data in repo.files.values()
    )
    spec = next(iter(hub.jobs.values()))["spec"]
    assert "hf_writer" not in json.dumps(
        {key: value for key, value in spec.items() if key != "secrets"}
    )


def test_a_file_of_pairs_travels_and_the_code_only_once(hub, tmp_path, project, trains_well):
    (tmp_path / "my pairs.tsv").write_text("de\ten\nSalz\tsalt\n")
    for name in ("one", "two"):
        run = create(
            TrainConfig(
                base="ada/small-t5", steps=2, name=name, data=str(tmp_path / "my pairs.tsv")
            ),
            tmp_path / "runs",
        )
        list(work_on_jobs(run, "cpu-basic", repo=f"ada/{name}"))
    stage = hub.repo("ada/lora-demo-jobs", "dataset")
    assert json.loads(stage.files[f"{run.id}/run.json"])["data"] == "run/pairs.tsv" and stage.files[
        f"{run.id}/pairs.tsv"
    ].startswith(b"de\ten")
    assert next(reversed(hub.jobs.values()))["spec"]["environment"]["EXTRA"] == ""
    first, second = (files["source.tar.gz"] for _, _, files in stage.commits[1:])
    assert first == second


@pytest.mark.parametrize(
    "fault",
    [
        Fault("POST", "/api/jobs/ada", lose=True),
        Fault("POST", "/api/jobs/ada", 500),
        Fault("GET", "/logs", 500),
        Fault("GET", "/api/jobs/hardware", 429, {"Retry-After": "1"}),
    ],
    ids=["answer lost", "500", "500 at the log", "429"],
)
def test_one_job_is_started_whatever_happens(hub, run, trains_well, fault):
    hub.faults.append(fault)
    try:
        list(work_on_jobs(run, "t4-small"))
    except ValueError as error:
        assert "resume the run" in str(error)
        list(work_on_jobs(run, "t4-small"))
    assert (
        fault.times == 0
        and len(hub.jobs) == 1
        and run.state == "done"
        and kinds(run.events()).count("done") == 1
    )


def test_a_killed_follower_is_resumed_without_a_second_job(hub, run, trains_well):
    following = work_on_jobs(run, "t4-small")
    for event in following:
        if isinstance(event, PlanEvent):
            break
    following.close()
    assert run.state == "killed"
    assert (
        kinds(work_on_jobs(run, "t4-small")) == ["step", "done"]
        and len(hub.jobs) == 1
        and run.state == "done"
    )


def test_stop_cancels_the_job(hub, run, published_base):
    def work(job):
        job["stage"] = "RUNNING"
        while job["stage"] == "RUNNING":
            job["log"].append("still installing")
            time.sleep(0.05)

    hub.run_job = work
    threading.Timer(0.7, run.stop).start()
    with pytest.raises(RuntimeError, match="cancelled"):
        list(work_on_jobs(run, "t4-small"))
    assert hub.count("POST", "/cancel$") == 1 and run.state == "stopped" and "id" not in run.job


def test_a_job_that_fails_says_why(hub, run, published_base):
    def work(job):
        job["log"].append(line("failed", message="Memory ran out: take a smaller batch."))
        job["stage"] = "ERROR"

    hub.run_job = work
    with pytest.raises(RuntimeError, match="Memory ran out"):
        list(work_on_jobs(run, "t4-small"))
    assert run.state == "failed" and not run.adapter


def test_a_job_that_failed_is_not_taken_for_the_next_one(hub, run, published_base):
    """Neither where the next one's start is unsure, nor for its reason."""

    def work(job):
        job["message"] = f"out of {job['id']}"
        job["stage"] = "ERROR"

    hub.run_job = work
    hub.faults.append(Fault("POST", "/api/jobs/ada$", lose=True))
    for number in range(3):
        with pytest.raises(RuntimeError, match=rf"^The Job failed \(out of job{number}\): [^(]*$"):
            list(work_on_jobs(run, "t4-small"))
        assert len(hub.jobs) == number + 1
        hub.faults.append(Fault("POST", "/api/jobs/ada$", 500))


def test_a_token_that_a_job_says_is_in_no_event_message_or_log(
    hub, run, published_base, monkeypatch
):
    monkeypatch.setenv("HF_TOKEN", "hf_reader")
    hub.users["another-makes-token"] = "ada"

    def work(job):
        job["log"] += [
            "asked with another-makes-token",
            line("phase", phase="x", message="Bearer a-third-token and Bearer another-makes-token"),
        ]
        job["message"] = "refused: another-makes-token, hf_reader"
        job["stage"] = "ERROR"

    hub.run_job = work
    with pytest.raises(RuntimeError, match=r"refused: \*\*\*, \*\*\*"):
        list(work_on_jobs(run, "t4-small", token="another-makes-token"))
    kept = b"".join(path.read_bytes() for path in run.folder.rglob("*") if path.is_file())
    assert (
        b"asked with ***" in kept
        and any(getattr(e, "message", "") == "*** and Bearer ***" for e in run.events())
        and b"another-makes" not in kept
        and b"third" not in kept
        and b"hf_reader" not in kept
    )


@pytest.mark.parametrize(
    "prepare, word",
    [
        (lambda hub: None, "cpu-basic"),
        (
            lambda hub: hub.add("ada/kitchen", {"model.safetensors": b"x"}, private=True),
            "not made by lora_demo",
        ),
        (lambda hub: hub.add("ada/kitchen", {}), "is public"),
        (lambda hub: hub.add("ada/lora-demo-jobs", {}, "dataset"), "is public"),
        (lambda hub: hub.faults.append(Fault("POST", "/api/jobs/ada", 402, times=9)), "payment"),
    ],
    ids=["no such flavor", "another's repository", "public", "a public stage", "no credits"],
)
def test_what_cannot_be_costs_nothing(hub, run, prepare, word):
    prepare(hub)
    with pytest.raises(ValueError, match=word):
        list(work_on_jobs(run, "no-such" if word == "cpu-basic" else "t4-small"))
    assert hub.jobs == {} and run.state == "failed" and "--overwrite" not in run.message


def test_a_local_base_does_not_travel(hub, tmp_path, small_base, project):
    with pytest.raises(ValueError, match="push it to the Hub"):
        list(
            work_on_jobs(
                create(TrainConfig(base=str(small_base), steps=1), tmp_path / "runs"), "t4-small"
            )
        )


def test_a_job_trains_no_longer_than_it_may_and_pushes_over_a_busy_hub(
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
    said = capsys.readouterr().out
    assert (
        '"message": "True"' in said
        and "Trying again in 30 s" in said
        and len(hub.repo("ada/kitchen").commits) == 2
    )


def test_a_job_without_a_step_says_so_and_pushes_nothing(hub, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(job, "work", lambda run, stop: iter([]))
    assert job.main(str(tmp_path / "run"), "ada/kitchen", "-1") == 1
    (said,) = capsys.readouterr().out.splitlines()
    assert (
        "more time" in json.loads(said.removeprefix(MARKER))["message"]
        and hub.count("POST", "/commit/") == 0
    )


def test_prices(hub):
    assert [(f.name, round(f.dollars, 2)) for f in list_flavors()] == [
        ("cpu-basic", 0.01),
        ("t4-small", 0.4),
    ]


STUBS = {
    "pip": "#!/bin/sh\nexit 0\n",
    "hf": '#!/bin/sh\nexec {python} -m huggingface_hub.cli.hf "$@"\n',
    "python": '#!/bin/sh\nexec {python} "$@"\n',
}


def test_the_script_itself_trains_and_pushes(
    hub, published_base, pairs_file, tmp_path, monkeypatch
):  # noqa: F811
    """The very command that a Job gets, in a process of this machine in which pip installs nothing."""
    code = [
        path
        for path in (CHECKOUT / "lora_demo").rglob("*")
        if path.is_file() and path.suffix in (".py", ".tsv")
    ]
    monkeypatch.setattr(
        job_files,
        "project_files",
        lambda: {
            path.relative_to(CHECKOUT).as_posix(): path
            for path in [*code, CHECKOUT / "requirements.txt"]
        },
    )
    for name, text in STUBS.items():
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / name).write_text(text.format(python=sys.executable))
        (tmp_path / "bin" / name).chmod(0o755)

    def work(job):
        spec = job["spec"]
        job["stage"] = "RUNNING"
        clean = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith("HF_") and key != "PYTHONPATH"
        }
        environment = (
            clean
            | spec["environment"]
            | spec["secrets"]
            | {
                "HF_ENDPOINT": hub.url,
                "HF_HOME": str(tmp_path / "job-home"),
                "WORK": str(tmp_path / "job"),
                "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
            }
        )
        with subprocess.Popen(
            spec["command"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            job["log"] += iter(process.stdout)
        job["stage"] = "COMPLETED" if process.returncode == 0 else "ERROR"

    hub.run_job = work
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
    assert kinds(events).count("step") == 2 and kinds(events)[-1] == "done" and run.state == "done"
    assert set(hub.repo("ada/kitchen").files) >= {"adapter_model.safetensors", "manifest.json"}
    assert (run.adapter / "README.md").is_file() and hub.repo("ada/kitchen").private
    commit, manifest = (
        published_base.commits[-1][0],
        json.loads((run.adapter / "manifest.json").read_text()),
    )
    assert (
        json.loads((run.adapter / "adapter_config.json").read_text())["revision"]
        == manifest["base"]["revision"]
        == manifest["config"]["revision"]
        == commit
    )
    assert (
        f"--revision {commit}" in manifest["command"]
        and f"`{commit}`" in (run.adapter / "README.md").read_text()
    )
