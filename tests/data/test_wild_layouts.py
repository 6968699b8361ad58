"""Layouts of tables that programs write: formulas, comments, names of rows, spaces, marks."""

import gzip
import json

import pytest

from lora_demo.cli.translate_files import read_texts
from lora_demo.data.lines import read_lines
from lora_demo.data.pairs import read_file
from lora_demo.data.sources import load_test

PAIRS = [("Ja, bitte.", "Yes, please."), ('Er ruft "Halt".', 'He calls "Stop".')]


def write(tmp_path, name, text):
    path = tmp_path / name
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", '="de";="en"\n="Ja, bitte.";="Yes, please."\n'),
        ("a.csv", 'de,en\n"=""Ja, bitte.""","=""Yes, please."""\n'),
        ("a.tsv", 'de\ten\n="Ja, bitte."\t="Yes, please."\n'),
    ],
)
def test_formulas_around_texts_are_removed(tmp_path, name, text):
    assert read_file(write(tmp_path, name, text)) == PAIRS[:1]


def test_quotes_in_formulas_are_read_and_other_equals_signs_are_text(tmp_path):
    rows = '="Er ruft ""Halt""."\t="He calls ""Stop""."\n= 5\t="x" + 1\n'
    expected = [PAIRS[1], ("= 5", '="x" + 1')]
    assert read_file(write(tmp_path, "a.tsv", f"de\ten\n{rows}")) == expected


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.tsv", "# from 2020\n# by me\nde\ten\nJa, bitte.\tYes, please.\n"),
        ("a.csv", "#made, by, me\n\nde;en\nJa, bitte.;Yes, please.\n"),
        ("a.tsv", "#separator:tab\n#columns:German\tEnglish\tTags\nJa, bitte.\tYes, please.\t\n"),
        ("a.tsv", "#de\ten\nJa, bitte.\tYes, please.\n"),
    ],
)
def test_comments_above_the_names_of_columns_are_skipped(tmp_path, name, text):
    assert read_file(write(tmp_path, name, text)) == PAIRS[:1]


def test_a_first_line_with_a_number_sign_stays_where_no_other_names_the_columns(tmp_path):
    path = write(tmp_path, "a.csv", "#,first,second\n1,Ja.,Yes.\n")
    assert read_file(path, columns="de=first,en=second") == [("Ja.", "Yes.")]
    with pytest.raises(ValueError, match="'#, first, second'"):
        read_file(path)


@pytest.mark.parametrize("separator", ["\t", ","])
def test_numbers_of_rows_without_a_name_are_skipped_as_in_r(tmp_path, separator):
    name = "a.tsv" if separator == "\t" else "a.csv"
    rows = ['"de" "en"', '"1" "Ja" "Yes"', '"12" "Nein" "No"']
    path = write(tmp_path, name, "\n".join(rows).replace(" ", separator))
    assert read_file(path) == [("Ja", "Yes"), ("Nein", "No")]


def test_a_decimal_comma_is_no_number_of_a_row(tmp_path):
    path = write(tmp_path, "a.csv", "de,en\n3,5 Liter,3.5 litres\nJa,Yes\n")
    with pytest.raises(ValueError, match="line 2: the line has 3 columns"):
        read_file(path)


@pytest.mark.parametrize(
    "text",
    [
        '"de", "en"\n"Ja.", "Yes."\nGut., Good.\n',
        'de, en\n"Ja.", "Yes."\n"Gut.",  "Good."\n',
        'de, en\n"Ja.", "Yes."\nGut., "Good."\n',
    ],
)
def test_spaces_between_separators_and_quotes_are_skipped(tmp_path, text):
    path = write(tmp_path, "a.csv", text)
    assert read_file(path) == [("Ja.", "Yes."), ("Gut.", "Good.")]


def test_spaces_before_quotes_are_skipped_where_commas_need_the_quotes(tmp_path):
    path = write(tmp_path, "a.csv", 'de, en\n"Ja, bitte.", "Yes, please."\nGut., Good.\n')
    assert read_file(path) == [PAIRS[0], ("Gut.", "Good.")]


def test_a_space_and_a_quote_in_some_rows_are_text(tmp_path):
    path = write(tmp_path, "a.csv", 'de;en\nJa.;Yes.\nEr: "Ja.";He; "Yes."\n'.replace("He;", ""))
    assert read_file(path) == [("Ja.", "Yes."), ('Er: "Ja."', '"Yes."')]


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_marks_in_front_of_lines_and_zero_bytes_at_the_end_are_no_text(tmp_path, name):
    separator = "\t" if name == "a.tsv" else ","
    rows = f'"de"{separator}"en"\n\ufeff"Ja, bitte."{separator}"Yes, please."\n'
    path = write(tmp_path, name, f"\ufeff\ufeff{rows}\0\0")
    assert read_file(path) == PAIRS[:1]


@pytest.mark.parametrize("suffix", [".json", ".jsonl"])
@pytest.mark.parametrize(
    "form",
    ["{0},\n{1},\n", "{0},\n{1}\n", "{0}\n,{1}", "{0}{1}", "{0}, {1}\n", "\ufeff{0}\n\ufeff{1}\0"],
)
def test_commas_and_marks_between_records_of_json_are_skipped(tmp_path, suffix, form):
    records = [json.dumps({"de": de, "en": en}) for de, en in PAIRS]
    assert read_file(write(tmp_path, f"a{suffix}", form.format(*records))) == PAIRS


def test_text_behind_a_record_of_json_is_refused_with_its_line(tmp_path):
    path = write(tmp_path, "a.jsonl", '{"de": "Ja", "en": "Yes"}\n{"de": "a", "en": "b"} c\n')
    with pytest.raises(ValueError, match="line 2: the text is not a JSON record"):
        read_file(path)


@pytest.mark.parametrize(("name", "pack"), [("a.tsv", gzip.compress), ("a.tsv.gz", bytes)])
def test_a_file_is_unpacked_if_it_is_packed_whatever_its_name_says(tmp_path, name, pack):
    path = tmp_path / name
    path.write_bytes(pack(b"de\ten\nJa, bitte.\tYes, please.\n"))
    assert read_file(path) == PAIRS[:1]


@pytest.mark.parametrize(
    "names",
    [
        ("Tiếng Anh", "Tiếng Đức"),
        ("Tie\u0302\u0301ng Anh", "Tie\u0302\u0301ng Đu\u031b\u0301c"),
        ("anglais", "allemand"),
        ("英语", "德语"),
        ("EN (English)", "DE (German)"),
        ("Englisch (Vereinigte Staaten)", "Deutsch (Deutschland)"),
    ],
)
def test_columns_are_known_by_the_names_of_languages_in_other_languages(tmp_path, names):
    path = write(tmp_path, "a.csv", ";".join(names) + "\nYes, please.;Ja, bitte.\n")
    assert read_file(path) == PAIRS[:1]


def test_a_first_line_of_sentences_is_told_to_be_below_the_names_of_columns(tmp_path):
    path = write(tmp_path, "a.tsv", "Go.\tGeh.\tCC-BY\nHi.\tHallo.\tCC-BY\n")
    with pytest.raises(ValueError, match="put a line with the names de and en above them"):
        read_file(path)


@pytest.mark.parametrize(
    ("file", "command"),
    [("dataset_dict.json", r"\['train'\]\.to_parquet"), ("dataset_info.json", r"\)\.to_parquet")],
)
def test_a_folder_of_datasets_is_refused_with_the_line_that_makes_a_file(tmp_path, file, command):
    (tmp_path / file).write_text("{}")
    with pytest.raises(ValueError, match=command):
        load_test(str(tmp_path))


@pytest.mark.parametrize(
    "names",
    [
        ("a.de", "a.en"),
        ("a_de.txt", "a_en.txt"),
        ("a-german.txt", "a-english.txt"),
        ("de-en_de.txt", "de-en_en.txt"),
        ("a.de-en.de", "a.de-en.en"),
        ("x-deen-src.de", "x-deen-ref.en"),
    ],
)
@pytest.mark.parametrize("is_reversed", [False, True])
def test_the_language_in_the_name_of_a_file_of_lines_counts(tmp_path, names, is_reversed):
    paths = [
        write(tmp_path, name, text) for name, text in zip(names, ["Ja\n", "Yes\n"], strict=True)
    ]
    files = ",".join(map(str, reversed(paths) if is_reversed else paths))
    assert load_test(files) == [("Ja", "Yes")]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("<url>http://example.org</url>\nJa\n", "XML or HTML"),
        ('<seg id="1">Ja</seg>\n', "XML or HTML"),
        ("Ja\tYes\tby A\nNein\tNo\tby B\nGut\tGood\tby C\n", "a table"),
    ],
)
def test_lines_of_tags_and_rows_of_a_table_are_not_read_as_sentences(tmp_path, text, kind):
    with pytest.raises(ValueError, match=f"looks like {kind}"):
        read_lines(write(tmp_path, "a.txt", text))


@pytest.mark.parametrize("text", ["1\tJa\n", "0\tJa\n1\tNein\n", "1\tJa\tYes\n2\tNein\tNo\n"])
def test_numbers_and_tabs_in_front_of_one_or_two_lines_show_a_table(tmp_path, text):
    with pytest.raises(ValueError, match="looks like a table"):
        read_lines(write(tmp_path, "a.txt", text))


@pytest.mark.parametrize("text", ["Ja\tdoch\n", "1 Ja\n2\tNein\n", "1.\tJa\n", "1\tJa\n2 Nein\n"])
def test_a_tab_in_one_or_two_lines_without_numbers_is_text(tmp_path, text):
    assert read_lines(write(tmp_path, "a.txt", text)) == text.splitlines()


@pytest.mark.parametrize("english", ["Yes.\rNo.\r", "Yes.\nNo.\n"])
def test_two_files_of_lines_with_carriage_returns_alone_are_refused(tmp_path, english):
    german = write(tmp_path, "a.de", "Ja.\rNein.\r")
    with pytest.raises(ValueError, match=r"^a\.de separates its lines with carriage returns"):
        load_test(f"{german},{write(tmp_path, 'a.en', english)}")


def test_tabs_in_some_sentences_are_text(tmp_path):
    path = write(tmp_path, "a.txt", "1.\tJa\nNein\n2.\tGut\n")
    assert read_lines(path) == ["1.\tJa", "Nein", "2.\tGut"]


def test_rows_of_the_viewer_of_the_hub_are_read(tmp_path):
    rows = [{"row_idx": 0, "row": {"translation": {"de": "Ja", "en": "Yes"}}}]
    document = {"features": [{"name": "translation"}], "rows": rows}
    assert read_file(write(tmp_path, "a.json", json.dumps(document))) == [("Ja", "Yes")]


@pytest.mark.parametrize(
    "title",
    ["Meine Sätze;;\n", "Glossar 2024;;\n;;\n", "Export, Juni\n\nvon mir\n", '"Titel ""A""";;\n'],
)
@pytest.mark.parametrize("columns", [None, "de=de,en=en"])
def test_titles_above_the_names_of_columns_are_skipped_and_counted(tmp_path, title, columns):
    rows = "de;en;Notiz\nJa, bitte.;Yes, please.;\n"
    path = write(tmp_path, "a.csv", f"sep=;\n{title}{rows}")
    assert read_file(path, columns=columns) == PAIRS[:1]
    path = write(tmp_path, "a.csv", f"{title}{rows}Nein;No;x;y\n")
    with pytest.raises(ValueError, match=f"line {title.count(chr(10)) + 3}: the line has 4 col"):
        read_file(path, columns=columns)
    path = write(tmp_path, "a.tsv", f"{title}{rows}".replace(";", "\t"))
    assert read_file(path, columns=columns) == PAIRS[:1]


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_a_title_is_skipped_as_well_if_only_german_is_wanted(tmp_path, name):
    separator = "\t" if name == "a.tsv" else ","
    path = write(tmp_path, name, f"Titel\nde{separator}en\nJa.{separator}\n")
    assert read_texts(path) == ["Ja."]


@pytest.mark.parametrize(
    "start",
    ["Text\nDeutsch\n", "Text\nDeutsch;x\n", "Text;Notiz\nde;en\n", "Text;\n" * 11 + "de;en\n"],
)
def test_a_row_with_a_language_is_not_taken_for_the_names_of_columns(tmp_path, start):
    with pytest.raises(ValueError, match="'Text"):
        read_texts(write(tmp_path, "a.csv", f"{start}Ja.;Yes.\n"))


@pytest.mark.parametrize("names", ["German,English", "Deutsch,en", "DE,EN"])
def test_a_second_line_with_names_of_columns_is_not_a_pair(tmp_path, names):
    path = write(tmp_path, "a.csv", f"de,en\n{names}\nJa.,Yes.\n")
    with pytest.raises(ValueError, match="line 2: the line repeats 'de' and 'en'"):
        read_file(path)
    rows = [("Ja.", "Yes."), tuple(names.split(","))]
    path = write(tmp_path, "a.csv", "de,en\nJa.,Yes.\n" + names + "\nDeutsch,German\n")
    assert read_file(path) == [*rows, ("Deutsch", "German")]


@pytest.mark.parametrize("columns", [None, "de=de,en=en"])
@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_a_title_of_several_cells_is_to_be_removed(tmp_path, name, columns):
    rows = "Export,2026-11-20\nvon mir\n\nde,en\nJa.,Yes.\n"
    path = write(tmp_path, name, rows.replace(",", "\t" if name == "a.tsv" else ","))
    with pytest.raises(ValueError, match="line 4 names the columns, but"):
        read_file(path, columns=columns)


def test_sentences_above_a_row_with_languages_are_not_to_be_removed(tmp_path):
    path = write(tmp_path, "a.csv", "Guten Tag.,Hello.\nDeutsch,English\nJa.,Yes.\n")
    with pytest.raises(ValueError, match="put a line with the names de and en above them"):
        read_file(path)
