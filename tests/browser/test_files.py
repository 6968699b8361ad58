"""Files of visitors in Chromium: columns are chosen, terms counted, adapters added together."""

import re

import pytest

pytest.importorskip("playwright.sync_api")  # the README says where they run

from playwright.sync_api import expect

from lora_demo.checkpoints.base import find_base
from lora_demo.model.lora_config import LoraConfig
from lora_demo.service.archives import pack
from tests.browser.steps import choose
from tests.browser.test_page import tab
from tests.checkpoints.adapter_folders import write_random


def test_columns_are_chosen_and_the_terms_of_a_glossary_counted(visit, tmp_path):
    cards = tmp_path / "cards.csv"
    cards.write_text("Vorn;Hinten\nDas Salz;the salt\nDie Butter;the butter\n", encoding="utf-8")
    glossary = tmp_path / "terms.csv"
    glossary.write_text("term_de,term_en\nSalz,salt\nButter,butter\n", encoding="utf-8")
    page = visit()
    tab(page, "Evaluate")
    panel = page.locator("[role=tabpanel]:visible")
    panel.get_by_label("a file").check()
    panel.locator("input[type=file]").first.set_input_files(cards)
    choose(panel, "German column", "Vorn")
    choose(panel, "English column", "Hinten")
    panel.get_by_role("button", name="More").click()
    expect(panel.get_by_text("Glossary with the columns").first).to_be_visible()
    panel.locator("input[type=file]").last.set_input_files(glossary)
    expect(panel.get_by_text("terms.csv")).to_be_visible()
    panel.get_by_role("button", name="Evaluate").click()
    report = page.locator(".report")
    report.get_by_role("heading", name="Glossary").click()
    expect(report.get_by_role("cell", name="Butter", exact=True)).to_be_visible()


def test_adapters_are_combined_and_shown_together(visit, tiny_base, tmp_path):
    base = find_base(str(tiny_base))
    page = visit()
    tab(page, "Adapters")
    panel = page.locator("[role=tabpanel]:visible")
    for seed, name in enumerate(("sweet", "salty")):
        folder = write_random(tmp_path / name, base, LoraConfig(2, 4, 0.0, ("q",)), seed)
        panel.locator("input[type=file]").last.set_input_files(pack(folder, name))
        expect(panel.get_by_label("Adapter", exact=True)).to_have_value(re.compile(rf"^{name} "))
    panel.get_by_role("button", name="Combine it with others").click()
    for name in ("sweet", "salty"):
        choose(panel, "Adapters to combine", name)
    panel.get_by_label("Weights").fill("0,7; 0,3")
    panel.get_by_label("Name of the sum").fill("both")
    panel.get_by_role("button", name="Combine", exact=True).click()
    expect(page.get_by_text("Rank 4, the exact sum.")).to_be_visible()
    expect(panel.get_by_label("Adapter", exact=True)).to_have_value(re.compile("^both "))
    tab(page, "Compare")
    page.get_by_role("checkbox", name="both").uncheck()
    page.get_by_role("button", name="Options").click()
    page.get_by_label("Also show the ticked adapters added together").check()
    page.get_by_label("German").fill("Das Salz")
    page.get_by_role("button", name="Translate").click()
    for name in ("base", "sweet", "salty", "together"):
        expect(page.get_by_role("article", name=name, exact=True)).to_be_visible()
