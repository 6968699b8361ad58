"""A sweep over one setting in Chromium: the time first, then the runs and what they show."""

import pytest

pytest.importorskip("playwright.sync_api")  # the README says where they run

from playwright.sync_api import expect

from tests.browser.conftest import PATIENCE
from tests.browser.steps import choose


def test_a_sweep_shows_its_time_first_and_no_winner_from_single_seeds(visit, pairs_file):
    page = visit()
    page.get_by_role("tab", name="Train").click()
    page.get_by_label("a file").check()
    page.get_by_role("tabpanel").locator("input[type=file]").first.set_input_files(pairs_file)
    expect(page.get_by_text("60 pairs")).to_be_visible()
    page.get_by_text("Sweep one setting").click()
    page.get_by_role("textbox", name="Values").fill("0.001; 0.002")
    page.get_by_label("number input for Seeds").fill("1")
    page.get_by_label("number input for Seeds").press("Tab")
    start = page.get_by_role("button", name="Start the sweep")
    expect(start).to_be_disabled()
    page.get_by_role("button", name="Estimate the time").click()
    expect(page.get_by_text("not minutes")).to_be_visible()
    choose(page, "Unit of length", "steps")
    page.get_by_label("Length", exact=True).fill("3")
    page.get_by_role("button", name="Estimate the time").click()
    expect(page.get_by_text("2 runs, ")).to_be_visible()
    start.click()
    expect(page.locator(".swept tbody tr")).to_have_count(2)
    expect(page.get_by_text("With only one run")).to_be_visible(timeout=5 * PATIENCE)
