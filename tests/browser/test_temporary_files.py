"""The whole app leaves nothing in the temporary folder, or its next start removes it."""

from pathlib import Path

import httpx
import pytest

from tests.browser.conftest import free_port, start_app
from tests.waiting import PATIENCE, files_below

TEXT = b"de\ten\nMein Satz.\tMy sentence.\n"


def upload(url: str) -> None:
    """Send a file as the page does; a busy machine may take several tries."""
    with httpx.Client(transport=httpx.HTTPTransport(retries=5), timeout=PATIENCE) as client:
        answer = client.post(f"{url}/gradio_api/upload", files={"files": ("mine.tsv", TEXT)})
    answer.raise_for_status()


def uploads_in(folder: Path) -> list[Path]:
    return [path for path in files_below(folder) if path.name == "mine.tsv"]


@pytest.fixture
def room(tmp_path, monkeypatch):
    """A temporary folder for the apps of a test."""
    monkeypatch.delenv("GRADIO_TEMP_DIR", raising=False)
    room = tmp_path / "temporary"
    room.mkdir()
    return room


def test_a_killed_app_is_cleaned_up_by_the_next_one_which_leaves_nothing(tiny_base, tmp_path, room):
    killed, served = start_app(tiny_base, tmp_path / "runs", free_port(), TMPDIR=str(room))
    upload(served.url)
    killed.kill()
    killed.wait(PATIENCE)
    assert uploads_in(room)

    app, served = start_app(tiny_base, tmp_path / "runs", free_port(), TMPDIR=str(room))
    assert not uploads_in(room)
    upload(served.url)
    assert uploads_in(room)
    app.terminate()
    app.wait(PATIENCE)
    assert [path.name for path in room.iterdir() if path.is_dir()] == []
    assert not uploads_in(room)
