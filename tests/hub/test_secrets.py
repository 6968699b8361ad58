"""Promise: a token is in no log, address, file, message, environment or list of processes.

This holds for every use of the token, and for every way in which it fails.
"""

import json
import logging
import os
import sys
import time
import traceback

import pytest

from lora_demo.errors import describe_error
from lora_demo.hub.jobs import work_on_jobs
from lora_demo.hub.pull import pull_adapter
from lora_demo.hub.push import push_adapter
from lora_demo.hub.space import deploy_space
from lora_demo.training.config import TrainConfig
from lora_demo.training.runs import create
from tests.hub.server import Fault, Handler

SECRET = "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"
STARTED: list[str] = []
"""Every command that this process starts, as the list of processes would show it."""


def _hear(event: str, values: tuple):
    if event == "subprocess.Popen":
        STARTED.append(repr(values[:2]))


sys.addaudithook(_hear)


@pytest.fixture
def secret(hub) -> str:
    """Another token of Ada's, given by hand."""
    hub.users[SECRET] = "ada"
    STARTED.clear()
    return SECRET


def push(adapter, run, folder, token):
    push_adapter(adapter, "ada/kitchen", private=True, token=token)
    return pull_adapter("ada/kitchen", folder / "back", token=token)


def job(adapter, run, folder, token):
    return list(work_on_jobs(run, "t4-small", token=token))


def space(adapter, run, folder, token):
    return deploy_space("ada/page", token=token)


FAULTS = {
    "no fault": [],
    "the Hub fails": [
        Fault(method, ".", 500, times=99) for method in ("GET", "POST", "PUT", "HEAD")
    ],
    "the Hub refuses": [
        Fault(method, ".", 403, times=99) for method in ("GET", "POST", "PUT", "HEAD")
    ],
    "the token is invalid": [
        Fault(method, ".", 401, times=99) for method in ("GET", "POST", "PUT", "HEAD")
    ],
    "answers are cut": [Fault(method, ".", cut=10, times=99) for method in ("GET", "POST", "PUT")],
}


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("act", [push, job, space], ids=lambda act: act.__name__)
def test_a_token_never_leaves_its_request(
    hub,
    secret,
    adapter,
    run,
    trains_well,
    published_base,
    tmp_path,
    caplog,
    capfd,
    monkeypatch,
    act,
    faults,
):
    if faults:
        monkeypatch.setattr("time.sleep", lambda seconds: None)
    caplog.set_level(logging.DEBUG)
    hub.faults += [Fault(**vars(fault)) for fault in faults]
    message = ""
    try:
        message = repr(act(adapter, run, tmp_path, secret))
        assert not faults
    except (ValueError, RuntimeError) as error:
        assert faults
        message = describe_error(error) + "".join(traceback.format_exception(error))
    places = {
        "the output": message + "".join(capfd.readouterr()),
        "the log": caplog.text,
        "addresses": json.dumps([path for _, path, _ in hub.requests]),
        "the environment": repr(os.environ),
        "processes": "".join(STARTED),
        "files": b"".join(
            path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()
        ).decode("latin-1"),
        "repositories": b"".join(
            data for repo in hub.repos.values() for data in repo.files.values()
        ).decode("latin-1"),
        "a Job, except its secrets": json.dumps(
            [
                {key: value for key, value in job["spec"].items() if key != "secrets"}
                for job in hub.jobs.values()
            ]
        ),
    }
    assert [place for place, text in places.items() if secret in text] == []
    assert hub.requests


def echo(handler) -> str:
    """A server's text that echoes the token, alone and in its header, after many other words."""
    header = handler.headers.get("Authorization", "")
    return f"{'x ' * 90}{header.removeprefix('Bearer ')} and {header}"


ECHOES = {
    "commit": lambda handler, **_: handler.send(400, {"error": echo(handler)}),
    "create": lambda handler, **_: handler.send(400, {"error": echo(handler)}),
    "preupload": lambda handler, **_: handler.send(400, {"error": echo(handler)}),
    "lfs_batch": lambda handler, **_: handler.send(
        200,
        {
            "transfer": "basic",
            "objects": [
                {
                    "oid": o["oid"],
                    "size": o["size"],
                    "error": {"code": 422, "message": echo(handler)},
                }
                for o in json.loads(handler.body)["objects"]
            ],
        },
    ),
    "validate_yaml": lambda handler, **_: handler.send(
        400, {"errors": [{"message": echo(handler)}], "warnings": []}
    ),
}


@pytest.mark.parametrize("route", ECHOES)
@pytest.mark.parametrize("by_hand", [True, False])
def test_a_token_that_a_server_echoes_is_hidden(hub, secret, adapter, monkeypatch, route, by_hand):
    monkeypatch.setattr(Handler, route, ECHOES[route])
    if not by_hand:
        monkeypatch.setenv("HF_TOKEN", secret)
    with pytest.raises(ValueError, match=r"\*\*\*") as error:
        push_adapter(adapter, "ada/kitchen", token=secret if by_hand else None)
    shown = str(error.value) + "".join(traceback.format_exception(error.value))
    assert secret not in shown and secret[:12] not in shown


@pytest.mark.parametrize("route", ECHOES)
def test_an_echoed_token_of_another_form_is_hidden(hub, adapter, monkeypatch, route):
    hub.users["another-makes-token"] = "ada"
    monkeypatch.setattr(Handler, route, ECHOES[route])
    with pytest.raises(ValueError, match=r"\*\*\*") as error:
        push_adapter(adapter, "ada/kitchen", token="another-makes-token")
    assert "another" not in str(error.value)


def test_the_command_of_a_run_holds_no_token(secret, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", secret)
    started = create(TrainConfig(base=str(tmp_path / "nowhere"), steps=1), tmp_path / "runs")
    started.resume()
    assert STARTED and secret not in "".join(STARTED)
    while started.state not in ("failed", "killed"):
        time.sleep(0.1)
    assert not any(
        secret in path.read_text(encoding="utf-8", errors="replace")
        for path in started.folder.rglob("*")
        if path.is_file()
    )
