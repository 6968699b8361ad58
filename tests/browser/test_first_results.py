"""Compare with the embedded base: an answer at first sight, a live one, and a blind test."""

import pytest

pytest.importorskip("playwright.sync_api")  # the README says where they run

from playwright.sync_api import expect

from lora_demo.service.examples import EXAMPLES
from lora_demo.web.views.comparison import BEFOREHAND
from tests.browser.conftest import PATIENCE
from tests.browser.embedded import embedded, embedded_page  # noqa: F401 (fixtures)


def test_the_page_opens_with_translations_that_the_model_then_makes_again(chromium, embedded):  # noqa: F811
    held, seen = [], []
    page = chromium.new_page(viewport={"width": 1366, "height": 768})
    page.set_default_timeout(PATIENCE)
    page.route("**/queue/join*", lambda route: route.continue_() if seen else held.append(route))
    page.goto(embedded)
    cards = page.get_by_role("article")
    for name in ("base", "mini-r4", "mini-r8", "mini-r16"):
        expect(cards.and_(page.get_by_label(name, exact=True))).to_be_in_viewport()
    expect(page.locator(".sentence .source")).to_have_text(EXAMPLES[0][0])
    expect(page.locator(".summary")).to_contain_text(BEFOREHAND)
    shown = page.locator(".cell .text").all_inner_texts()
    seen.append(True)
    for route in held:
        route.continue_()
    expect(page.locator(".summary")).not_to_contain_text(BEFOREHAND, timeout=3 * PATIENCE)
    assert page.locator(".cell .text").all_inner_texts() == shown


def test_names_and_a_verdict_of_a_blind_test_come_after_the_votes(embedded_page):  # noqa: F811
    page = embedded_page
    page.get_by_text("Blind test", exact=True).click()
    page.get_by_role("button", name="Start the blind test").click()
    blind = page.locator(".blind")
    expect(blind.get_by_role("article")).to_have_count(2)
    expect(blind).not_to_contain_text("mini-r16")
    while not blind.get_by_role("table").count():
        shown = blind.inner_text()
        page.get_by_role("button", name="1 is better").click()
        expect(blind).not_to_have_text(shown, use_inner_text=True)
    expect(blind).to_contain_text("sign test")
    expect(blind).to_contain_text("chrF2: base")
    expect(blind.get_by_role("columnheader", name="mini-r16")).to_be_visible()
    expect(page.get_by_role("button", name="1 is better")).to_be_hidden()
