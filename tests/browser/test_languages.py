"""The page in other languages in Chromium: the switch, and a language that shows unmarked text."""

import re

import pytest

pytest.importorskip("playwright.sync_api")  # the README says where they run

from playwright.sync_api import Page, expect

from lora_demo.language import in_language
from lora_demo.web.scripts import GRADIO_LABELS, localised

TABS = ("compare", "train", "evaluate", "parameters", "adapters", "learn")
UNMARKED = """
() => {
  // The visible texts that are outside of ⟦ ⟧, in the order of the page.
  const found = [];
  const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  let depth = 0;
  while (walker.nextNode()) {
    const {data, parentElement: parent} = walker.currentNode;
    const outside = data.split('').filter((letter) => {
      depth += letter === '⟦' ? 1 : letter === '⟧' ? -1 : 0;
      return depth === 0 && letter !== '⟧';
    }).join('').trim();
    const isQuoted = parent.closest('[lang=de], [lang=en], code, pre, .languages, style, script');
    if (outside && !isQuoted && parent.checkVisibility()) found.push(outside);
  }
  return found;
}
"""
NAMES = {
    *("q", "k", "v", "o", "wi", "wi_0", "wi_1", "wo", "r", "d", "in", "out", "d_in", "d_out"),
    *("n", "p", "A", "B", "W", "BA", "AB", "sBA", "s", "h", "min", "mini", "base", "x"),
    *("kB", "MB", "GB", "M", "k", "G", "CPU", "AdamW", "chrF", "chrF2", "BLEU", "TER", "LoRA"),
    *("DoRA", "rsLoRA", "PEFT", "float32", "bfloat16", "auto", "lora", "pissa", "olora"),
    *("attention", "all-linear", "weather", "recipes", "general", "everyday"),
    *("Hugging", "Face", "Jobs"),
}
"""Names and units that are the same in every language."""
OTHER_NAME = re.compile(r"(google/|flan-t5|FLAN-T5|adapter|tiny|general|builtin)\S*")
WORD = re.compile(r"[^\W\d_][\w./-]*")


def is_name(text: str) -> bool:
    return all(word in NAMES or OTHER_NAME.fullmatch(word) for word in WORD.findall(text))


def open_tab(page: Page, id: str) -> None:
    page.locator(f'[role=tab][data-tab-id="{id}"]').locator("visible=true").first.click()


def test_no_visible_text_of_a_tab_is_unmarked(visit):
    page = visit(query="?lang=qps")
    unmarked = {}
    for id in TABS:
        open_tab(page, id)
        for _attempt in range(20):  # while an answer is awaited, Gradio shows words of its own
            page.wait_for_timeout(1500)
            texts = page.evaluate(UNMARKED)
            unmarked[id] = sorted({text for text in texts if not is_name(text)})
            if not unmarked[id]:
                break
    assert not any(unmarked.values()), unmarked


def test_the_switch_translates_the_page_keeps_the_address_and_is_remembered(visit, served):
    page = visit()
    page.goto(f"{served.url}/?lesson=rank")
    expect(page.get_by_role("tab", name="Learn")).to_have_attribute("aria-selected", "true")
    link = page.get_by_role("link", name="Deutsch")
    expect(link).to_have_attribute("href", re.compile("lesson=rank&lang=de"))
    link.click()
    page.wait_for_url(re.compile("lesson=rank&lang=de"))
    expect(page.locator("html")).to_have_attribute("lang", "de")
    page.goto(served.url)
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_role("link", name="Deutsch")).to_have_attribute("aria-current", "true")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("tab", name="Compare")).to_be_visible()


@pytest.mark.parametrize(
    ("language", "drop", "click", "api"),
    [
        ("de", "Datei hier ablegen", "Hochladen", "Über API verwenden"),
        ("vi", "Thả tệp vào đây", "Bấm để tải lên", "Dùng qua API"),
    ],
)
def test_gradios_own_texts_are_in_the_language_of_the_page(
    visit, served, language, drop, click, api
):
    page = visit()
    page.goto(f"{served.url}/?lang={language}")
    open_tab(page, "adapters")
    box = page.get_by_role("button").filter(has_text=drop).filter(visible=True)
    expect(box).to_contain_text(click)
    expect(page.get_by_role("button", name=api)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", language)


WIDGETS = """
<input aria-label="number input for Replay"><input aria-label="range slider for Replay">
<button aria-label="Reset to default value">x</button><button aria-label="Close">x</button>
<span class="min_value">0</span><span class="max_value">0.9</span><p>0.9 of 1.0</p>
<div class="toast-body"><span class="toast-title">Error</span><p>Error 1.5</p></div>
"""
"""Markup as Gradio makes it for a slider and an error."""


def test_labels_that_gradio_has_in_english_only_are_translated(chromium):
    page = chromium.new_page()
    page.set_content(WIDGETS)
    with in_language("de"):
        page.evaluate(localised(GRADIO_LABELS))
    for _time in range(2):
        expect(page.get_by_label("Replay: Zahl", exact=True)).to_be_visible()
        expect(page.get_by_label("Replay: Regler", exact=True)).to_be_visible()
        expect(page.get_by_label("Auf den Standardwert zurücksetzen")).to_be_visible()
        expect(page.get_by_label("Schließen")).to_be_visible()
        expect(page.locator(".max_value")).to_have_text("0,9")
        expect(page.locator("body > p")).to_have_text("0.9 of 1.0")
        expect(page.locator(".toast-title")).to_have_text("Fehler")
        expect(page.locator(".toast-body p")).to_have_text("Error 1.5")
        page.evaluate("html => { document.body.innerHTML = html; }", WIDGETS)  # made again


def test_times_of_a_running_call_get_the_comma_of_the_language(chromium):
    page = chromium.new_page()
    page.set_content('<div class="progress-text">0.1s</div>')
    tick = "document.querySelector('.progress-text').firstChild.data = '2.5/1.8s'"
    with in_language("vi"):
        page.evaluate(localised(GRADIO_LABELS))
    expect(page.locator(".progress-text")).to_have_text("0,1s")
    page.evaluate(tick)
    expect(page.locator(".progress-text")).to_have_text("2,5/1,8s")


def test_widgets_of_the_english_page_keep_their_labels(chromium):
    page = chromium.new_page()
    page.set_content(WIDGETS)
    page.evaluate(localised(GRADIO_LABELS))
    expect(page.locator(".max_value")).to_have_text("0.9")
    expect(page.get_by_label("Reset to default value")).to_be_visible()
    expect(page.get_by_label("number input for Replay")).to_be_visible()
