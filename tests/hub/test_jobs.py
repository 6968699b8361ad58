"""Jobs: started once, followed live, cancelled and resumed without loss."""

import json
import time

import pytest

from lora_demo.hub.flavors import list_flavors
from lora_demo.hub.jobs import work_on_jobs
from lora_demo.training.config import TrainConfig
from lora_demo.training.events import PlanEvent
from lora_demo.training.runs import create
from tests.hub.conftest import kinds, line
from tests.hub.server import Fault
from tests.tiny import pairs_file  # noqa: F401  (fixture)
from tests.waiting import wait_for


def test_a_job_is_followed_and_its_adapter_comes_back(hub, run, trains_well, adapter):
    events = list(work_on_jobs(run, "t4-small"))
    assert kinds(events) == ["begin", "phase", "phase", "plan", "step", "done"]
    assert kinds(run.events()) == kinds(events)
    assert "$0.40 an hour" in events[1].message
    assert run.state == "done"
    assert "Collecting" in (run.folder / "log.txt").read_text()
    assert (run.adapter / "adapter_model.safetensors").read_bytes() == (
        adapter / "adapter_model.safetensors"
    ).read_bytes()
    (job,) = hub.jobs.values()
    spec = job["spec"]
    assert spec["flavor"] == "t4-small"
    assert spec["secrets"] == {"HF_TOKEN": "hf_writer"}
    assert spec["timeoutSeconds"] == 7200
    assert "tensorflow[and-cuda]" in spec["environment"]["EXTRA"]
    assert spec["environment"]["LIMIT"] == "6900"
    assert hub.repo("ada/kitchen").private
    assert hub.repo("ada/lora-demo-jobs", "dataset").private
    sent = hub.repo("ada/lora-demo-jobs", "dataset").files
    assert json.loads(sent[f"{run.id}/run.json"]) == run.config.to_json()
    assert "source.tar.gz" in sent


def test_no_event_file_or_request_holds_the_token(hub, run, trains_well, tmp_path):
    events = list(work_on_jobs(run, "t4-small"))
    assert "hf_writer" not in str(events)
    assert not any("hf_writer" in path for _, path, _ in hub.requests)
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


def test_a_file_of_pairs_is_sent_and_unchanged_code_is_sent_once(
    hub, tmp_path, project, trains_well
):
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
    assert json.loads(stage.files[f"{run.id}/run.json"])["data"] == "run/pairs.tsv"
    assert stage.files[f"{run.id}/pairs.tsv"].startswith(b"de\ten")
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
def test_a_fault_never_starts_a_second_job(hub, run, trains_well, fault):
    hub.faults.append(fault)
    errors = []
    try:
        list(work_on_jobs(run, "t4-small"))
    except ValueError as error:
        errors.append(str(error))
        list(work_on_jobs(run, "t4-small"))
    assert all("Resume the run" in error for error in errors)
    assert fault.times == 0 and len(hub.jobs) == 1
    assert run.state == "done" and kinds(run.events()).count("done") == 1


def test_a_run_whose_process_was_killed_follows_the_same_job(hub, run, trains_well):
    following = work_on_jobs(run, "t4-small")
    for event in following:
        if isinstance(event, PlanEvent):
            break
    following.close()
    assert run.state == "killed"
    assert kinds(work_on_jobs(run, "t4-small")) == ["step", "done"]
    assert len(hub.jobs) == 1
    assert run.state == "done"


def test_stopping_a_run_cancels_its_job(hub, run, published_base):
    def work(job):
        job["stage"] = "RUNNING"
        wait_for(lambda: hub.count("GET", "/logs"))
        run.stop()
        while job["stage"] == "RUNNING":
            job["log"].append("still installing")
            time.sleep(0.05)

    hub.run_job = work
    with pytest.raises(RuntimeError, match="cancelled"):
        list(work_on_jobs(run, "t4-small"))
    assert hub.count("POST", "/cancel$") == 1
    assert run.state == "stopped"
    assert "id" not in run.job


def test_a_failed_job_gives_its_reason(hub, run, published_base):
    def work(job):
        job["log"].append(line("failed", message="Memory ran out: take a smaller batch."))
        job["stage"] = "ERROR"

    hub.run_job = work
    with pytest.raises(RuntimeError, match="Memory ran out"):
        list(work_on_jobs(run, "t4-small"))
    assert run.state == "failed" and not run.adapter


def test_a_failed_job_is_not_mistaken_for_the_next_one(hub, run, published_base):
    """Neither where the next one's start is unsure, nor for its reason."""

    def work(job):
        job["message"] = f"out of {job['id']}"
        job["stage"] = "ERROR"

    hub.run_job = work
    hub.faults.append(Fault("POST", "/api/jobs/ada$", lose=True))
    for number in range(3):
        with pytest.raises(RuntimeError, match=rf"^The Job failed \(out of job{number}\)\. [^(]*$"):
            list(work_on_jobs(run, "t4-small"))
        assert len(hub.jobs) == number + 1
        hub.faults.append(Fault("POST", "/api/jobs/ada$", 500))


def test_tokens_in_a_jobs_log_are_hidden(hub, run, published_base, monkeypatch):
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
    assert b"asked with ***" in kept
    assert any(getattr(e, "message", "") == "*** and Bearer ***" for e in run.events())
    assert b"another-makes" not in kept
    assert b"third" not in kept
    assert b"hf_reader" not in kept


@pytest.mark.parametrize(
    ("prepare", "word"),
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
def test_a_refused_job_costs_nothing(hub, run, prepare, word):
    prepare(hub)
    with pytest.raises(ValueError, match=word):
        list(work_on_jobs(run, "no-such" if word == "cpu-basic" else "t4-small"))
    assert hub.jobs == {}
    assert run.state == "failed"
    assert "--overwrite" not in run.message


def test_a_local_base_cannot_be_sent_to_a_job(hub, tmp_path, small_base, project):
    with pytest.raises(ValueError, match="Push it to the Hub"):
        list(
            work_on_jobs(
                create(TrainConfig(base=str(small_base), steps=1), tmp_path / "runs"), "t4-small"
            )
        )


def test_the_machines_are_listed_with_their_prices(hub):
    assert [(f.name, round(f.dollars, 2)) for f in list_flavors()] == [
        ("cpu-basic", 0.01),
        ("t4-small", 0.4),
    ]
