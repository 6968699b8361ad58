"""The Learn tab in Chromium: drag the rank, predict, come back, explain terms."""

import pytest

pytest.importorskip("playwright.sync_api")  # the README says where they run

from playwright.sync_api import Page, expect

from lora_demo.service.lessons.counts import TAUGHT_BASE, drawn_bases
from lora_demo.web.views.rank_drawing import sum_text
from tests.browser.steps import reload_when_kept, repeat_until


def lesson(page: Page, name: str):
    page.get_by_role("tab", name="Learn").click()
    page.get_by_role("button", name=name).click()


def test_the_rank_is_dragged_by_keys_and_a_lesson_survives_a_reload(visit):
    page = visit()
    lesson(page, "What is LoRA?")
    slider = page.get_by_role("slider", name="Rank")
    shown, counts = page.locator(".rank-drawing .counts"), drawn_bases()["mini"]
    for rank in range(4, 17):
        of_matrix = counts.of_matrix[counts.at(rank)]
        expect(shown).to_contain_text(f"{sum_text(counts, rank)} = {of_matrix:,}")
        slider.press("ArrowRight")
    expect(page.locator(".goal")).to_contain_text("Done")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="Twice the rank")).to_be_focused()
    page.get_by_role("button", name="It stays the same.").click()
    expect(page.locator(".outcome")).to_contain_text("Not as you predicted.")
    reload_when_kept(page)
    expect(page.get_by_role("heading", name="Twice the rank")).to_be_visible()
    counts = drawn_bases()[TAUGHT_BASE]
    expect(page.locator(".outcome")).to_contain_text(f"{counts.of_adapter[counts.at(16)]:,}")
    page.get_by_role("button", name="All lessons").click()
    expect(page.get_by_role("button", name="What is LoRA?")).to_contain_text("2 of 5 steps")


@pytest.mark.parametrize("language", ["en", "de", "vi"])
def test_the_first_screen_shows_the_drawing_and_the_first_lesson(visit, served, language):
    page = visit()
    page.goto(f"{served.url}/?lang={language}")
    page.get_by_role("tab").last.click()
    for width, height in ((1366, 768), (400, 800)):
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("scrollTo(0, 0)")
        expect(page.locator(".lessons .card b").first).to_be_in_viewport(ratio=1)
        expect(page.locator(".rank-drawing svg")).to_be_in_viewport(ratio=1)
        expect(page.get_by_role("slider")).to_be_in_viewport(ratio=1)
        assert page.evaluate("scrollY") == 0


def test_an_address_opens_a_lesson_and_names_an_unknown_one(visit, served):
    page = visit()
    page.goto(f"{served.url}/?lesson=combine")
    expect(page.get_by_role("heading", name="Switch", exact=True)).to_be_visible()
    page.goto(f"{served.url}/?lesson=nothing")
    expect(page.get_by_text("The lesson “nothing” does not exist.")).to_be_visible()


def point_at(element):
    """Point at an element from outside."""
    element.page.mouse.move(0, 0)
    element.hover(timeout=5000)


def focus_from_above(element):
    """Give the focus to an element that is below the visible part of the page."""
    element.page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    expect(element).not_to_be_in_viewport()
    element.focus(timeout=5000)
    expect(element).to_be_in_viewport()


def test_a_term_explains_itself_by_mouse_keyboard_and_escape(visit):
    page = visit()
    page.get_by_role("tab", name="Parameters").click()
    term = page.get_by_role("button", name="rank", exact=True).locator("visible=true").first
    bubble = page.locator("#term-rank")
    expect(bubble).to_be_hidden()
    repeat_until(page, lambda: point_at(term), bubble.is_visible)
    page.keyboard.press("Escape")
    expect(bubble).to_be_hidden()
    page.mouse.move(0, 0)
    term.focus()
    expect(bubble).to_contain_text("columns of B")
    expect(term).to_have_attribute("aria-describedby", "term-rank")


def test_an_explanation_stays_when_the_focus_scrolls_its_term_into_view(visit):
    page = visit()
    page.get_by_role("tab", name="Parameters").click()
    page.set_viewport_size({"width": 1366, "height": 400})
    term = page.get_by_role("button", name="parameters", exact=True).locator("visible=true").last
    bubble = page.locator("#term-parameter")
    repeat_until(page, lambda: focus_from_above(term), bubble.is_visible)
    expect(term).to_be_in_viewport()


def test_a_lesson_fills_the_form_of_its_run(visit):
    page = visit()
    lesson(page, "Which rank to choose")
    page.get_by_role("button", name="Train three ranks").click()
    page.get_by_role("button", name="Train this yourself").click()
    expect(page.get_by_label("Rank", exact=True)).to_have_value("4, 8, 16")
    expect(page.get_by_label("Length", exact=True)).to_have_value("400")
