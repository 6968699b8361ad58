"""`lora_demo.language`: texts and numbers in the reader's language."""

import polib
import pytest

from lora_demo import language
from lora_demo.language import (
    LANGUAGES,
    N_,
    PSEUDO,
    _,
    current_language,
    format_number,
    format_numbers,
    in_language,
    ngettext,
    set_language,
)
from lora_demo.model.lora_config import LoraConfig


@pytest.fixture
def catalogues(tmp_path, monkeypatch):
    """Two catalogues with a few texts."""
    for code, step, words in (
        ("de", "Schritt {step} von {total:,}", {0: "{count} Wort", 1: "{count:,} Wörter"}),
        ("vi", "Bước {step} trên {total:,}", {0: "{count:,} từ"}),
    ):
        catalogue = polib.POFile()
        catalogue.append(polib.POEntry(msgid="Step {step} of {total:,}", msgstr=step))
        catalogue.append(
            polib.POEntry(
                msgid="{count:,} word", msgid_plural="{count:,} words", msgstr_plural=words
            )
        )
        catalogue.save(str(tmp_path / f"{code}.po"))
    monkeypatch.setattr(language, "FOLDER", tmp_path)
    language.catalogue.cache_clear()
    yield
    language.catalogue.cache_clear()


def words(count: int) -> str:
    return ngettext("{count:,} word", "{count:,} words", count)


def test_english_is_the_text_itself():
    assert current_language() == "en"
    assert _("Step {step} of {total:,}", step=3, total=2000) == "Step 3 of 2,000"
    assert _("Step {step}") == "Step {step}"
    assert [words(0), words(1), words(1200)] == ["0 words", "1 word", "1,200 words"]
    assert N_("Stop") == "Stop"


@pytest.mark.usefixtures("catalogues")
def test_texts_and_numbers_come_in_the_language():
    with in_language("de"):
        assert _("Step {step} of {total:,}", step=3, total=2000) == "Schritt 3 von 2.000"
        assert [words(0), words(1), words(1200)] == ["0 Wörter", "1 Wort", "1.200 Wörter"]
    with in_language("vi"):
        assert _("Step {step} of {total:,}", step=3, total=2000) == "Bước 3 trên 2.000"
        assert [words(0), words(1), words(1200)] == ["0 từ", "1 từ", "1.200 từ"]
    assert current_language() == "en"


@pytest.mark.usefixtures("catalogues")
def test_a_text_without_a_translation_is_english():
    with in_language("de"):
        assert _("Stop") == "Stop"
        assert _("{share:.1%} done", share=0.125) == "12,5\u00a0% done"
        assert ngettext("{count} run", "{count} runs", 2) == "2 runs"


def test_numbers_have_the_separators_of_the_language():
    assert format_number(1234.5, ",.2f") == "1,234.50"
    with in_language("de"):
        assert format_number(1234.5, ",.2f") == "1.234,50"
        assert format_number(0.125, ".1%") == "12,5\u00a0%"
    with in_language("vi"):
        assert format_number(1234.5, ",.2f") == "1.234,50"
        assert format_number(0.125, ".1%") == "12,5%"


def test_a_list_of_numbers_is_no_row_of_decimal_commas():
    assert format_numbers([2.8, 16]) == "2.8, 16"
    for code in ("de", "vi"):
        with in_language(code):
            assert format_numbers([2.8, 5600.25], ",.1f") == "2,8; 5.600,2"


def test_a_quoted_text_keeps_its_points():
    with in_language("de"):
        assert _("{name!r} is {version}", name="1.5", version="0.1") == "'1.5' is 0.1"


def test_the_test_language_puts_every_text_in_brackets():
    with in_language(PSEUDO):
        assert _("Step {step}", step=3) == "⟦Step 3⟧"
        assert words(2) == "⟦2 words⟧"


def test_an_unknown_language_means_english():
    with in_language("de"):
        set_language("xx")
        assert current_language() == "en"


def test_errors_of_the_model_are_in_the_readers_language():
    """The model imports nothing of the package; the catalogues are installed into it."""
    texts = {}
    for code in LANGUAGES:
        with in_language(code), pytest.raises(ValueError, match="r = 0") as error:
            LoraConfig(0, 4.0)
        texts[code] = str(error.value)
    assert texts["en"].startswith("LoRA settings: r = 0")
    assert len(set(texts.values())) == 3
