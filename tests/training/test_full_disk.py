"""Promise: on a full disk a sentence is said, files are whole or absent, the page stays up, and with room again all goes on."""

import shutil
import subprocess
import time
from pathlib import Path

import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from lora_demo.checkpoints.tensors import write_tensors
from lora_demo.errors import DISK_FULL, is_disk_full
from lora_demo.files import write_json
from lora_demo.service.adapter_storage import keep_upload
from lora_demo.service.archives import pack
from lora_demo.service.uploads import keep_pairs
from lora_demo.training.runs import create
from lora_demo.web.views.run_view import run_html
from tests.hub.page import KEY, open_page_services, serve_page
from tests.security.refusal import CONFIG, SETTINGS, SOUND, as_json
from tests.tiny import pairs_file, tiny_base  # noqa: F401  (fixtures)
from tests.training.test_kills import (  # noqa: F401  (fixtures)
    PATIENCE,
    begin,
    check_files,
    config,
    result,
)

MB = 1_000_000


@pytest.fixture
def disk(tmp_path):
    """A disk of eight megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", place], capture_output=True
    ).returncode:
        pytest.skip("no disk can be mounted here")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def fill(disk: Path, left: int):
    """Leaves only so many bytes free."""
    (disk / "ballast").write_bytes(bytes(shutil.disk_usage(disk).free - left))


def files(disk: Path) -> set[str]:
    return {str(path.relative_to(disk)) for path in disk.rglob("*") if path.is_file()}


def adapter_zip(folder: Path) -> Path:
    (folder / "mine").mkdir()
    (folder / "mine" / "adapter_config.json").write_bytes(as_json(SETTINGS))
    (folder / "mine" / "adapter_model.safetensors").write_bytes(SOUND)
    (folder / "mine" / "README.md").write_text("a card " * 10_000)
    return pack(folder / "mine", "mine")


def test_writers_leave_nothing_behind(disk, tmp_path, pairs_file):  # noqa: F811
    import numpy as np

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
        with pytest.raises(Exception) as caught:
            write()
        assert is_disk_full(caught.value), (name, caught.value)
        assert files(disk) == {"ballast"}, name
    (disk / "ballast").unlink()
    (writers["pairs"](), writers["adapter"](), writers["json"]())
    assert len(files(disk)) == 5


def test_training_says_so_and_goes_on_with_room(config, disk, tmp_path):  # noqa: F811
    whole, run = create(config, tmp_path, tmp_path / "whole"), create(config, disk, disk / "run")
    undisturbed = begin(whole)
    fill(disk, 700_000)
    process = begin(run)
    process.join(PATIENCE)
    assert (
        process.exitcode == 1
        and run.state == "failed"
        and run.message == DISK_FULL
        and DISK_FULL in run_html(run)
    )
    check_files(run.folder)
    assert (
        not list(run.folder.rglob("*.partial"))
        and not (run.folder / "checkpoint" / "state.safetensors").exists()
    )
    (disk / "ballast").unlink()
    process = begin(run)
    process.join(PATIENCE)
    undisturbed.join(PATIENCE)
    assert run.state == whole.state == "done" and result(run) == result(whole)


def test_the_page_stays_up(disk, pairs_file, monkeypatch):  # noqa: F811
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(disk / "cache"))
    (disk / "cache").mkdir()
    services = open_page_services("mini", disk / "runs", "visitor")
    services.training_queue.start()
    with serve_page(services) as url:
        client = Client(url, verbose=False)
        sent = handle_file(pairs_file)
        assert client.predict(sent, KEY, api_name="/train_upload")["pairs"] == 60
        fill(disk, 0)
        answer = httpx.post(
            f"{url}gradio_api/upload", files={"files": ("x.tsv", b"de\ten\n" + b"a\tb\n" * 500_000)}
        )
        assert answer.status_code == 507 and "disk is full" in answer.json()["detail"]
        with pytest.raises(AppError, match="disk is full"):
            client.predict(KEY, "builtin", api_name="/train_start")
        assert httpx.get(url).status_code == httpx.get(f"{url}gradio_api/health").status_code == 200
        (disk / "ballast").unlink()
        status = client.predict(KEY, "builtin", unit="steps", length=1, api_name="/train_start")
        assert status["state"] in ("waiting", "starting", "running")
        client.predict(KEY, status["run"], api_name="/train_stop")
        until = time.monotonic() + PATIENCE
        while services.trainings.runs(KEY) and services.trainings.runs(KEY)[0].state in (
            "starting",
            "running",
            "stopping",
        ):
            assert time.monotonic() < until
            time.sleep(0.2)
