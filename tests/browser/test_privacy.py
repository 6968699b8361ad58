"""A visitor in Chromium reads what the page keeps of them, and deletes everything."""

import re

import pytest

pytest.importorskip("playwright.sync_api")  # the README says where they run

from playwright.sync_api import expect

from lora_demo.checkpoints.base import find_base
from lora_demo.model.lora_config import LoraConfig
from lora_demo.service.archives import pack
from tests.browser.test_page import tab
from tests.checkpoints.adapter_folders import write_random
from tests.waiting import files_below


def test_everything_of_a_visitor_is_deleted_after_one_question(visit, served, tiny_base, tmp_path):
    folder = write_random(tmp_path / "a", find_base(str(tiny_base)), LoraConfig(2, 4, 0.0, ("q",)))
    page = visit()
    tab(page, "Adapters")
    panel = page.locator("[role=tabpanel]:visible")
    chosen = panel.get_by_label("Adapter", exact=True)
    panel.locator("input[type=file]").last.set_input_files(pack(folder, "soon-gone"))
    expect(chosen).to_have_value(re.compile("^soon-gone "))
    assert _folders_with(served.runs, "soon-gone")

    page.get_by_role("button", name="Your data on this page").click()
    delete = page.get_by_role("button", name="Delete everything of mine")
    delete.click()
    page.get_by_role("button", name="Keep my data").click()
    expect(delete).to_be_visible()
    expect(chosen).to_have_value(re.compile("^soon-gone "))
    delete.click()
    expect(page.get_by_text("It cannot be undone.")).to_be_visible()
    page.get_by_role("button", name="Yes, delete everything").click()

    expect(page.get_by_text("and all your adapters and uploads.")).to_be_visible()
    expect(chosen).not_to_have_value(re.compile("^soon-gone "))
    expect(delete).to_be_visible()
    assert not _folders_with(served.runs, "soon-gone")
    page.reload()
    tab(page, "Adapters")
    expect(panel.get_by_role("button", name="Combine it with others")).to_be_visible()
    expect(chosen).not_to_have_value(re.compile("^soon-gone "))


def _folders_with(folder, name: str) -> list:
    """Return the adapters in the visitors' folders whose names begin with a name."""
    parents = {path.parent for path in files_below(folder)}
    return [path for path in parents if path.name.startswith(name)]
