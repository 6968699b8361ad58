"""Promise: every text of the code is in both catalogues, with the same placeholders and tags."""

import ast

import polib
import pytest

from lora_demo.language import LANGUAGES
from lora_demo.language.update import MARKS, PACKAGE, marked_texts, problems, update

CODES = [code for code in LANGUAGES if code != "en"]


@pytest.mark.parametrize("code", CODES)
def test_a_catalogue_has_every_text_of_the_code_and_no_other(code):
    assert problems(code, marked_texts()) == []


def translated(tmp_path, text: str, translation: str) -> list[str]:
    """The problems of a catalogue with one text."""
    catalogue = polib.POFile()
    catalogue.append(polib.POEntry(msgid=text, msgstr=translation))
    catalogue.save(str(tmp_path / "de.po"))
    return problems("de", {(text,): ["x.py"]}, tmp_path)


def test_a_missing_text_and_a_broken_placeholder_are_found(tmp_path):
    assert translated(tmp_path, "<b>{n:,}</b> runs", "<b>{n:,}</b> Läufe") == []
    for wrong in ("", "<b>{m:,}</b>", "<b>{n}</b>", "{n:,} Läufe", "<b>{n:,</b>"):
        assert len(translated(tmp_path, "<b>{n:,}</b> runs", wrong)) == 1, wrong
    assert translated(tmp_path, "A [rank] of 4", "Ein [rank|Rang] von 4") == []
    assert len(translated(tmp_path, "A [rank] of 4", "Ein [Rang] von 4")) == 1
    missing, obsolete = problems("de", {("Stop",): ["x.py"]}, tmp_path)
    assert "obsolete" in missing + obsolete
    assert "not translated: 'Stop'" in (missing, obsolete)


def test_an_update_keeps_translations_and_adds_new_texts(tmp_path):
    translated(tmp_path, "Stop", "Anhalten")
    update("de", {("Stop",): ["a.py"], ("{n} run", "{n} runs"): ["b.py"]}, tmp_path)
    stop, runs = polib.pofile(str(tmp_path / "de.po"))
    assert (stop.msgstr, runs.msgid_plural) == ("Anhalten", "{n} runs")
    update("de", {}, tmp_path)
    assert len(polib.pofile(str(tmp_path / "de.po"))) == 0


def test_texts_are_found_in_python_and_scripts(tmp_path):
    (tmp_path / "a.py").write_text('_("Hello " "you")\nngettext("{n} run", "{n} runs", 2)\n_(x)')
    (tmp_path / "b.js").write_text("write(_('Copied'), _('It\\'s'));")
    assert list(marked_texts(tmp_path)) == [
        ("Hello you",),
        ("{n} run", "{n} runs"),
        ("Copied",),
        ("It's",),
    ]
    (tmp_path / "a.py").write_text('_(f"Hello {you}")')
    with pytest.raises(ValueError, match="needs a literal"):
        marked_texts(tmp_path)


def test_no_module_uses_the_name_of_the_mark_for_something_else():
    wrong = []
    for file in PACKAGE.rglob("*.py"):
        nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
        names = [node for node in nodes if isinstance(node, ast.Name) and node.id in MARKS]
        if any(isinstance(node.ctx, ast.Load) for node in names):
            wrong += [
                f"{file.name}:{node.lineno}" for node in names if isinstance(node.ctx, ast.Store)
            ]
    assert wrong == []
