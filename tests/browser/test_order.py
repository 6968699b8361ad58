"""Chromium: the page shows the last choice, even if the answer to an earlier one comes later."""

import threading

import pytest

pytest.importorskip("playwright.sync_api")  # the README says where they run

from playwright.sync_api import Page, expect

from lora_demo.service.comparison import Comparisons
from lora_demo.service.services import Services, open_services
from lora_demo.service.uploads import PairUploads
from lora_demo.web.tabs import preview_panel
from lora_demo.web.tabs.source_chooser import SourceChooser
from tests import waiting
from tests.browser.conftest import PATIENCE
from tests.hub.page import open_page_services, serve_page

FAR = """const near = window.fetch;
window.fetch = async (...asked) => {
  const isCall = String(asked[0].url ?? asked[0]).includes('queue/join');
  if (isCall) await new Promise((done) => setTimeout(done, 150));
  return near(...asked);
};"""
"""Delays the calls of a visitor who is far away from the server."""


@pytest.fixture
def opened(chromium, small_base, tmp_path):
    """Opens the Train tab of a page in this process; gives it, and its services."""
    services = open_page_services(small_base, tmp_path / "runs", "visitor")
    with serve_page(services) as url:

        def open_page() -> tuple[Page, Services]:
            page = chromium.new_context().new_page()
            page.set_default_timeout(PATIENCE)
            page.add_init_script(FAR)
            page.goto(url)
            page.get_by_role("tab", name="Train").click()
            return page, services

        yield open_page


@pytest.fixture
def forgotten(monkeypatch):
    """An event that is set when a page that is opened later forgets a removed file."""
    event, forget = threading.Event(), SourceChooser._forget

    def forget_and_tell(chooser):
        event.set()
        return forget(chooser)

    monkeypatch.setattr(SourceChooser, "_forget", forget_and_tell)
    return event


def choose(page: Page, name: str):
    page.get_by_role("tabpanel").get_by_label(name, exact=True).check()


def count_of(services: Services, source: str) -> str:
    found = services.bases.own.previews.preview(source)
    return f"{found.train + found.eval + found.test:,} pairs"


def test_a_slow_preview_does_not_replace_the_preview_of_a_later_choice(opened, hold):
    def is_weather(source, *_):
        return source == "builtin:weather"

    def is_both(source, *_):
        return source == "builtin"

    with hold(preview_panel, "preview_and_estimate_html", is_weather) as weather:
        page, services = opened()
        assert weather.wait(waiting.PATIENCE)
        choose(page, "recipes")
        expect(page.get_by_text(count_of(services, "builtin:recipes"))).to_be_visible()
    page.wait_for_timeout(1500)
    expect(page.get_by_text(count_of(services, "builtin:recipes"))).to_be_visible()
    # Choices change, so both previews are requested in the same way now.
    with hold(preview_panel, "preview_and_estimate_html", is_both) as both:
        choose(page, "both")
        assert both.wait(waiting.PATIENCE)
        choose(page, "weather")
        expect(page.get_by_text(count_of(services, "builtin:weather"))).to_be_visible()
    page.wait_for_timeout(1500)
    expect(page.get_by_text(count_of(services, "builtin:weather"))).to_be_visible()


def test_after_quick_choices_the_last_one_is_shown(opened):
    page, services = opened()
    expect(page.get_by_text(count_of(services, "builtin:weather"))).to_be_visible()
    asked = []
    page.on(
        "request",
        lambda request: asked.append(request.url) if "queue/join" in request.url else None,
    )
    for name in ("Data", "Mark words that differ from"):
        page.get_by_role("tab", name="Train" if name == "Data" else "Compare").click()
        if name != "Data":
            page.get_by_role("button", name="Options").click()
        group = page.locator("fieldset", has_text=name)
        group.evaluate(
            """async (group) => {
              for (const k of [0, 1, 2, 0, 1, 2, 1]) {
                group.querySelectorAll('input')[k].click();
                await new Promise((done) => setTimeout(done, 15));
              }
            }"""
        )
        for _ in range(100):
            asked.clear()
            page.wait_for_timeout(1500)
            if len(asked) < 5:
                break
        assert len(asked) < 5, "all that is still asked for is what the timers ask for"
    page.get_by_role("tab", name="Train").click()
    expect(page.get_by_text(count_of(services, "builtin:weather"))).to_be_visible()


def test_a_file_removed_or_replaced_while_it_is_read_is_not_used(
    forgotten, opened, hold, pairs_file, tmp_path
):
    other = tmp_path / "other.tsv"
    other.write_text(
        "de\ten\n" + "".join(f"Satz {n} ist hier.\tSentence {n} is here.\n" for n in range(33))
    )
    page, _ = opened()
    choose(page, "a file")
    box = page.get_by_role("tabpanel").locator("input[type=file]").first

    def is_pairs(file, *_):
        return file.endswith("pairs.tsv")

    with hold(PairUploads, "keep", is_pairs) as reading:
        box.set_input_files(pairs_file)
        assert reading.wait(waiting.PATIENCE)
        page.get_by_role("tabpanel").get_by_role("button", name="Clear").click()
        box.set_input_files(other)
        expect(page.get_by_text("33 pairs")).to_be_visible()
    page.wait_for_timeout(1500)
    expect(page.get_by_text("33 pairs")).to_be_visible()
    page.get_by_role("tabpanel").get_by_role("button", name="Clear").click()
    expect(page.get_by_text("33 pairs")).not_to_be_visible()
    with hold(PairUploads, "keep", is_pairs) as reading:
        box.set_input_files(pairs_file)
        assert reading.wait(waiting.PATIENCE)
        forgotten.clear()
        page.get_by_role("tabpanel").get_by_role("button", name="Clear").click()
        assert forgotten.wait(waiting.PATIENCE)
    page.wait_for_timeout(1500)
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_text("Upload a .tsv, .csv, .jsonl, .json")).to_be_visible()


def test_a_choice_made_during_a_translation_decides_the_marked_words(
    chromium, tiny_base, tmp_path, hold
):
    services = open_services(str(tiny_base), None, tmp_path / "runs")
    services.loader.start()
    with serve_page(services) as url:
        page = chromium.new_context().new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(url)
        page.get_by_label("German").fill("Guten Morgen!")
        page.get_by_role("button", name="Options").click()
        with hold(Comparisons, "compare", lambda *_: True) as made:
            page.get_by_role("button", name="Translate").click()
            assert made.wait(waiting.PATIENCE)
            page.get_by_label("a reference").check()
            page.get_by_role("textbox", name="Reference").fill("No such word anywhere")
            page.get_by_role("textbox", name="Reference").blur()
            page.wait_for_timeout(1000)  # until that was answered
        expect(page.locator(".sentence")).to_contain_text("No such word anywhere")
