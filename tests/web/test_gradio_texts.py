"""Gradio's own texts: the names are those of its frontend, and every language gets them."""

from pathlib import Path

import gradio as gr
import pytest

from lora_demo.language import LANGUAGES, in_language
from lora_demo.web.gradio_texts import TEXTS, GradioTexts

ASSETS = Path(gr.__file__).parent / "templates" / "frontend" / "assets"


def test_the_english_texts_are_those_of_gradios_frontend():
    (core,) = ASSETS.glob("core-*.js")
    script = core.read_text(encoding="utf-8")
    assert "as changeLocale" in script
    for texts in TEXTS.values():
        for name, text in texts.items():
            assert f"{name}:`{text}`" in script


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_a_language_has_a_text_for_every_name(language):
    with in_language(language):
        texts = GradioTexts().translations_dict[language]
    assert {group: set(names) for group, names in texts.items()} == {
        group: set(names) for group, names in TEXTS.items()
    }
    assert "{position}" in texts["status"]["queue_position"]
    assert texts["upload_text"]["drop_file"] != TEXTS["upload_text"]["drop_file"]


def test_a_visitor_gets_texts_in_one_language_only():
    with in_language("de"):
        assert list(GradioTexts().translations_dict) == ["de"]
    assert GradioTexts().translations_dict == {}
