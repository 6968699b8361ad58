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


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".parquet"])
@pytest.mark.parametrize("name", ["translations", "pair", "text"])
def test_texts_in_a_record_of_another_name_are_read(tmp_path, suffix, name):
    records = [{"id": i, name: record, "url": "x"} for i, record in enumerate(RECORDS)]
    about = {"speaker": {"de": "Herr A", "en": "Mr A"}, "scores": {"a": "b"}}
    for further in ({}, about):
        path = store(tmp_path, suffix, [record | further for record in records])
        assert read_file(path) == PAIRS
    second = {"title": {"de": "Titel", "en": "Title"}}
    path = store(tmp_path, suffix, [record | second for record in records])
    assert "no columns for de and en" in refusal(path)


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".parquet"])
def test_a_record_inside_does_not_count_beside_columns_or_if_it_is_no_text(tmp_path, suffix):
    inner = {"de": "x", "en": "y"}
    records = [record | {"old": inner} for record in RECORDS]
    assert read_file(store(tmp_path, suffix, records)) == PAIRS
    assert "no columns" in refusal(store(tmp_path, suffix, [{"url": inner}]))
    assert "is a number" in refusal(store(tmp_path, suffix, [{"pair": {"de": 1, "en": 2}}]))


def store(tmp_path, suffix, records):
    path = tmp_path / f"a{suffix}"
    if suffix == ".parquet":
        pyarrow = pytest.importorskip("pyarrow")
        from pyarrow import parquet

        parquet.write_table(pyarrow.Table.from_pylist(records), path)
    else:
        text = json.dumps(records) if suffix == ".json" else "\n".join(map(json.dumps, records))
        path.write_text(text)
    return path
