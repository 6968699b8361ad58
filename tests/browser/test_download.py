"""The base model's download: progress for all; the owner of the machine can cancel and resume."""

import threading
from types import SimpleNamespace

import pytest

pytest.importorskip("playwright.sync_api")  # the README says where they run

from playwright.sync_api import expect

from lora_demo.service.model_loader import ModelLoader
from tests.browser.conftest import PATIENCE
from tests.hub.page import open_page_services, serve_page
from tests.hub.server import Fault


@pytest.mark.parametrize("account", ["machine", "visitor"])
def test_a_download_can_be_cancelled_and_resumed(
    chromium, hub, published_base, small_base, tmp_path, account
):
    size = len(published_base.files["model.safetensors"])
    was_seen = threading.Event()
    hub.faults += [Fault("GET", "/cdn/", cut=size // 2), Fault("GET", "/cdn/", until=was_seen)]
    loader = ModelLoader("ada/small-t5", load=lambda base: SimpleNamespace(compare=lambda *_: None))
    with serve_page(open_page_services(small_base, tmp_path / "runs", account, loader)) as url:
        page = chromium.new_context().new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(url)
        loader.start()
        expect(page.get_by_text("downloading ada/small-t5")).to_be_visible()
        if account == "machine":
            page.get_by_role("button", name="Cancel the download").click()
            expect(
                page.get_by_text("was cancelled. The part already downloaded is kept")
            ).to_be_visible()
            page.get_by_role("button", name="Resume the download").click()
        was_seen.set()
        expect(page.get_by_text("· ready")).to_be_visible()
        expect(page.get_by_role("button", name="download")).to_have_count(0)
    assert f"bytes={size // 2}-" in hub.ranges
    assert loader.base.id == "ada/small-t5"
