"""A page with a tiny random base, and visitors in Chromium who watch for errors."""

import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests import waiting

# Fixtures of the browser's tests that the Hub's tests also use.
from tests.hub.conftest import adapter, hub, published_base, small_base  # noqa: F401
from tests.hub.test_jobs_page import finish_job, services  # noqa: F401

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
ROOT = Path(__file__).parents[2]
LEAVING = re.compile("AbortError|Connection errored out")
"""Messages of Gradio on the console when a page is closed while it waits for an answer."""
PATIENCE = 180_000
"""Milliseconds; two cores that also train are slow to load and to compile."""
PORTS = range(10_000, 32_000)
"""Ports that the system gives to no outgoing connection while an app starts."""

with suppress(ImportError):  # the tests are skipped then
    from playwright.sync_api import expect

    expect.set_options(timeout=PATIENCE)


@dataclass
class Served:
    """A running app: its address, its start time in seconds, its runs folder and its log."""

    url: str
    seconds: float
    runs: Path
    log: Path


def free_port() -> int:
    """A port that nothing listens to, which the other workers are unlikely to choose as well."""
    while True:
        port = secrets.choice(PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def end_app(process) -> None:
    """Ask an app to end, and wait until it has."""
    process.terminate()
    try:
        process.wait(waiting.PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        raise


def start_app(base: Path, runs: Path, port: int, **environment: str):
    """Start the app as a user does, without the Hub; return its process and where it is."""
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
            env=os.environ | {"HF_HUB_OFFLINE": "1"} | environment,
        )
    try:
        return process, Served(
            url := f"http://127.0.0.1:{port}", _wait(url, process, log), runs, log
        )
    except AssertionError:
        process.kill()
        print(log.read_text())
        raise


@pytest.fixture(scope="session")
def served(tiny_base, tmp_path_factory):
    """One app for all tests of the session."""
    process, served = start_app(tiny_base, tmp_path_factory.mktemp("app") / "runs", free_port())
    yield served
    end_app(process)


def _wait(url: str, process, log: Path) -> float:
    began = time.monotonic()

    def answers() -> bool:
        assert process.poll() is None, log.read_text()
        with suppress(OSError), urllib.request.urlopen(url, timeout=60):
            return True
        return False

    waiting.wait_for(answers)
    return time.monotonic() - began


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
    """Close every page that a test opened, since it would slow down the tests after it."""
    yield
    if "chromium" in request.fixturenames:
        for context in request.getfixturevalue("chromium").contexts:
            context.close()


@pytest.fixture
def hold(monkeypatch):
    """Make a function of this process wait before it returns, until the block ends.

    It waits only where `is_held` accepts its arguments after the first one. The block gets an
    event that is set when the function waits.
    """

    @contextmanager
    def hold(owner, name: str, is_held):
        real = getattr(owner, name)
        reached, released = threading.Event(), threading.Event()

        def held(first, *values, **named):
            result = real(first, *values, **named)
            if is_held(*values):
                reached.set()
                assert released.wait(waiting.PATIENCE)
            return result

        with monkeypatch.context() as patch:
            patch.setattr(owner, name, held)
            try:
                yield reached
            finally:
                released.set()

    return hold


@dataclass
class Watch:
    """Errors on the console of a visitor's browser, and its requests.

    `outside` are the addresses on other machines, `open` the requests without a full answer.
    """

    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    open: dict[object, str] = field(default_factory=dict)

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
        page.on("request", lambda request: self.open.update({request: request.url}))
        for end in ("requestfinished", "requestfailed"):
            page.on(end, lambda request: self.open.pop(request, None))


@pytest.fixture
def visit(chromium, served):
    """Open the page as a new visitor with a browser of their own.

    The test fails if a console shows an error or a request goes to another machine.
    """
    watch, contexts = Watch(), []

    def open_page(
        width: int = 1280, scheme: str = "light", before=lambda page: None, query: str = ""
    ):
        contexts.append(
            chromium.new_context(
                viewport={"width": width, "height": 900}, color_scheme=scheme, accept_downloads=True
            )
        )
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE)
        watch.follow(page, served.url)
        before(page)
        page.goto(f"{served.url}/{query}")
        page.get_by_role("heading", level=1).wait_for()
        return page

    yield open_page
    print("requests without a full answer:", *watch.open.values())  # shown where a test fails
    for context in contexts:
        context.close()
    assert watch.outside == []
    assert watch.errors == []
