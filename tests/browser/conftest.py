"""A page on a free port over a tiny random base, and visitors in a real Chromium who watch for errors and stray requests."""

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.tiny import pairs_file, tiny_base  # noqa: F401

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
ROOT = Path(__file__).parents[2]
LEAVING = re.compile("AbortError|Connection errored out")
"""What Gradio itself writes when a page is left while it listens."""
PATIENCE = 60_000
"""Milliseconds; two cores that also train are slow to load and to compile."""


@dataclass
class Served:
    """An app that runs: where, how long it took until it answered, where it keeps its runs, and its log."""

    url: str
    seconds: float
    runs: Path
    log: Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_app(base: Path, runs: Path, port: int):
    """The app as a user starts it, without the Hub: its process, and where it is."""
    command = [
        sys.executable,
        "app.py",
        "--port",
        str(port),
        "--base",
        str(base),
        "--runs",
        str(runs),
    ]
    log = runs.parent / f"{runs.name}.txt"
    with open(log, "ab") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=output,
            stderr=output,
            env=os.environ | {"HF_HUB_OFFLINE": "1"},
        )
    try:
        return process, Served(
            url := f"http://127.0.0.1:{port}", _wait(url, process, log), runs, log
        )
    except AssertionError:
        process.kill()
        raise


@pytest.fixture(scope="session")
def served(tiny_base, tmp_path_factory):  # noqa: F811
    """One app for all tests."""
    process, served = start_app(tiny_base, tmp_path_factory.mktemp("app") / "runs", free_port())
    yield served
    process.terminate()
    process.wait(20)


def _wait(url: str, process, log: Path) -> float:
    began = time.monotonic()
    while time.monotonic() - began < 60:
        assert process.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return time.monotonic() - began
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"no page after a minute: {log.read_text()}")


@pytest.fixture(scope="session")
def chromium():
    """One Chromium for all tests; they are skipped only where it or Playwright is missing."""
    playwright = pytest.importorskip("playwright.sync_api")
    if not Path(CHROMIUM).exists():
        pytest.skip("no Chromium here")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def leave(request):
    """Closes every page that a test has opened: one whose app is gone goes on asking for it, at the cost of the tests to come."""
    yield
    if "chromium" in request.fixturenames:
        for context in request.getfixturevalue("chromium").contexts:
            context.close()


@pytest.fixture
def hold(monkeypatch):
    """Makes a function of this process wait before it returns, where what it is given after its first value is `wanted`, until the block ends; gives an event that it came so far."""

    @contextmanager
    def hold(owner, name: str, wanted):
        real, came, go = getattr(owner, name), threading.Event(), threading.Event()

        def held(first, *values, **named):
            result = real(first, *values, **named)
            if wanted(*values):
                came.set()
                assert go.wait(60)
            return result

        with monkeypatch.context() as patch:
            patch.setattr(owner, name, held)
            try:
                yield came
            finally:
                go.set()

    return hold


@dataclass
class Watch:
    """What went wrong in a visitor's browser: errors on its console, requests that left this machine."""

    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def follow(self, page, url: str):
        page.on(
            "console",
            lambda message: (
                self.errors.append(message.text)
                if message.type == "error" and not LEAVING.search(message.text)
                else None
            ),
        )
        page.on(
            "pageerror",
            lambda error: None if LEAVING.search(str(error)) else self.errors.append(str(error)),
        )
        page.on(
            "request",
            lambda request: (
                self.outside.append(request.url)
                if not request.url.startswith((url, "data:", "blob:"))
                else None
            ),
        )


@pytest.fixture
def visit(chromium, served):
    """Opens the page as a new visitor, who has a browser of their own; no console error and no outside request is allowed."""
    watch, contexts = Watch(), []

    def open_page(width: int = 1280, scheme: str = "light", before=lambda page: None):
        contexts.append(
            chromium.new_context(
                viewport={"width": width, "height": 900}, color_scheme=scheme, accept_downloads=True
            )
        )
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE)
        watch.follow(page, served.url)
        before(page)
        page.goto(served.url)
        page.get_by_role("heading", level=1).wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert watch.outside == []
    assert watch.errors == []
