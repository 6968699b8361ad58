"""Exports of data sets and programs that keep a pair in another form than two plain columns."""

import csv
import io
import json

import pytest

from lora_demo.data.skipped import SkippedRows
from lora_demo.data.sources import read_local_pairs
from tests.data.test_readers import read_file, refusal, write

PAIRS = [("Wie geht's?", 'He said: "Yes"'), ("Nein, so\\nicht", "No 😀")]
RECORDS = [{"de": de, "en": en} for de, en in PAIRS]


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
@pytest.mark.parametrize("show", [str, json.dumps])
def test_a_column_of_records_is_read_as_datasets_writes_it(tmp_path, name, show):
    text = io.StringIO()
    table = csv.writer(text, delimiter="," if name == "a.csv" else "\t")
    table.writerows([("id", "translation"), *((i, show(r)) for i, r in enumerate(RECORDS))])
    table.writerow((2, show({"de": "Ja", "en": None})))
    skipped = SkippedRows()
    path = write(tmp_path, name, text.getvalue())
    assert read_local_pairs(str(path), skipped=skipped) == PAIRS and skipped.empty == [4]


def test_a_column_translation_without_records_in_both_languages_is_refused(tmp_path):
    assert "It has 'text, translation'" in refusal(
        write(tmp_path, "a.csv", "text,translation\nJa,Yes\n")
    )
    other = "translation\n\"{'de': 'Ja', 'fr': 'Oui'}\"\n"
    assert "line 2 has no columns for de and en. It has 'de, fr'" in refusal(
        write(tmp_path, "b.csv", other)
    )
    code = "translation\n\"{'de': __import__('os'), 'en': 'x'}\"\n"
    assert "no columns for de and en" in refusal(write(tmp_path, "c.csv", code))


def test_texts_by_key_are_joined_by_their_keys(tmp_path):
    document = {"de": {"no": "Nein", "yes": "Ja"}, "en": {"yes": "Yes", "no": "No"}}
    path = write(tmp_path, "a.json", json.dumps(document))
    assert read_file(path) == [("Nein", "No"), ("Ja", "Yes")]
    del document["en"]["no"]
    assert "different lengths or rows" in refusal(write(tmp_path, "b.json", json.dumps(document)))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.tsv", "de,en\nJa,Yes\n"),
        ("a.csv", '"de,en"\n"Ja,Yes"\n'),
        ("a.jsonl", '{"messages": [{"role": "user", "content": "Ja"}]}\n'),
    ],
)
def test_a_file_with_one_column_is_not_told_to_rename_two(tmp_path, name, text):
    message = refusal(write(tmp_path, name, text))
    assert "Each row needs de and en; a .tsv file has tabs" in message


def test_the_last_mark_of_dos_is_no_row(tmp_path):
    assert read_file(write(tmp_path, "a.csv", "de,en\nJa,Yes\n\x1a")) == [("Ja", "Yes")]


def test_bytes_that_gettext_escapes_are_read_as_characters(tmp_path):
    header = 'msgid ""\nmsgstr "Language: de\\nContent-Type: text/plain; charset=UTF-8\\n"\n\n'
    entry = 'msgid "for \\\\303"\nmsgstr "f\\303\\274r \\342\\200\\236x\\042 \\303"\n'
    path = write(tmp_path, "a.po", header + entry)
    assert read_file(path) == [("für „x\\042 \\303", "for \\303")]


UNIT = "<tu><tuv xml:lang='de'><seg>{}</seg></tuv><tuv xml:lang='en'><seg>Yes</seg></tuv></tu>"


@pytest.mark.parametrize(
    ("german", "expected"),
    [
        ("&amp;quot;Ja&amp;quot; &amp;amp; gern", '"Ja" & gern'),
        ("<![CDATA[<p>Ja&nbsp;&#8211; &uuml;ber</p>]]>", "Ja – über"),
        ("F&amp;E; AT&amp;T &amp;foo;", "F&E; AT&T &foo;"),
    ],
)
def test_characters_that_are_written_as_in_html_are_read(tmp_path, german, expected):
    path = write(tmp_path, "a.tmx", f"<tmx><body>{UNIT.format(german)}</body></tmx>")
    assert read_file(path) == [(expected, "Yes")]


def test_utf_8_that_declares_utf_16_as_net_writes_it_is_read(tmp_path):
    text = f'<?xml version="1.0" encoding="utf-16"?>\n<tmx><body>{UNIT.format("Jä")}</body></tmx>'
    for content in (text.encode(), text.encode("utf-8-sig"), text.encode("utf-16")):
        assert read_file(write(tmp_path, "a.tmx", content)) == [("Jä", "Yes")]


def test_a_line_break_that_xliff_2_keeps_apart_separates_words(tmp_path):
    data = '<originalData><data id="d">&lt;br/&gt;</data></originalData>'
    texts = '<source>Ja<ph id="1" dataRef="d"/>so</source><target>Yes</target>'
    unit = f'<unit id="u">{data}<segment>{texts}</segment></unit>'
    text = f'<xliff srcLang="de" trgLang="en"><file id="f">{unit}</file></xliff>'
    assert read_file(write(tmp_path, "a.xlf", text)) == [("Ja so", "Yes")]
