"""The files of a Space, started as a Space does: no flags, and a home that cannot be written."""

import os
import subprocess
import sys

import httpx
import pytest

from lora_demo.hub.space import preview_space
from tests.browser.conftest import end_app, free_port
from tests.clients import connect
from tests.hub.page import SPACE
from tests.waiting import PATIENCE, wait_for


@pytest.fixture
def tree(tmp_path):
    """The files that `deploy` would send, and nothing else."""
    root = tmp_path / "app"
    for name, content in preview_space("ada/demo").files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content if isinstance(content, bytes) else content.read_bytes())
    return root


@pytest.fixture
def space(tree, tmp_path):
    """Its address and its log; /proc is a home in which not even root can write."""
    port, log = free_port(), tmp_path / "log.txt"
    home = {
        "HOME": "/proc",
        "HF_HOME": str(tmp_path / "cache"),
        "PATH": os.environ["PATH"],
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "HF_HUB_OFFLINE": "1",
    }
    with open(log, "wb") as output:
        process = subprocess.Popen(
            [sys.executable, "app.py"],
            cwd=tree,
            stdout=output,
            stderr=output,
            env=SPACE | home | {"GRADIO_SERVER_PORT": str(port)},
        )
    try:
        yield f"http://127.0.0.1:{port}", process, log
    finally:
        end_app(process)


def test_a_space_serves_its_page_and_translates(space):
    url, process, log = space
    wait_for(lambda: "http://" in log.read_text() or process.poll() is not None)
    assert process.poll() is None, log.read_text()
    http = httpx.Client(base_url=url, timeout=PATIENCE)
    assert "LoRA, side by side" in http.get("/").text
    buttons = {
        component["props"].get("value")
        for component in http.get("/config").json()["components"]
        if component["type"] == "button"
    }
    assert {"Sign in with Hugging Face", "Duplicate this Space"} <= buttons
    functions = http.get("/gradio_api/info").json()["named_endpoints"]
    assert {"/compare", "/adapter_push", "/train_start"} <= set(functions)
    assert not [name for name in functions if name.startswith("/_")]
    assert http.get("/login/huggingface").status_code != 404
    client = connect(url, token=False, analytics_enabled=False)
    shipped = [adapter["id"] for adapter in client.predict(api_name="/adapters")]
    columns = client.predict("Guten Morgen!", shipped, api_name="/compare")["columns"]
    assert len(shipped) >= 3
    assert len(columns) == 1 + len(shipped)
    assert all(column["texts"][0].strip() for column in columns)
    assert process.poll() is None
