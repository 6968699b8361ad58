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


def test_the_form_survives_a_reload_until_the_visitor_deletes_everything(visit, pairs_file):
    page = visit()
    tab(page, "Train")
    page.get_by_label("a file").check()
    page.get_by_role("tabpanel").locator("input[type=file]").first.set_input_files(pairs_file)
    expect(page.get_by_text("60 pairs")).to_be_visible()
    page.get_by_label("Learning rate", exact=True).fill("0.003")
    page.get_by_label("Unit of length").click()
    page.get_by_role("option", name="epochs").click()
    page.reload()
    expect(page.get_by_label("a file")).to_be_checked()
    expect(page.get_by_text("Your stored file pairs.tsv is used.")).to_be_visible()
    expect(page.get_by_text("60 pairs")).to_be_visible()
    expect(page.get_by_label("Learning rate", exact=True)).to_have_value("0.003")
    expect(page.get_by_label("Unit of length")).to_have_value("epochs")
    page.get_by_role("button", name="Your data on this page").click()
    page.get_by_role("button", name="Delete everything of mine").click()
    page.get_by_role("button", name="Yes, delete everything").click()
    expect(page.get_by_text("with all your adapters and uploads.")).to_be_visible()
    page.reload()
    expect(page.get_by_label("weather")).to_be_checked()
    expect(page.get_by_label("Learning rate", exact=True)).to_have_value("0.002")


def test_a_preset_stays_chosen_after_a_reload(visit):
    page = visit()
    tab(page, "Train")
    page.get_by_label("recipes").check()
    page.get_by_label("5 minutes").check()
    expect(page.get_by_label("Length", exact=True)).to_have_value("5")
    page.reload()
    expect(page.get_by_label("recipes")).to_be_checked()
    expect(page.get_by_label("5 minutes")).to_be_checked()
    expect(page.get_by_label("Length", exact=True)).to_have_value("5")
