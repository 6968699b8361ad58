"""A link to a comparison in Chromium, and its table."""

import pytest

pytest.importorskip("playwright.sync_api")  # the README says where they run

from playwright.sync_api import expect

from lora_demo.service.comparison_link import INVALID
from lora_demo.service.examples import EXAMPLES
from lora_demo.web.tabs.shared_link import FILLED, UNAVAILABLE


def test_a_copied_link_fills_in_the_form_and_translates_nothing(visit):
    page = visit()
    page.get_by_label("German").fill("Guten Morgen!\nJa & nein?")
    page.get_by_role("button", name="Translate").click()
    expect(page.locator(".sentence")).to_have_count(2)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download TSV").click()
    rows = download.value.path().read_text("utf-8").split("\n")
    assert download.value.suggested_filename == "comparison.tsv"
    assert rows[0] == "de\tbase" and rows[2].startswith("Ja & nein?\t")
    query = page.get_by_role("button", name="Copy link").get_attribute("data-link")

    page.goto(f"{page.url}{query}&beams=3&adapter=other".replace("beams=1&", ""))
    expect(page.get_by_text(f"{FILLED} {UNAVAILABLE}")).to_be_visible()
    expect(page.get_by_label("German")).to_have_value("Guten Morgen!\nJa & nein?")
    expect(page.get_by_role("tab", name="Compare")).to_have_attribute("aria-selected", "true")
    page.get_by_role("button", name="Options").click()
    expect(page.get_by_label("number input for Beams")).to_have_value("3")
    expect(page.locator(".sentence")).to_have_count(0)


def test_a_hostile_link_is_ignored_in_one_sentence(visit):
    page = visit()
    page.goto(f"{page.url}?text=<img src=x onerror=alert(1)>&beams=99&adapter=../x")
    expect(page.get_by_text(INVALID)).to_be_visible()
    expect(page.get_by_label("German")).to_have_value(EXAMPLES[0][0])
    expect(page.locator(".sentence")).to_have_count(0)
