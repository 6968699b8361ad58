"""The form of the Train tab in Chromium: what a visitor enters, and what the page keeps of it."""

import re

import pytest

pytest.importorskip("playwright.sync_api")  # the README says where they run

from playwright.sync_api import expect

from tests.browser.steps import choose, reload_when_kept
from tests.browser.test_page import start_run, state, tab

SWAPPED = [
    ("The dog is not in the house {}.", "Der Hund ist nicht im Haus {}."),
    ("She is at the market with {} of them.", "Sie ist mit {} von ihnen auf dem Markt."),
]


@pytest.fixture
def swapped_file(tmp_path):
    """Pairs with English in the column de, under a name that is not a plain word."""
    lines = [f"{de}\t{en}".replace("{}", str(number)) for number in range(9) for de, en in SWAPPED]
    file = tmp_path / "Meine Sätze.tsv"
    file.write_text("\n".join(["de\ten", *lines]) + "\n", encoding="utf-8")
    return file


def upload(page, file):
    page.get_by_label("a file").filter(visible=True).check()
    page.locator("[role=tabpanel]:visible input[type=file]").first.set_input_files(file)


def test_a_swapped_file_is_swapped_for_the_check_the_training_and_the_command(visit, swapped_file):
    page = visit()
    tab(page, "Train")
    upload(page, swapped_file)
    expect(page.get_by_text("German and English look swapped in Meine Sätze.tsv")).to_be_visible()
    first = page.locator(".preview .pairs td").first
    expect(first).to_have_text("The dog is not in the house 0.")
    page.get_by_role("button", name="Swap German and English").click()
    expect(first).to_have_text("Der Hund ist nicht im Haus 0.")
    expect(page.get_by_text("It is read with --columns de=en,en=de.")).to_be_visible()
    expect(page.get_by_text("look swapped")).to_have_count(0)
    reload_when_kept(page)
    expect(first).to_have_text("Der Hund ist nicht im Haus 0.")
    expect(page.get_by_role("button", name="Swap German and English")).to_be_visible()
    choose(page, "Unit of length", "steps")
    page.get_by_label("Length", exact=True).fill("2")
    page.get_by_role("button", name="Start training").click()
    command = page.locator(".command code")
    expect(command).to_contain_text("--data 'Meine Sätze.tsv'")
    expect(command).to_contain_text("--columns de=en,en=de")
    expect(page.locator(".probes .source").first).to_contain_text(re.compile("Hund|Markt"))
    state(page, "done")


def test_evaluate_swaps_a_file_as_well(visit, swapped_file):
    page = visit()
    tab(page, "Evaluate")
    upload(page, swapped_file)
    page.get_by_role("button", name="Swap German and English").click()
    expect(page.get_by_text("It is read with --columns de=en,en=de.")).to_be_visible()
    page.get_by_role("spinbutton", name="Number of sentences").fill("2")
    page.get_by_role("button", name="Evaluate", exact=True).click()
    expect(page.locator(".report, .evaluation").first).to_contain_text("Meine Sätze.tsv")
    expect(page.get_by_text("Der Hund ist nicht im Haus 0.").first).to_be_attached()


def test_the_box_offers_a_sample_file_that_can_be_used(visit, tmp_path):
    page = visit()
    tab(page, "Train")
    page.get_by_label("a file").check()
    with page.expect_download() as download:
        page.get_by_role("link", name="sample file").filter(visible=True).click()
    download.value.save_as(tmp_path / "sample.tsv")
    upload(page, tmp_path / "sample.tsv")
    expect(page.get_by_text("8 pairs")).to_be_visible()


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
    choose(page, "Unit of length", "epochs")
    reload_when_kept(page)
    expect(page.get_by_label("a file")).to_be_checked()
    expect(page.get_by_text("Your stored file pairs.tsv is used.")).to_be_visible()
    expect(page.get_by_text("60 pairs")).to_be_visible()
    expect(page.get_by_label("Learning rate", exact=True)).to_have_value("0.003")
    expect(page.get_by_label("Unit of length")).to_have_value("epochs")
    page.get_by_role("button", name="Your data on this page").click()
    page.get_by_role("button", name="Delete everything of mine").click()
    page.get_by_role("button", name="Yes, delete everything").click()
    expect(page.get_by_text("and all your adapters and uploads.")).to_be_visible()
    page.reload()
    expect(page.get_by_label("weather")).to_be_checked()
    expect(page.get_by_label("Learning rate", exact=True)).to_have_value("0.002")


def test_a_preset_stays_chosen_after_a_reload(visit):
    page = visit()
    tab(page, "Train")
    page.get_by_label("recipes").check()
    page.get_by_label("5 minutes").check()
    expect(page.get_by_label("Length", exact=True)).to_have_value("5")
    reload_when_kept(page)
    expect(page.get_by_label("recipes")).to_be_checked()
    expect(page.get_by_label("5 minutes")).to_be_checked()
    expect(page.get_by_label("Length", exact=True)).to_have_value("5")


def test_an_error_is_shown_at_its_field_until_it_is_corrected(visit):
    page = visit()
    tab(page, "Train")
    rate, alpha = (page.get_by_label(name, exact=True) for name in ("Learning rate", "Alpha"))
    rate.fill("99")
    expect(page.locator(".block.wrong")).to_have_count(1)
    expect(page.locator(".block.wrong")).to_contain_text("learning_rate = 99 (must be a number")
    expect(rate).to_have_attribute("aria-invalid", "true")
    expect(rate).to_have_accessible_description(re.compile("^learning_rate = 99"))
    expect(alpha).not_to_have_attribute("aria-invalid", "true")
    alpha.fill("-1")
    wrong = page.locator(".block.wrong")
    expect(wrong).to_have_count(2)
    expect(wrong.first).to_contain_text("alpha = -1")
    expect(alpha).to_have_value("-1")
    expect(page.get_by_role("alert").filter(has_text="Training settings")).to_be_visible()
    page.get_by_label("Rank", exact=True).fill("<b>x</b>")
    page.get_by_label("Rank", exact=True).press("Enter")
    expect(wrong.first).to_contain_text("rank = '<b>x</b>'")
    expect(page.get_by_role("combobox", name="Rank")).to_have_accessible_description(
        re.compile("^rank = '<b>x</b>'")
    )
    page.get_by_label("Rank", exact=True).fill("8")
    page.get_by_label("Rank", exact=True).press("Enter")
    rate.fill("0.001")
    alpha.fill("16")
    expect(wrong).to_have_count(0)
    expect(page.locator("[aria-invalid]")).to_have_count(0)
    expect(alpha).not_to_have_attribute("aria-describedby", re.compile("."))
    expect(page.locator(".block", has=alpha).last).to_contain_text("0: twice the rank")
    expect(rate).to_have_value("0.001")
