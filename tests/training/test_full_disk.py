"""Promise: on a full disk, files are complete or absent, and the page stays up.

A message says that the disk is full. Once there is space again, training can be resumed.
"""

import shutil
import subprocess
from pathlib import Path

import httpx
import numpy as np
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError

from lora_demo.checkpoints.tensors import write_tensors
from lora_demo.errors import DISK_FULL, is_disk_full
from lora_demo.files import write_json
from lora_demo.service.adapter_storage import keep_upload
from lora_demo.service.archives import pack
from lora_demo.service.uploads import keep_pairs
from lora_demo.training.run import BUSY
from lora_demo.training.runs import create
from lora_demo.web.views.run_view import run_html
from tests.clients import connect
from tests.hub.page import KEY, open_page_services, serve_page
from tests.security.samples import CONFIG, SETTINGS, SOUND, as_json
from tests.training.forked_runs import (
    assert_complete_files,
    outcome,
    partial_files,
    start,
)
from tests.waiting import PATIENCE, wait_for

MB = 1_000_000


@pytest.fixture
def disk(tmp_path):
    """A disk of eight megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def fill(disk: Path, left: int):
    """Fill the disk, so that only the given number of bytes is free."""
    (disk / "ballast").write_bytes(bytes(shutil.disk_usage(disk).free - left))


def list_files(disk: Path) -> set[str]:
    return {str(path.relative_to(disk)) for path in disk.rglob("*") if path.is_file()}


def adapter_zip(folder: Path) -> Path:
    (folder / "mine").mkdir()
    (folder / "mine" / "adapter_config.json").write_bytes(as_json(SETTINGS))
    (folder / "mine" / "adapter_model.safetensors").write_bytes(SOUND)
    (folder / "mine" / "README.md").write_text("a card " * 10_000)
    return pack(folder / "mine", "mine")


def error_of(call) -> Exception | None:
    """Return what a call raises: writers raise errors of several libraries."""
    try:
        call()
    except Exception as error:
        return error
    return None


def test_a_failed_write_leaves_no_file_behind(disk, tmp_path, pairs_file):
    archive, visitor = adapter_zip(tmp_path), disk / "visitor"
    (visitor / "adapters").mkdir(parents=True)
    (visitor / "uploads").mkdir()
    writers = {
        "tensors": lambda: write_tensors(disk / "x.safetensors", {"a": np.zeros(MB)}),
        "json": lambda: write_json(disk / "x.json", {"a": "x" * MB}),
        "pairs": lambda: keep_pairs(pairs_file, visitor),
        "adapter": lambda: keep_upload([archive], visitor, CONFIG),
    }
    fill(disk, 0)
    for name, write in writers.items():
        error = error_of(write)
        assert is_disk_full(error), (name, error)
        assert list_files(disk) == {"ballast"}, name
    (disk / "ballast").unlink()
    for name in ("pairs", "adapter", "json"):
        writers[name]()
    assert len(list_files(disk)) == 5


def test_a_run_fails_on_a_full_disk_and_can_be_resumed(quick_config, disk, tmp_path):
    undisturbed = create(quick_config, tmp_path, tmp_path / "undisturbed")
    undisturbed_process = start(undisturbed)
    run = create(quick_config, disk, disk / "run")
    fill(disk, 700_000)
    process = start(run)
    process.join(PATIENCE)
    assert process.exitcode == 1 and run.state == "failed"
    assert run.message == DISK_FULL and DISK_FULL in run_html(run)
    assert_complete_files(run.folder)
    assert not partial_files(run.folder)
    assert not (run.folder / "checkpoint" / "state.safetensors").exists()
    (disk / "ballast").unlink()
    process = start(run)
    process.join(PATIENCE)
    undisturbed_process.join(PATIENCE)
    assert run.state == undisturbed.state == "done"
    assert outcome(run) == outcome(undisturbed)


def test_the_page_stays_up_and_trains_once_there_is_space(disk, pairs_file, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(disk / "cache"))
    (disk / "cache").mkdir()
    services = open_page_services("mini", disk / "runs", "visitor")
    services.training_queue.start()
    with serve_page(services) as url:
        client = connect(url)
        upload = handle_file(pairs_file)
        assert client.predict(upload, KEY, api_name="/train_upload")["pairs"] == 60
        fill(disk, 0)
        large = b"de\ten\n" + b"a\tb\n" * 500_000
        http = httpx.Client(timeout=PATIENCE)
        answer = http.post(f"{url}gradio_api/upload", files={"files": ("x.tsv", large)})
        assert answer.status_code == 507
        assert "disk is full" in answer.json()["detail"]
        with pytest.raises(AppError, match="disk is full"):
            client.predict(KEY, "builtin", api_name="/train_start")
        assert http.get(url).status_code == http.get(f"{url}gradio_api/health").status_code == 200
        (disk / "ballast").unlink()
        status = client.predict(KEY, "builtin", unit="steps", length=1, api_name="/train_start")
        assert status["state"] in ("waiting", "starting", "running")
        client.predict(KEY, status["run"], api_name="/train_stop")
        wait_for(lambda: not any(run.state in BUSY for run in services.trainings.runs(KEY)))
