"""Steps of visitors in Chromium that a slow answer of the server may undo, and how they settle."""

import time
from contextlib import suppress

from playwright.sync_api import Locator, Page, TimeoutError

from tests.browser.conftest import PATIENCE

QUIET_MILLISECONDS = 1500
IS_STILL = """
() => document.getAnimations().every((animation) =>
  animation.playState !== 'running' || animation.effect?.getComputedTiming().endTime === Infinity)
"""


def choose(place: Page | Locator, label: str, option: str, exact: bool = False) -> None:
    """Choose an option of a dropdown list; open it again if an answer of the server closed it."""
    page = place if isinstance(place, Page) else place.page
    end = time.monotonic() + PATIENCE / 1000
    while True:
        place.get_by_label(label).click()
        try:
            return page.get_by_role("option", name=option, exact=exact).click(timeout=5000)
        except TimeoutError:
            if time.monotonic() > end:
                raise
            page.keyboard.press("Escape")


def repeat_until(page: Page, act, is_done) -> None:
    """Repeat an action until its outcome lasts half a second; then the page moves no more."""
    end = time.monotonic() + PATIENCE / 1000
    while True:
        with suppress(TimeoutError):
            act()
        page.wait_for_timeout(500)
        if is_done():
            return
        assert time.monotonic() < end, "the page did not become steady"


def wait_until_still(page: Page) -> None:
    """Wait until no animation runs but those without an end."""
    page.wait_for_timeout(300)
    page.wait_for_function(IS_STILL)


def assert_fits(page: Page, width: int) -> None:
    """Assert that the page is not wider than the window once it is laid out."""
    page.wait_for_function("(width) => document.documentElement.scrollWidth <= width", arg=width)


def reload_when_kept(page: Page) -> None:
    """Reload the page once the browser has kept what was entered."""
    read = "() => JSON.stringify(localStorage)"
    repeat_until(page, lambda: None, _IsUnchanged(page, read))
    page.reload()


class _IsUnchanged:
    """True if a value of the page is what it was at the call before."""

    def __init__(self, page: Page, script: str) -> None:
        self.page, self.script = page, script
        self.before = page.evaluate(script)

    def __call__(self) -> bool:
        before, self.before = self.before, self.page.evaluate(self.script)
        return self.before == before
