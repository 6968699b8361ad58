"""The Evaluate tab in Chromium: a report survives a reload, can be downloaded and deleted."""

import json
import re

import pytest

pytest.importorskip("playwright.sync_api")  # the README says where they run

from playwright.sync_api import expect

from tests.browser.steps import assert_fits
from tests.browser.test_page import tab


def test_an_evaluation_survives_a_reload_and_its_report_can_be_deleted(visit, pairs_file, tmp_path):
    elsewhere = tmp_path / "online-A.txt"
    elsewhere.write_text(
        "".join(
            line.split("\t")[1] + "\n"
            for line in pairs_file.read_text(encoding="utf-8").splitlines()[1:]
        ),
        encoding="utf-8",
    )
    page = visit(width=400, scheme="dark")
    tab(page, "Evaluate")
    panel = page.locator("[role=tabpanel]:visible")
    panel.get_by_label("a file").check()
    panel.locator("input[type=file]").first.set_input_files(pairs_file)
    expect(panel.get_by_text("pairs.tsv").first).to_be_visible()
    panel.get_by_role("button", name="More").click()
    panel.locator("input[type=file][multiple]").first.set_input_files(elsewhere)
    expect(page.get_by_text("online-A").first).to_be_visible()
    lines = len(elsewhere.read_text(encoding="utf-8").splitlines())
    scores = tmp_path / "MQM.tsv"
    scores.write_text("base\tonline-A\n" + lines * "3\t1.5\n", encoding="utf-8")
    panel.locator("input[type=file][multiple]").last.set_input_files(scores)
    panel.get_by_role("checkbox", name="MQM").check()
    panel.get_by_role("button", name="Evaluate").click()
    expect(page.locator(".evaluation, .report").first).to_be_visible()
    page.reload()
    tab(page, "Evaluate")
    expect(page.locator(".report .verdict").first).to_have_text(
        re.compile("^online-A is better than the base: BLEU")
    )
    expect(page.locator(".report .verdict").last).to_have_text(
        re.compile(r"^By MQM, compared with base: online-A is better \(-1\.5000")
    )
    expect(page.get_by_label("Your evaluations")).to_have_value(
        re.compile("pairs.tsv: online-A .* done")
    )
    page.get_by_text("Intervals and tests").click()
    expect(page.locator(".report .intervals").first).to_be_visible()
    assert_fits(page, 400)
    with page.expect_download() as download:
        panel.get_by_role("button", name="Tables (Excel)").click()
    assert download.value.path().read_bytes().startswith(b"PK")
    with page.expect_download() as download:
        panel.get_by_role("button", name="Data (JSON)").click()
    assert (
        json.loads(download.value.path().read_text(encoding="utf-8"))["systems"][1]["name"]
        == "online-A"
    )
    sentences = page.locator(".report #s1, .report #s2, .report #s3")
    expect(sentences.first).not_to_be_visible()
    word = pairs_file.read_text(encoding="utf-8").splitlines()[2].split("\t")[0]
    panel.get_by_label("Search the sentences").fill(word)
    expect(page.locator(".report [role=status]")).to_have_text(re.compile("^[1-9].* found$"))
    expect(page.locator(".report #s2")).to_be_visible()
    panel.get_by_label("Search the sentences").fill("German")  # the label of every source
    expect(page.locator(".report [role=status]")).to_have_text("60 sentences found")
    expect(page.locator(".report details.sentences[open]")).to_have_count(1)
    panel.get_by_label("Search the sentences").fill("no sentence holds this")
    expect(page.locator(".report [role=status]")).to_have_text("0 sentences found")
    expect(page.locator(".report #s2")).not_to_be_visible()
    panel.get_by_role("button", name="Delete").click()
    panel.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("No evaluation yet.")).to_be_visible()
