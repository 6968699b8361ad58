"""The page in Chromium: open, translate, count, train, watch, stop, come back, stand in line."""

import re
import zipfile

import pytest

pytest.importorskip("playwright.sync_api")  # the README says where they run

from playwright.sync_api import Page, expect

from lora_demo.service.examples import EXAMPLES
from tests.browser.conftest import PATIENCE, end_app, free_port, start_app
from tests.browser.steps import assert_fits, choose, wait_until_still

SPARED = ["Start training", "Evaluate", "Use in Compare", "Set up three ranks in Train"]
"""Buttons that start something long or lead away from their tab."""
PRESS = """
(thing, spared) => {
  const isVisible = thing.isConnected && thing.checkVisibility({checkVisibilityCSS: true});
  const isReady = isVisible && !thing.matches(':disabled');
  if (isReady && !spared.includes(thing.innerText.trim())) thing.click();
}
"""


def tab(page: Page, name: str):
    page.get_by_role("tab", name=name).click()


def start_run(page: Page, file, steps: int):
    """Upload pairs and start a run of this number of steps."""
    tab(page, "Train")
    page.get_by_label("a file").check()
    page.get_by_role("tabpanel").locator("input[type=file]").first.set_input_files(file)
    expect(page.get_by_text("60 pairs")).to_be_visible()
    choose(page, "Unit of length", "steps")
    page.get_by_label("Length", exact=True).fill(str(steps))
    page.get_by_role("button", name="Start training").click()


def state(page: Page, *names: str):
    """Waits until the run that is shown is in one of these states."""
    expect(page.locator(".run")).to_have_attribute("data-state", re.compile("|".join(names)))


def test_the_page_opens_and_shows_when_the_model_is_ready(visit):
    page = visit()
    for name in ("Compare", "Train", "Parameters", "Adapters", "Learn"):
        expect(page.get_by_role("tab", name=name)).to_be_visible()
    expect(page.locator(".status[role=status]")).to_contain_text("ready")


def test_a_visitor_who_acts_before_the_first_answers_has_a_key(visit, pairs_file):
    held, acting = [], []
    page = visit(
        before=lambda page: page.route(
            "**/queue/join*", lambda route: route.continue_() if acting else held.append(route)
        )
    )
    while not held:
        page.wait_for_timeout(50)
    acting.append(True)
    tab(page, "Train")
    page.get_by_label("a file").check()
    page.get_by_role("tabpanel").locator("input[type=file]").first.set_input_files(pairs_file)
    expect(page.get_by_text("60 pairs")).to_be_visible()
    for route in held:
        route.continue_()


def test_translation_is_line_by_line_and_an_error_keeps_the_text(visit):
    page = visit()
    page.get_by_label("German").fill("Guten Morgen!\nIch <b>bin</b> müde.")
    page.get_by_role("button", name="Translate").click()
    expect(page.locator(".sentence")).to_have_count(2)
    expect(page.locator(".sentence .source").nth(1)).to_have_text("Ich <b>bin</b> müde.")
    expect(page.get_by_role("article", name="base")).to_have_count(2)
    page.get_by_label("German").fill("  ")
    page.get_by_role("button", name="Translate").click()
    expect(page.get_by_text("Type a German sentence first.")).to_be_visible()
    expect(page.locator(".sentence")).to_have_count(2)


def test_a_click_translates_an_example(visit):
    page = visit()
    for sentence, _ in (EXAMPLES[1], EXAMPLES[-1]):
        page.locator(".chips").get_by_text(sentence[:30]).click()
        expect(page.get_by_role("textbox", name="German")).to_have_value(sentence)
        expect(page.locator(".sentence .source")).to_have_text([sentence])


def test_every_button_is_answered(visit):
    page, failed = visit(), []

    def record_failure(response):
        if response.status >= 400:
            failed.append((response.status, response.url))

    page.on("response", record_failure)
    for name in ("Compare", "Train", "Evaluate", "Parameters", "Adapters", "Learn"):
        tab(page, name)
        for role in ("button", "radio", "checkbox"):
            things = page.get_by_role("tabpanel").get_by_role(role)
            for thing in things.element_handles():
                thing.evaluate(PRESS, SPARED)
        page.wait_for_timeout(1000)
    assert failed == []


def test_a_text_entered_during_a_translation_is_translated_next(visit):
    page = visit()
    for text in (
        "Guten Morgen!",
        "Ich bin sehr müde, und morgen regnet es.",
        "Wo ist der Bahnhof?",
    ):
        page.get_by_label("German").fill(text)
        page.get_by_role("button", name="Translate").click()
        page.wait_for_timeout(300)
    expect(page.locator(".sentence .source")).to_have_text(["Wo ist der Bahnhof?"])


def test_parameters_are_counted_exactly_and_the_lesson_is_shown(visit):
    page = visit()
    tab(page, "Parameters")
    choose(page, "Base model", "google/flan-t5-base")
    page.get_by_label("Adapted matrices").fill("q,v")
    page.get_by_label("Adapted matrices").press("Enter")
    for number in ("247,577,856", "442,368", "884,736", "1,769,472", "11.2 M"):
        expect(page.get_by_text(number).first).to_be_visible()
    page.get_by_role("button", name="r = 16").click()
    expect(page.get_by_text("r = 16 covers 72 of 216 matrices")).to_be_visible()
    page.get_by_role("button", name="full fine-tuning").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("trains all 216 matrices")).to_be_visible()
    page.get_by_label("Ranks").fill("4, x")
    page.get_by_label("Ranks").blur()
    expect(page.get_by_text("not a list of whole numbers")).to_be_visible()
    expect(page.get_by_text("247,577,856")).to_have_count(0)


def test_a_wrong_file_is_refused_in_a_sentence(visit, tmp_path):
    page = visit()
    tab(page, "Train")
    page.get_by_label("a file").check()
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("one column\nja\n")
    page.get_by_role("tabpanel").locator("input[type=file]").first.set_input_files(wrong)
    expect(page.get_by_text("has no columns for de and en")).to_be_visible()
    expect(page.get_by_text("Drop File Here").filter(visible=True)).to_have_count(1)


def test_training_shows_the_curve_and_its_adapter_translates(visit, pairs_file, tmp_path):
    page = visit()
    other = page.context.new_page()
    other.set_default_timeout(PATIENCE)
    other.goto(page.url)
    tab(other, "Train")
    start_run(page, pairs_file, 20)
    expect(page.locator(".stepper")).to_contain_text("Compile")
    state(page, "running", "done")
    state(other, "running", "done")
    other.close()
    expect(page.locator(".plot .dot").first).to_be_visible()
    expect(page.locator(".probes li").first).to_be_visible()
    expect(page.locator(".command code")).to_contain_text("python -m lora_demo train")
    state(page, "done")
    expect(page.locator(".verdict")).to_contain_text("chrF")
    page.reload()
    expect(page.get_by_role("tab", name="Train")).to_have_attribute("aria-selected", "true")
    state(page, "done")
    assert_starting_from_fixes_the_settings(page, "pairs-r8")
    page.get_by_role("button", name="Try it in Compare").click()
    expect(page.get_by_role("checkbox", name="pairs-r8")).to_be_checked()
    page.get_by_role("button", name="Translate").click()
    expect(page.get_by_role("article", name="pairs-r8")).to_be_visible()
    expect(page.get_by_role("group", name="Did pairs-r8 learn?")).to_contain_text("translation")
    page.get_by_role("button", name="Options").click()
    page.get_by_label("the base", exact=True).check()
    assert_its_rank_can_be_dragged(page, "pairs-r8")
    page.get_by_label("a reference").check()
    page.get_by_role("textbox", name="Reference").fill("Peel the onions.")
    page.get_by_role("textbox", name="Reference").blur()
    expect(page.get_by_role("article", name="pairs-r8")).to_contain_text("chrF2")
    page.get_by_label("range slider for Strength of pairs-r8").press("Home")
    page.get_by_role("button", name="Translate").click()
    expect(page.get_by_text("At strength 0, it equals the base.")).to_be_visible()
    tab(page, "Adapters")
    page.get_by_role("button", name=re.compile("pairs-r8")).click()
    expect(page.locator(".heat td").first).to_be_visible()
    page.get_by_role("button", name="Reduce its rank").click()
    page.get_by_role("button", name="Reduce", exact=True).click()
    expect(page.get_by_role("heading", name="pairs-r8-to-r4")).to_be_visible()
    page.get_by_role("button", name="Use in Compare").click()
    expect(page.get_by_role("checkbox", name="pairs-r8-to-r4")).to_be_checked()
    tab(page, "Adapters")
    page.get_by_role("button", name=re.compile("pairs-r8 ")).click()
    expect(page.get_by_role("heading", name="pairs-r8", exact=True)).to_be_visible()
    with page.expect_download() as download:
        page.get_by_text("Download zip").click()
    download.value.save_as(tmp_path / "adapter.zip")
    assert (
        "pairs-r8/adapter_model.safetensors" in zipfile.ZipFile(tmp_path / "adapter.zip").namelist()
    )
    page.get_by_role("tabpanel").locator("input[type=file]").last.set_input_files(
        tmp_path / "adapter.zip"
    )
    expect(page.locator(".card .origin", has_text="uploaded")).to_be_visible()


def assert_its_rank_can_be_dragged(page, adapter: str):
    """Assert that at rank 0 the adapter's card shows the base's translation, and says so."""
    page.get_by_role("button", name=f"Drag the rank of {adapter}").click()
    card = page.get_by_role("article", name=adapter)
    slider = card.get_by_role("slider", name=f"Rank of {adapter}")
    slider.press("Home")
    expect(card.locator(".ladder")).to_contain_text("The base, without the adapter.")
    base = page.get_by_role("article", name="base").locator(".text").inner_text()
    expect(card.locator(".text")).to_have_text(base)
    expect(card.locator("footer")).to_contain_text("same as base")
    expect(card.locator("[data-copy]")).to_have_attribute("data-copy", base)
    slider.press("ArrowRight")
    expect(card.locator("output")).to_have_text("1")


def assert_starting_from_fixes_the_settings(page, adapter: str):
    """Assert that a start shows and fixes its rank and turns replay on; a new one frees it."""
    rank = page.get_by_label("Rank", exact=True)
    for name, replay in ((adapter, "0.5"), ("a new adapter", "0")):
        choose(page, "Start from", name, exact=True)
        expect(page.get_by_label("number input for Replay")).to_have_value(replay)
        expect(rank).to_have_value("8")
        expect(rank).to_be_disabled() if name == adapter else expect(rank).to_be_enabled()


def test_the_second_run_waits_and_a_stopped_run_is_kept(visit, pairs_file):
    first, second = visit(), visit()
    start_run(first, pairs_file, 100_000)
    state(first, "running")
    start_run(second, pairs_file, 5)
    expect(second.get_by_text("Next in the queue")).to_be_visible()
    second.get_by_role("button", name="Leave the queue").click()
    expect(second.get_by_text("No run yet.")).to_be_visible()
    expect(first.locator(".figures")).to_contain_text("of 100,000")
    first.reload()
    tab(first, "Train")
    state(first, "running")
    first.get_by_role("button", name="Stop").click()
    state(first, "stopped")
    expect(first.get_by_role("button", name="Resume")).to_be_enabled()
    first.get_by_role("button", name="Delete", exact=True).first.click()
    first.get_by_role("button", name="Delete for good").click()
    expect(first.get_by_text("No run yet.")).to_be_visible()


def test_a_sweep_survives_a_killed_app_and_its_runs_are_compared(
    chromium, tiny_base, pairs_file, tmp_path
):
    port = free_port()
    process, served = start_app(tiny_base, tmp_path / "runs", port)
    try:
        browser = chromium.new_context()
        browser.set_default_timeout(PATIENCE)
        page = browser.new_page()
        page.goto(served.url)
        tab(page, "Train")
        page.get_by_label("rank sweep").check()
        expect(page.get_by_label("Rank", exact=True)).to_have_value("4, 8, 16")
        start_run(page, pairs_file, 400)
        expect(page.locator(".comparison")).to_contain_text("waiting")
        expect(page.locator(".run .plot .dot").first).to_be_visible(timeout=5 * PATIENCE)
        page.close()
        process.kill()
        process.wait()
        process, served = start_app(tiny_base, tmp_path / "runs", port)
        page = browser.new_page()
        page.goto(served.url)
        state(page, "waiting", "starting", "running")
        expect(page.locator(".comparison .plot .dot.c1").first).to_be_visible(timeout=5 * PATIENCE)
        expect(page.locator(".comparison tbody tr")).to_have_count(3)
        browser.close()
    finally:
        end_app(process)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_phone(visit, scheme):
    page = visit(width=390, scheme=scheme)
    for name in ("Compare", "Train", "Parameters", "Adapters", "Learn"):
        tab(page, name)
        wait_until_still(page)
        assert_fits(page, 390)


def lasting_violations(axe, page: Page) -> list[tuple[str, str]]:
    """Rule and element of each violation; colours that fade in or out are looked at again."""
    for _attempt in range(5):
        wait_until_still(page)
        found = axe.run(page).response
        assert len(found["passes"]) > 20
        violations = [(v["id"], v["nodes"][0]["html"][:200]) for v in found["violations"]]
        if not violations:
            break
        page.wait_for_timeout(2000)
    return violations


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_on_any_tab(visit, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = visit(scheme=scheme)
    page.get_by_role("button", name="Translate").click()
    expect(page.get_by_role("article", name="base")).to_be_visible()
    for name in ("Compare", "Train", "Evaluate", "Parameters", "Adapters", "Learn"):
        tab(page, name)
        assert lasting_violations(axe, page) == [], name
