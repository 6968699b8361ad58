"""Scripts of the whole page in Chromium: arrow keys on tabs, and notifications."""

import pytest

pytest.importorskip("playwright.sync_api")  # the README says where they run

from playwright.sync_api import expect

from lora_demo.web.scripts import (
    ASK_NOTIFY,
    NOTIFY,
    RECALL_NOTIFY,
    TAB_KEYS,
)

ADDRESS = "http://page.test/"


@pytest.fixture
def page(chromium):
    page = chromium.new_page()
    page.route(ADDRESS, lambda route: route.fulfill(body="<html></html>", content_type="text/html"))
    page.goto(ADDRESS)
    yield page
    page.close()


def test_arrow_keys_home_and_end_move_between_tabs(page):
    names = ("Compare", "Train", "Learn")
    tabs = "".join(f'<button role="tab">{name}</button>' for name in names)
    page.set_content(f'<div role="tablist">{tabs}</div><p></p>')
    page.evaluate(TAB_KEYS)
    write = "document.querySelector('p').textContent += event.target.textContent"
    page.evaluate(f"() => {{ onclick = (event) => {{ {write}; }}; }}")
    page.get_by_role("tab", name="Compare").press("ArrowRight")
    expect(page.get_by_role("tab", name="Train")).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Home")
    expect(page.locator("p")).to_have_text("TrainLearnCompareLearnCompare")


RUN = (
    '<div class="run" data-state="{}"><header><span class="state">{}</span><b>{}</b></header></div>'
)


def test_the_end_of_a_run_is_notified_once_to_a_visitor_who_asked(page):
    page.evaluate(
        """() => {
          window.notes = [];
          window.Notification = class { constructor(text) { window.notes.push(text); } };
          Notification.permission = 'granted';
          Notification.requestPermission = async () => 'granted';
          Object.defineProperty(document, 'visibilityState', {value: 'hidden'});
        }"""
    )
    page.evaluate(NOTIFY)

    def show(*values: str) -> list[str]:
        page.evaluate("(html) => { document.body.innerHTML = html; }", RUN.format(*values))
        page.wait_for_timeout(100)
        return page.evaluate("window.notes")

    show("running", "Training", "a-r8")
    assert show("done", "Finished", "a-r8") == [], "nobody asked"
    assert page.evaluate(RECALL_NOTIFY) is False
    assert page.evaluate(ASK_NOTIFY, True) is True
    assert page.evaluate(RECALL_NOTIFY) is True
    show("running", "Training", "b-r8")
    assert show("done", "Finished", "b-r8") == ["b-r8: Finished"]
    assert show("done", "Finished", "a-r8") == ["b-r8: Finished"], "it ended long ago"
    assert page.evaluate(ASK_NOTIFY, False) is False
    assert page.evaluate(RECALL_NOTIFY) is False
