"""The page in other languages in Chromium: the switch, and a language that shows unmarked text."""

import re

import pytest

pytest.importorskip("playwright.sync_api")  # the README says where they run

from playwright.sync_api import Page, expect

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


def test_no_visible_text_of_a_tab_is_unmarked(visit, served):
    page = visit()
    page.goto(f"{served.url}/?lang=qps")
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
