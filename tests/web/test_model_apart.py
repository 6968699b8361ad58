"""Promise: a running app outlives the process of its model, and leaves none behind."""

import fcntl
import os
import signal
import termios
from array import array
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from gradio_client.exceptions import AppError

from tests.browser.conftest import end_app, free_port, start_app
from tests.clients import connect
from tests.service.test_model_process import TEXT
from tests.waiting import PATIENCE, is_alive, wait_for

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")


def model_of(app) -> int | None:
    """The id of the model's process of an app."""
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            command = status.with_name("cmdline").read_text()
            is_child = f"\nPPid:\t{app.pid}\n" in status.read_text()
        except OSError:
            continue
        if is_child and "lora_demo.service.model_worker" in command:
            return int(status.parent.name)
    return None


@pytest.fixture
def app(tiny_base, tmp_path):
    process, served = start_app(tiny_base, tmp_path / "runs", free_port())
    yield process, served
    if process.poll() is None:
        end_app(process)


def translate(url: str, text: str = TEXT) -> dict:
    return connect(url).predict(text, [], api_name="/compare")


def has_request(model: int) -> bool:
    """Check whether a stopped model has a request that it has not read."""
    size = array("i", [0])
    with open(f"/proc/{model}/fd/0", "rb") as pipe:
        fcntl.ioctl(pipe, termios.FIONREAD, size)
    return size[0] > 0


def test_a_translation_that_ends_the_model_ends_neither_the_page_nor_the_next_one(app):
    process, served = app
    expected = translate(served.url)["columns"][0]["texts"]
    maps = Path(f"/proc/{process.pid}/maps").read_text()
    assert "tensorflow" not in maps
    assert "tensorflow" in Path(f"/proc/{model_of(process)}/maps").read_text()

    model = model_of(process)
    os.kill(model, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        translation = pool.submit(translate, served.url)
        wait_for(lambda: has_request(model))
        os.kill(model, signal.SIGKILL)
        with pytest.raises(AppError, match=r"memory ran out\. It is starting again"):
            translation.result()
    assert httpx.get(served.url, timeout=PATIENCE).status_code == 200
    assert translate(served.url)["columns"][0]["texts"] == expected
    assert process.poll() is None
    assert "ended with status -9" in served.log.read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_model_ends_with_the_app_even_if_it_hangs(app, number):
    process, served = app
    translate(served.url)
    model = model_of(process)
    if number == signal.SIGKILL:
        os.kill(model, signal.SIGSTOP)
    os.kill(process.pid, number)
    process.wait(PATIENCE)
    wait_for(lambda: not is_alive(model))
