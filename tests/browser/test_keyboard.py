"""Every control of every tab is reached with the Tab key, and shows that it has the focus."""

import pytest

pytest.importorskip("playwright.sync_api")  # the README says where they run

from playwright.sync_api import Page, expect

MAX_STEPS = 200
IS_AT_END = """
() => document.activeElement.matches('body, [aria-label="Gradio footer navigation"] *')
"""
FOLLOW = """
() => {
  // Collect what gets the focus, and what gets it without an outline.
  window.reached = new Set();
  window.unmarked = new Set();
  const hasOutline = (element) => {
    const {outlineStyle, outlineWidth} = getComputedStyle(element);
    return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1;
  };
  document.addEventListener('focusin', ({target}) => {
    window.reached.add(target);
    const label = target.closest('label');
    const isMarked = hasOutline(target) || (label && hasOutline(label));
    if (!isMarked) window.unmarked.add(target.outerHTML.slice(0, 150));
  });
}
"""
MISSED = """
() => {
  // Of a group of radios, Tab reaches one, and arrow keys reach the others.
  const groups = new Set([...window.reached].map(({type, name}) => type === 'radio' && name));
  const selector = 'button, input:not([type=file]), select, textarea, a[href], [tabindex="0"]';
  const isMissed = (control) => control.checkVisibility() && !control.disabled
    && !window.reached.has(control) && !(control.type === 'radio' && groups.has(control.name));
  const controls = document.querySelectorAll(`[role=tabpanel] :is(${selector})`);
  return [...controls].filter(isMissed).map((control) => control.outerHTML.slice(0, 150));
}
"""


def open_accordions(page: Page) -> None:
    closed = page.locator("button.label-wrap:not(.open)").filter(visible=True)
    while closed.count():
        closed.first.press("Enter")


def walk(page: Page, tab) -> None:
    """Press Tab from a tab to the end of the page."""
    tab.focus()
    page.evaluate("window.unmarked.clear()")  # a click of the mouse shows no focus
    for _step in range(MAX_STEPS):
        page.keyboard.press("Tab")
        if page.evaluate(IS_AT_END):
            return


def test_the_tab_key_reaches_every_control_with_a_visible_focus(visit, served):
    page = visit()
    page.goto(f"{served.url}/?lang=de")
    tabs = page.get_by_role("tab")
    expect(tabs).to_have_count(6)
    page.evaluate(FOLLOW)
    for number in range(6):
        tab = tabs.nth(number)
        tab.click()
        page.wait_for_timeout(1000)
        # An answer of the server may replace a control during a walk.
        for _attempt in range(3):
            open_accordions(page)
            walk(page, tab)
            missed = page.evaluate(MISSED)
            if not missed:
                break
        assert missed == [], tab.inner_text()
        assert page.evaluate("[...window.unmarked]") == [], tab.inner_text()
