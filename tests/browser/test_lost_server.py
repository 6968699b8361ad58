"""The red status means a dead server: one that was killed or hangs, and not a slow one."""

import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api")  # the README says where they run

from playwright.sync_api import expect

from lora_demo.web.scripts import LOST_SERVER, watch_server
from lora_demo.web.theme import CSS
from tests.browser.conftest import free_port

SERVER = Path(__file__).with_name("health_server.py")
STATUS = (
    '<div class="server"><p class="status ready">ready</p>'
    '<p class="status failed no-answer">The server does not answer.</p></div>'
)
QUICK = {"ASK_SECONDS": 0.2, "RETRY_SECONDS": 0.2}


@pytest.fixture
def serve():
    """Start a server in a process of its own, as often as a test wants."""
    started = []

    def start(port: int, seconds: float = 0):
        command = [sys.executable, str(SERVER), str(port), str(seconds)]
        started.append(subprocess.Popen(command))
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60).close()
                return started[-1]
            except OSError:  # not yet listening
                assert started[-1].poll() is None

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def watched(chromium):
    """Open a server's page with the status line, and watch whether the server answers."""

    def open_page(port: int, **values: float):
        page = chromium.new_page()
        page.goto(f"http://127.0.0.1:{port}/")
        style = "".join(file.read_text(encoding="utf-8") for file in CSS)
        page.set_content(f"<style>{style}</style>{STATUS}")
        page.evaluate(watch_server(**(QUICK | values)))
        return page

    return open_page


def expect_red(page, is_red: bool):
    expect(page.get_by_text("does not answer")).to_be_visible(visible=is_red)
    expect(page.get_by_text("ready")).to_be_visible(visible=not is_red)


def test_a_killed_server_turns_the_status_red_until_it_is_back(serve, watched):
    port = free_port()
    server = serve(port)
    page = watched(port)
    with page.expect_response("**/gradio_api/health"):
        expect_red(page, False)
    server.kill()
    server.wait()
    expect_red(page, True)
    serve(port)
    expect_red(page, False)


def test_a_server_that_hangs_turns_the_status_red_until_it_answers(serve, watched):
    port = free_port()
    server = serve(port)
    page = watched(port, PATIENCE_SECONDS=2)
    server.send_signal(signal.SIGSTOP)
    expect_red(page, True)
    server.send_signal(signal.SIGCONT)
    expect_red(page, False)


def note_red(page):
    """Make `window.wasRed` say whether the status was red at any time from now on."""
    page.evaluate(
        """() => {
          window.wasRed = false;
          const server = document.querySelector('.server');
          const look = () => { window.wasRed ||= server.classList.contains('lost'); };
          new MutationObserver(look).observe(server, {attributes: true});
        }"""
    )


def test_a_slow_server_is_not_lost(serve, watched):
    port = free_port()
    serve(port, seconds=3)
    page = watched(port)
    note_red(page)
    for _answer in range(4):
        with page.expect_response("**/gradio_api/health", timeout=60_000):
            pass
    assert page.evaluate("window.wasRed") is False


def test_the_status_is_red_after_misses_in_a_row_and_a_proxys_page_is_one(serve, watched):
    port = free_port()
    serve(port)
    page = watched(port)
    note_red(page)
    answers = [*(["abort", "proxy", "app"] * 3), "abort", "proxy", "abort"]

    def answer(route):
        kind = answers.pop(0) if answers else "abort"
        if kind == "abort":
            route.abort()
        elif kind == "proxy":
            route.fulfill(status=502, body="<h1>Bad gateway</h1>", content_type="text/html")
        else:
            assert page.evaluate("window.wasRed") is False
            route.continue_()

    page.route("**/gradio_api/health", answer)
    expect_red(page, True)
    assert not answers


def test_the_page_has_no_placeholder_left():
    assert "SECONDS" not in LOST_SERVER and "MAX_MISSES" not in LOST_SERVER
