"""The form of the Train tab in Chromium: what a visitor enters, and what the page keeps of it."""

import pytest

pytest.importorskip("playwright.sync_api")  # the README says where they run

from playwright.sync_api import expect

from tests.browser.test_page import start_run, state, tab

expect.set_options(timeout=60_000)


def test_own_probe_sentences_are_followed_in_the_run(visit, pairs_file):
    page = visit()
    tab(page, "Train")
    page.get_by_role("button", name="Evaluation, data and name").click()
    page.get_by_label("Your probe sentences").fill("Wo ist der <b>Bahnhof</b>?\nIch bin müde.")
    start_run(page, pairs_file, 3)
    probes = page.locator(".probes li")
    expect(probes.nth(0).locator(".source")).to_have_text("Wo ist der <b>Bahnhof</b>?")
    expect(probes.nth(1).locator(".source")).to_have_text("Ich bin müde.")
    expect(probes.nth(0)).not_to_contain_text("reference")
    expect(probes.nth(2)).to_contain_text("reference")
    expect(page.locator(".command code")).to_contain_text("'--probe=Ich bin müde.'")
    state(page, "done")
    page.get_by_role("button", name="Same settings again").click()
    expect(page.get_by_label("Your probe sentences")).to_have_value(
        "Wo ist der <b>Bahnhof</b>?\nIch bin müde."
    )
