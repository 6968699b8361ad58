"""Jobs on the page: their price is agreed, the visitor's token starts them, the page follows."""

import os
import signal
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from gradio_client.exceptions import AppError

from lora_demo.data.sources import CORPUS
from lora_demo.hub.push import push_adapter
from lora_demo.service import hub_account
from lora_demo.service.jobs import HubAccess, Offer, can_start_jobs
from lora_demo.service.limits import PUBLIC, Limits
from lora_demo.service.uploads import keep_pairs
from lora_demo.service.visitor_folders import visitor_folder
from lora_demo.training.events import PlanEvent
from lora_demo.training.request import TrainRequest
from lora_demo.web.views.run_view import run_html
from tests.hub.conftest import DONE, PLAN, TOKEN, line
from tests.hub.page import KEY, become_a_space, open_page_services, serve_page
from tests.hub.test_sharing import calls
from tests.waiting import wait_for

T4 = Offer("t4-small", 0.41, 2)
ACCESS = HubAccess(given=TOKEN)
SETTINGS = TrainRequest(rank=3, unit="steps", length=2, name="kitchen")


@pytest.fixture
def services(hub, published_base, tmp_path, monkeypatch):
    """A page that is open to others, whose machine is logged in with another account."""
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_TOKEN", "hf_reader")
    services = open_page_services("ada/small-t5", tmp_path / "runs", "visitor")
    hub.requests.clear()
    return services


@pytest.fixture
def finish_job(hub, adapter):
    """An event. Jobs print their plan, and end once it is set."""
    event = threading.Event()

    def work(job):
        job["stage"] = "RUNNING"
        job["log"] += ["Collecting tensorflow", line("begin", pid=7), line("plan", **PLAN)]
        while not event.wait(0.05):
            if job["stage"] == "CANCELED":
                return
        job["log"].append(line("done", 2, **DONE))
        push_adapter(adapter, job["spec"]["environment"]["REPO"], private=True, token=TOKEN)
        job["stage"] = "COMPLETED"

    hub.run_job = work
    yield event
    event.set()


def has_plan(run) -> bool:
    return any(isinstance(event, PlanEvent) for event in run.events())


def followers(run) -> list[int]:
    """Processes that have the run in their command."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has just ended, or is another user's
            if str(run.folder).encode() in path.read_bytes():
                found.append(int(path.parent.name))
    return found


def test_a_client_sees_prices_agrees_and_follows_the_job(hub, services, finish_job):
    with serve_page(services) as url:
        call = calls(url)
        settings = {
            "unit": "steps",
            "length": 2,
            "name": "kitchen",
            "rank": 3,
            "on": "hf-jobs",
            "flavor": "t4-small",
        }
        assert [(m["flavor"], round(m["dollars"], 2)) for m in call("train_machines")] == [
            ("cpu-basic", 0.01),
            ("t4-small", 0.4),
        ]
        for more, word in (
            ({}, "give the price"),
            ({"dollars": 0.41}, "token is needed to train on Jobs"),
            ({"dollars": 0.41, "token": TOKEN, "ranks": [1, 2]}, "one rank"),
            ({"on": "moon"}, "must be here or hf-jobs"),
        ):
            with pytest.raises(AppError, match=word):
                call("train_start", KEY, **settings | more)
        assert services.trainings.runs(KEY) == []
        assert not any(authorized for _, _, authorized in hub.requests)
        begun = call("train_start", KEY, **settings, dollars=0.41, token=TOKEN)
        run = services.trainings.find(begun["run"], KEY)
        wait_for(lambda: has_plan(run))
        assert run.state == "running"
        assert services.training_queue.current() is None
        assert services.training_queue.followed_jobs() == [run]
        assert "--on hf-jobs" in begun["command"]
        html = run_html(run)
        assert f'<a href="{hub.url}/jobs/ada/' in html
        assert "Training" in html
        (follower,) = followers(run)
        assert TOKEN.encode() not in Path(f"/proc/{follower}/cmdline").read_bytes()
        assert TOKEN.encode() in Path(f"/proc/{follower}/environ").read_bytes()
        finish_job.set()
        wait_for(lambda: run.state == "done" and not followers(run))
        status = call("train_status", KEY, run.id)
        assert status["job"]["repo"] == "ada/kitchen"
        assert [adapter["name"] for adapter in call("adapters", KEY)] == ["kitchen"]
        assert call("adapters", "somebody-else-has-this-key") == []
    assert hub.repo("ada/kitchen").private
    assert len(hub.jobs) == 1
    files = [path for path in run.folder.rglob("*") if path.is_file()]
    assert not any(TOKEN.encode() in path.read_bytes() for path in files)
    assert not any(TOKEN in path for _, path, _ in hub.requests)


def test_a_higher_price_than_agreed_starts_nothing(hub, services, finish_job):
    run = services.jobs.start(SETTINGS, "builtin:weather", KEY, Offer("t4-small", 0.2, 2), ACCESS)
    wait_for(lambda: run.state == "failed")
    assert "now costs $0.40 an hour, not $0.20" in run.message
    assert hub.jobs == {}
    with pytest.raises(ValueError, match="Start a new run"):
        services.jobs.resume(run.id, KEY, ACCESS)
    services.trainings.delete(run.id, KEY)


def test_stopping_cancels_the_job_and_leaves_the_queue_alone(hub, services, finish_job):
    run = services.jobs.start(SETTINGS, "builtin:weather", KEY, T4, ACCESS)
    wait_for(lambda: has_plan(run))
    services.trainings.stop(run.id, KEY)
    wait_for(lambda: run.state == "stopped")
    assert hub.count("POST", "/cancel$") == 1
    assert "The Job was cancelled." in run_html(run)
    assert run.adapter is None


def test_a_restarted_app_follows_a_job_when_its_visitor_returns(
    hub, services, finish_job, tmp_path
):
    folder = visitor_folder(services.visitors.root, KEY)
    pairs, _ = keep_pairs(CORPUS / "recipes" / "eval.tsv", folder)
    data = str(folder / "uploads" / pairs)
    run = services.jobs.start(SETTINGS, data, KEY, T4, ACCESS)
    wait_for(lambda: has_plan(run))
    os.kill(*followers(run), signal.SIGKILL)
    wait_for(lambda: run.state == "killed")
    services.training_queue.recover()
    assert services.training_queue.waiting() == []
    assert services.training_queue.followed_jobs() == []
    with pytest.raises(ValueError, match="Resume the run and stop it first"):
        services.trainings.delete(run.id, KEY)
    services.jobs.reattach(services.trainings.runs(KEY))
    assert run.state == "killed"
    replace(services.jobs, account="space").reattach(services.trainings.runs(KEY), HubAccess(TOKEN))
    finish_job.set()
    wait_for(lambda: run.state == "done")
    assert len(hub.jobs) == 1
    assert [event.kind for event in run.events()].count("plan") == 1
    assert run.adapter
    sent = hub.repo("ada/lora-demo-jobs", "dataset").files
    assert sent[f"{run.id}/pairs.tsv"].startswith(b"de\ten")


def test_who_can_start_a_job_depends_on_the_account(monkeypatch, hub, services):
    assert can_start_jobs("machine")
    assert can_start_jobs("visitor")
    assert not can_start_jobs("space")
    become_a_space(monkeypatch)
    assert not can_start_jobs("space")
    monkeypatch.setenv("OAUTH_SCOPES", "openid profile contribute-repos jobs")
    assert can_start_jobs("space")
    assert hub_account.account_of("0.0.0.0", False) == "space"


def test_wrong_settings_are_refused_before_any_request(hub, services, small_base, tmp_path):
    local = open_page_services(small_base, tmp_path / "local", "visitor")
    for place, offer, word in (
        (local, T4, "Push it to the Hub"),
        (services, Offer("t4-small", 0.4, 1000), "hours"),
        (services, Offer("t4-small", 0.0, 1), "give the price"),
    ):
        with pytest.raises(ValueError, match=word):
            place.jobs.start(SETTINGS, "builtin:weather", KEY, offer, ACCESS)
    with pytest.raises(ValueError, match="follows: 8"):
        PUBLIC.check_jobs(8)
    Limits().check_jobs(10**6)
    access = HubAccess(given=TOKEN, until=time.time() + 3630)
    with pytest.raises(ValueError, match="sign-in ends in 1 h 0 min"):
        services.jobs.start(SETTINGS, "builtin:weather", KEY, T4, access)
    assert hub.requests == []
    assert services.trainings.runs(KEY) == []
