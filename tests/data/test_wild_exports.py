"""Files as tools for translators, spreadsheets and scripts export them: further kinds of each."""

import json

import pytest

from lora_demo.data.readers.languages import language_of_code, language_of_column
from lora_demo.data.sources import load_dataset, read_local_pairs
from tests.data.test_readers import read_file, refusal, write
from tests.data.test_wild_tables import refusal as refusal_of_source

PAIRS = [("Ja, gern.", "Yes, please."), ("Wie geht's?", "How is it?")]
RECORDS = [{"de": de, "en": en} for de, en in PAIRS]


@pytest.mark.parametrize(("suffix", "separator"), [(".csv", ","), (".csv", ";"), (".tsv", "\t")])
def test_single_quotes_of_libreoffice_are_quotes_if_the_names_of_columns_have_them(
    tmp_path, suffix, separator
):
    rows = [["de", "en"], *([de.replace("'", "''"), en] for de, en in PAIRS)]
    text = "".join(separator.join(f"'{cell}'" for cell in row) + "\n" for row in rows)
    assert read_file(write(tmp_path, f"a{suffix}", f"\ufeff{text}")) == PAIRS


def test_a_space_before_a_quote_is_named_in_a_row_that_is_too_wide(tmp_path):
    rows = 'de, en\nJa, Yes\n"Ja, gern", "Yes, please"\n'
    assert read_file(write(tmp_path, "a.csv", rows)) == [("Ja", "Yes"), ("Ja, gern", "Yes, please")]
    path = write(tmp_path, "a.csv", f"{rows}Nein, No, None\n")
    assert refusal(path).endswith("Remove the spaces between separators and quotes.")


@pytest.mark.parametrize(
    ("names", "language"),
    [
        ("germanText deTranslation GermanSentence german(de-DE) Quelltext_de deDE", "de"),
        ("englishText enTranslation EnglishSentence english(en-US) Zieltext_en enUS", "en"),
        ("texteDeux deposit englishness enTitle germaniumText deEn", None),
    ],
)
def test_names_of_columns_are_known_in_spellings_of_code(names, language):
    found = {name: language_of_column(name) for name in names.split()}
    assert found == dict.fromkeys(names.split(), language)


def test_codes_of_languages_may_have_an_encoding_or_a_variant():
    codes = ("de.UTF-8", "de_DE.UTF-8@euro", "de@formal", "de-1996")
    assert {language_of_code(code) for code in codes} == {"de"}


@pytest.mark.parametrize("suffix", [".json", ".jsonl", ".ndjson"])
@pytest.mark.parametrize(
    "text",
    [
        "".join(json.dumps(record, indent=2) + "\n" for record in RECORDS),
        json.dumps(RECORDS),
        "\r\n".join(map(json.dumps, RECORDS)),
    ],
)
def test_json_is_read_in_each_form_whatever_its_suffix(tmp_path, suffix, text):
    assert read_file(write(tmp_path, f"a{suffix}", text)) == PAIRS


@pytest.mark.parametrize("indent", [None, 1])
def test_an_array_under_the_key_translation_is_read(tmp_path, indent):
    text = json.dumps({"version": 2, "translation": RECORDS}, indent=indent)
    assert read_file(write(tmp_path, "a.json", text)) == PAIRS


@pytest.mark.parametrize("suffix", [".json", ".jsonl"])
def test_a_record_with_two_values_of_one_name_is_refused_with_its_line(tmp_path, suffix):
    text = '{"de": "a", "en": "b"}\n{"de": "c", "de": "d", "en": "e"}\n'
    message = refusal(write(tmp_path, f"a{suffix}", text))
    assert "line 2 has two columns named 'de'" in message


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("a.tar.gz", "Unpack it"),
        ("a.gz", "such as pairs.tsv.gz"),
        ("a.arrow", "Save it as .parquet"),
        ("a.pq", "Rename it to .parquet"),
        ("a.pot", "Use a .po file"),
        ("a.mqxlz", "Unpack it"),
        ("a.mxliff", "Export it as .tmx"),
    ],
)
def test_further_formats_are_refused_with_the_way_to_use_them(tmp_path, name, advice):
    assert advice in refusal(write(tmp_path, name, b"x"))


SDLXLIFF = """<?xml version="1.0" encoding="utf-8"?>
<xliff xmlns:sdl="http://sdl.com/FileTypes/SdlXliff/1.0"
 xmlns="urn:oasis:names:tc:xliff:document:1.2" version="1.2" sdl:version="1.0">
<file original="a.docx" source-language="de-DE" target-language="en-GB" datatype="x-sdl">
<header><reference><internal-file form="base64">{document}</internal-file></reference></header>
<body>{units}</body></file></xliff>
"""
UNIT = """<trans-unit id="1"{attributes}><source>{de}</source>
<seg-source><mrk mtype="seg" mid="1">{de}</mrk></seg-source>
<target><mrk mtype="seg" mid="1">{en}</mrk></target></trans-unit>"""


def test_a_trados_file_with_a_large_document_in_it_is_read(tmp_path):
    unit = UNIT.format(attributes="", de="Ja.", en="Yes.")
    text = SDLXLIFF.format(document="QUJD" * 3_000_000, units=unit)
    assert read_file(write(tmp_path, "a.sdlxliff", text)) == [("Ja.", "Yes.")]


def test_text_that_a_tracked_change_has_deleted_is_not_read(tmp_path):
    english = (
        'Yes <mrk mtype="x-sdl-deleted" sdl:revid="a">not <g id="1">at all</g> </mrk>'
        '<mrk mtype="x-sdl-added" sdl:revid="b">indeed</mrk><mrk mtype="x-sdl-location"/>.'
    )
    unit = UNIT.format(attributes="", de='Ja <mrk mtype="x-sdl-comment">doch</mrk>.', en=english)
    path = write(tmp_path, "a.sdlxliff", SDLXLIFF.format(document="", units=unit))
    assert read_file(path) == [("Ja doch.", "Yes indeed.")]


@pytest.mark.parametrize("around", ["unit", "group", "file"])
def test_units_that_are_not_to_be_translated_are_left_out(tmp_path, around):
    locked = ' translate="no"'
    first = UNIT.format(attributes=locked if around == "unit" else "", de="Nr", en="Nr")
    second = UNIT.format(attributes=' translate="yes"', de="Ja.", en="Yes.")
    units = f"<group{locked if around == 'group' else ''}>{first}</group>{second}"
    text = SDLXLIFF.format(document="", units=units)
    if around == "file":
        text = text.replace("<file ", f"<file{locked} ")
    assert read_file(write(tmp_path, "a.xlf", text)) == [("Ja.", "Yes.")]


def test_a_unit_of_xml_with_a_very_long_text_is_refused_with_its_line(tmp_path):
    unit = UNIT.format(attributes="", de="Ja.", en="x" * 12_000_000)
    text = SDLXLIFF.format(document="", units=f"\n{unit}")
    assert "line 7: a unit has over 1,000,000 characters" in refusal(write(tmp_path, "a.xlf", text))


def test_a_code_of_half_a_character_gives_no_text(tmp_path):
    unit = '<unit id="1"><segment><source>A<cp hex="D800"/>B</source><target>C</target></segment>'
    text = f'<xliff srcLang="de" trgLang="en"><file id="f">{unit}</unit></file></xliff>'
    assert read_file(write(tmp_path, "a.xlf", text)) == [("AB", "C")]


@pytest.mark.parametrize(
    ("equivalent", "expected"),
    [
        ("&#160;", "Ja Acme"),
        ("–", "Ja–Acme"),
        (" &#8211; die Firma ", "Ja – die Firma Acme"),
        ("name", "JaAcme"),
        ("INTERPOLATION", "JaAcme"),
        ("{{ name }}", "JaAcme"),
        ("&lt;b class='x'&gt;", "JaAcme"),
        ("&lt;br/&gt;", "Ja Acme"),
        ("**", "JaAcme"),
        ("base64:Jmx0Ow==", "JaAcme"),
    ],
)
def test_text_that_a_tag_stands_for_is_read_unless_it_is_code(tmp_path, equivalent, expected):
    tag = f'<x id="1" equiv-text="{equivalent}"/>'
    unit = UNIT.format(attributes="", de=f"Ja{tag}Acme", en="Yes")
    path = write(tmp_path, "a.xlf", SDLXLIFF.format(document="", units=unit))
    assert read_file(path) == [(expected, "Yes")]
    unit = f'<unit id="1"><segment><source>Ja<ph id="1" equiv="{equivalent}"/>Acme</source>'
    text = f'<xliff srcLang="de" trgLang="en"><file id="f">{unit}<target>Yes</target></segment>'
    path = write(tmp_path, "b.xlf", f"{text}</unit></file></xliff>")
    assert read_file(path) == [(expected, "Yes")]


def test_a_line_break_of_angular_separates_words(tmp_path):
    tag = '<ph id="0" equiv="LINE_BREAK" type="fmt" disp="&lt;br/&gt;"/>'
    unit = (
        f'<unit id="1"><segment><source>Ja{tag}Acme</source><target>Yes</target></segment></unit>'
    )
    text = f'<xliff srcLang="de" trgLang="en"><file id="f">{unit}</file></xliff>'
    assert read_file(write(tmp_path, "a.xlf", text)) == [("Ja Acme", "Yes")]


def test_one_file_cannot_be_both_languages(tmp_path):
    path = write(tmp_path, "a.txt", "Ja.\nNein.\n")
    with pytest.raises(ValueError, match=r"^a\.txt is given as the German and as the English"):
        load_dataset(f"{path},{path}")


def test_names_of_two_files_of_lines_may_have_commas_and_a_missing_one_is_named(tmp_path):
    german = write(tmp_path, "a,b.de.gz", "Ja.\n")
    english = write(tmp_path, "a,b.en", "Yes.\n")
    assert read_local_pairs(f"{english}, {german}") == [("Ja.", "Yes.")]
    english.unlink()
    other = write(tmp_path, "b.de", "Ja.\n")
    assert "The file 'x.en' was not found." in refusal_of_source(f"{other},{tmp_path / 'x.en'}")


def test_the_address_of_a_data_set_gives_its_name(tmp_path):
    for end in ("", "/viewer/de-en", "?row=1"):
        message = refusal_of_source(f"https://huggingface.co/datasets/wmt/wmt16{end}")
        assert "such as wmt/wmt16:de-en:train." in message
    assert "is empty" in refusal_of_source(" ")
