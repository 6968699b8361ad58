"""Promise: an app leaves nothing in the temporary folder, or its next start removes it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lora_demo.service.app_folder import PREFIX

ROOT = Path(__file__).parents[2]
APP = """
import sys, tempfile
from app import make_temporary_folder
from lora_demo.service.archives import outbox
gradio = make_temporary_folder()
(gradio / "upload.tsv").write_text("a visitor's text")
(outbox() / "adapter.zip").write_text("an adapter")
print(tempfile.gettempdir(), flush=True)
sys.stdin.read()  # until the test ends
"""


def start_app(folder: Path) -> subprocess.Popen:
    environment = {k: v for k, v in os.environ.items() if k != "GRADIO_TEMP_DIR"}
    environment |= {"TMPDIR": str(folder), "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", APP],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def started_in(app: subprocess.Popen) -> Path:
    """The folder of an app that has written its files."""
    folder = Path(app.stdout.readline().strip()).parent
    assert len([path for path in folder.rglob("*") if path.suffix in (".tsv", ".zip")]) == 2
    return folder


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_app_that_is_asked_to_end_removes_its_folder(tmp_path, number):
    with start_app(tmp_path) as app:
        folder = started_in(app)
        app.send_signal(number)
    assert app.returncode == -number and not folder.exists()
    assert not any(path.is_dir() for path in tmp_path.iterdir())


def test_the_next_app_removes_the_folder_of_a_killed_one_and_no_other(tmp_path):
    (tmp_path / "of-another-program").mkdir()
    with start_app(tmp_path) as killed, start_app(tmp_path) as other:
        killed_folder, other_folder = started_in(killed), started_in(other)
        killed.kill()
        killed.wait()
        assert killed_folder.exists()
        with start_app(tmp_path) as newest:
            newest_folder = started_in(newest)
            assert not killed_folder.exists()
            assert other_folder.exists() and newest_folder.exists()
            newest.terminate()
        other.terminate()
    folders = [path.name for path in tmp_path.iterdir() if path.is_dir()]
    assert folders == ["of-another-program"] and PREFIX in killed_folder.name
