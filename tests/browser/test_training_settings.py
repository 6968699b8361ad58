"""Settings files and "Same settings again" in Chromium."""

import json

import pytest

pytest.importorskip("playwright.sync_api")  # the README says where they run

from playwright.sync_api import expect

from tests.browser.test_page import start_run, state, tab


def load(page, path):
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Load settings").click()
    chooser.value.set_files(path)


def test_a_saved_file_fills_the_form_again(visit, tmp_path):
    page = visit()
    tab(page, "Train")
    page.get_by_label("Learning rate", exact=True).fill("0.003")
    page.get_by_role("button", name="Settings file").click()
    with page.expect_download() as started:
        page.get_by_role("button", name="Save settings").click()
    file = tmp_path / started.value.suggested_filename
    started.value.save_as(file)
    document = json.loads(file.read_text())
    assert (document["learning_rate"], document["data"]) == (0.003, "builtin:weather")
    changes = {"rank": 3, "alpha": 5.0, "minutes": None, "steps": 7, "data": "/x/mine.tsv"}
    file.write_text(json.dumps(document | changes))
    page.reload()
    page.get_by_role("button", name="Settings file").click()
    load(page, file)
    expect(page.get_by_label("Alpha")).to_have_value("5")
    expect(page.get_by_label("Rank", exact=True)).to_have_value("3")
    expect(page.get_by_label("Length", exact=True)).to_have_value("7")
    expect(page.get_by_text("A settings file names the data")).to_be_visible()
    expect(page.get_by_label("a file")).to_be_checked()
    file.write_text(json.dumps(document | {"rank": 0}))
    load(page, file)
    expect(page.get_by_text("rank = 0")).to_be_visible()
    expect(page.get_by_label("Alpha")).to_have_value("5")


def test_the_same_settings_again_fill_the_form(visit, pairs_file):
    page = visit()
    start_run(page, pairs_file, steps=2)
    state(page, "running", "done")  # loading takes long on a busy machine
    page.get_by_label("weather").check()
    page.get_by_label("Length", exact=True).fill("9")
    page.get_by_role("button", name="Same settings again").click()
    expect(page.get_by_label("a file")).to_be_checked()
    expect(page.get_by_text("Your stored file pairs.tsv is used.")).to_be_visible()
    expect(page.get_by_text("60 pairs")).to_be_visible()
    expect(page.get_by_label("Length", exact=True)).to_have_value("2")
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_text("Compare runs")).to_be_visible()


def test_a_base_without_adapters_offers_the_run_that_makes_three(visit):
    page = visit()
    expect(page.get_by_text("this page has no adapter for")).to_be_visible()
    page.get_by_role("button", name="Set up three ranks in Train").click()
    expect(page.get_by_label("Rank", exact=True)).to_have_value("4, 8, 16")
    expect(page.get_by_label("general")).to_be_checked()
    expect(page.get_by_text("The Hub does not answer")).to_be_visible()
