"""Promise: visitors of a public page never use the token of its owner."""

import os
import subprocess
import sys

import pytest
from gradio_client.exceptions import AppError

from lora_demo.hub.space import CHECKOUT
from tests.browser.conftest import end_app, free_port
from tests.clients import connect
from tests.hub.conftest import TOKEN, files_of
from tests.hub.page import KEY
from tests.waiting import wait_for

PAIRS = b"".join(b'{"de": "Satz %d", "en": "Sentence %d"}\n' % (i, i) for i in range(20))


@pytest.fixture
def public(hub, small_base, adapter, tmp_path):
    """A public page of an owner who is logged in, with a private base and private repositories."""
    hub.add("ada/own-t5", files_of(small_base), private=True)
    hub.add("ada/secret-t5", files_of(small_base), private=True)
    hub.add("ada/secret-adapter", files_of(adapter), private=True)
    hub.add("ada/secret-pairs", {"train.jsonl": PAIRS}, "dataset", private=True)
    port, log = free_port(), tmp_path / "log.txt"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    command = [
        sys.executable,
        "app.py",
        "--host",
        "0.0.0.0",
        "--port",
        str(port),
        "--base",
        "ada/own-t5",
        "--runs",
        str(tmp_path / "runs"),
    ]
    with open(log, "wb") as output:
        process = subprocess.Popen(
            command,
            cwd=CHECKOUT,
            stdout=output,
            stderr=output,
            env=clean
            | {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "home"), "HF_TOKEN": TOKEN},
        )
    try:
        wait_for(lambda: "http://" in log.read_text() or process.poll() is not None)
        assert process.poll() is None, log.read_text()
        yield connect(f"http://127.0.0.1:{port}", token=False, analytics_enabled=False)
    finally:
        end_app(process)


def test_visitors_cannot_reach_private_repositories_of_the_owner(hub, public):
    asked = (
        ("parameters", "ada/secret-t5"),
        ("parameters", "ada/nothing-t5"),
        ("train_preview", KEY, "ada/secret-pairs:default:train"),
        ("adapter_pull", "ada/secret-adapter", KEY),
    )
    for name, *values in asked:
        with pytest.raises(AppError) as refused:
            public.predict(*values, api_name=f"/{name}")
        assert "\n" not in str(refused.value)
    assert len(public.predict("Hallo!", [], api_name="/compare")["columns"]) == 1
    assert {"secret" in path for _, path, _ in hub.requests} == {True, False}
    assert {
        path for _, path, authorized in hub.requests if authorized and "/ada/own-t5" not in path
    } == set()
    assert any(authorized for *_, authorized in hub.requests)
