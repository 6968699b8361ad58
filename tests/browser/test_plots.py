"""The script of plots in Chromium: values by pointer and keys, curves on and off, saved files."""

import re

import pytest

pytest.importorskip("playwright.sync_api")  # the README says where they run

from playwright.sync_api import expect

from lora_demo.language import in_language
from lora_demo.web.scripts import PLOTS
from lora_demo.web.theme import CSS
from lora_demo.web.views.plots import Series, plot

CURVES = [
    Series("train loss", [(step, 3 - step / 10) for step in range(1, 11)], "train"),
    Series("eval loss", [(0, 3.0), (5, 2.5), (10, 2.25)], "eval", dots=True),
]


@pytest.fixture
def page(chromium):
    page = chromium.new_page(viewport={"width": 700, "height": 400})
    style = "".join(file.read_text(encoding="utf-8") for file in CSS)
    figure = plot("Loss", CURVES, x_end=10, best=10, unit="per token")
    page.set_content(f'<html lang="en"><style>{style}</style><body>{figure}</body></html>')
    page.evaluate(PLOTS)
    yield page
    page.close()


def test_values_at_a_step_are_read_by_pointer_and_by_arrow_keys(page):
    reader = page.get_by_role("slider", name="Values of Loss at a step")
    box = reader.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    expect(reader).to_have_attribute("data-text", "step 5\ntrain loss 2.5\neval loss 2.5")
    page.mouse.move(0, 0)
    expect(reader).not_to_have_attribute("data-text", re.compile("."))
    reader.press("End")
    reader.press("ArrowLeft")
    expect(reader).to_have_attribute("aria-valuetext", "step 9, train loss 2.1, eval loss 2.5")


def test_a_curve_is_switched_off_and_stays_off_when_the_plot_is_drawn_again(page):
    key = page.get_by_role("button", name="train loss")
    key.click()
    expect(key).to_have_attribute("aria-pressed", "false")
    expect(page.locator("polyline[data-curve='0']")).to_be_hidden()
    page.evaluate("document.body.innerHTML = document.body.innerHTML.replaceAll('none', '')")
    expect(key).to_have_attribute("aria-pressed", "false")
    reader = page.get_by_role("slider")
    reader.press("Home")
    expect(reader).to_have_attribute("aria-valuetext", "step 0, eval loss 3")


@pytest.mark.parametrize(
    ("kind", "begin"),
    [("CSV", b'curve,step,value\n"train'), ("SVG", b"<svg "), ("PNG", b"\x89PNG")],
)
def test_a_plot_is_saved(page, tmp_path, kind, begin):
    with page.expect_download() as download:
        page.get_by_role("button", name=kind).click()
    assert download.value.suggested_filename == f"loss.{kind.lower()}"
    download.value.save_as(tmp_path / "plot")
    assert (tmp_path / "plot").read_bytes().startswith(begin)


def test_small_values_and_late_steps_are_read_with_all_their_digits(chromium):
    page = chromium.new_page(viewport={"width": 700, "height": 400})
    rates = [Series("Rate", [(1, 0.002), (12345, 0.00025)], "train")]
    page.set_content(f'<html lang="de"><body>{plot("Rate", rates, x_end=12345)}</body></html>')
    page.evaluate(PLOTS)
    reader = page.get_by_role("slider")
    reader.press("End")
    expect(reader).to_have_attribute("aria-valuetext", "step 12.345, Rate 0,00025")


def test_a_saved_table_has_the_same_columns_in_every_language(chromium, tmp_path):
    page = chromium.new_page(viewport={"width": 700, "height": 400})
    with in_language("de"):
        figure = plot("Loss", CURVES, x_end=10)
    page.set_content(f'<html lang="de"><body>{figure}</body></html>')
    page.evaluate(PLOTS)
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    download.value.save_as(tmp_path / "plot")
    assert (tmp_path / "plot").read_bytes().startswith(b'curve,step,value\n"train loss",1,2.9')
