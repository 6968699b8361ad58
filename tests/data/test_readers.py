"""Files as other programs write them are read right, or refused with the line."""

import csv
import gzip
import json
import re
from pathlib import Path

import pytest

from lora_demo.data.pairs import read_file
from lora_demo.data.readers import FORMATS, data_file, data_suffix
from lora_demo.data.readers.columns import (
    ColumnsNotFoundError,
    parse_columns,
)
from lora_demo.data.readers.languages import language_of_column
from lora_demo.data.readers.quoting import is_quoted_tsv
from lora_demo.data.sources import load_dataset, public_source

PAIRS = [
    ("Das Boot liegt am Ufer.", "The boat lies on the shore."),
    ('Sie fragte: "Wann, bitte?"', 'She asked: "When, please?"'),
    ("Zwei Spalten", "two columns"),
    ("Grüße aus Köln; bis bald", "Greetings from Cologne; see you"),
]
CELLS = [(de.replace("Zwei ", "Zwei\t"), en.replace("two ", "two\t")) for de, en in PAIRS]
"""The same pairs with a tab in one cell, which cleaning turns into a space."""


def write(tmp_path, name, text, encoding="utf-8"):
    path = tmp_path / name
    data = text if isinstance(text, bytes) else text.encode(encoding)
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def refusal(path, **options):
    with pytest.raises(ValueError, match=re.escape(path.name)) as error:
        read_file(path, **options)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("quoting", ["QUOTE_MINIMAL", "QUOTE_ALL", "QUOTE_NONNUMERIC"])
@pytest.mark.parametrize(("suffix", "sep"), [(".tsv", "\t"), (".csv", ","), (".csv", ";")])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("index", [True, False])
def test_tables_of_pandas_are_read_as_they_were(tmp_path, quoting, suffix, sep, encoding, index):
    pandas = pytest.importorskip("pandas")
    path = tmp_path / f"a{suffix}"
    table = pandas.DataFrame(CELLS, columns=["de", "en"])
    options = {"sep": sep, "quoting": getattr(csv, quoting), "encoding": encoding}
    table.to_csv(path, index=index, **options)
    assert read_file(path) == PAIRS


@pytest.mark.parametrize(
    ("header", "sep"),
    [
        ("de;en", ";"),
        ("sep=;\r\nde;en", ";"),
        ('"sep=;"\r\n"de";"en"', ";"),
        ("SEP=|\r\nde|en", "|"),
        ("nr;german_text;EN", ";"),
    ],
)
def test_csv_with_other_separators_is_read(tmp_path, header, sep):
    number = ["7"] if header.startswith("nr") else []
    rows = [sep.join([*number, de, en]) for de, en in PAIRS[:1] + PAIRS[2:3]]
    path = write(tmp_path, "a.csv", "\r\n".join([header, *rows, ""]), "utf-8-sig")
    assert read_file(path) == [PAIRS[0], PAIRS[2]]


@pytest.mark.parametrize(
    ("rows", "quoted"),
    [
        (["a\tb", 'c\t"d" e'], False),
        (['"Komm!" rief er.\t"Come!" he called.'], False),
        (['"Komm!"\t"Come!"', "Ja.\tYes."], False),
        (['"Ja, gern"\t"Yes, please"', "Nein.\tNo."], False),
        (['"Ja."\t"Yes."', '"Nein."\t"No."'], True),
        (['1\t"Ja."', '2\t"Nein."'], True),
        (['Er rief: ""Ja""\tHe called'], False),
        (['"Er rief: ""Ja"""\t"He called"', "Ja\tYes"], True),
        (['"Zwei\tWörter"\ttwo words'], True),
        (['"Zwei\nZeilen"\ttwo lines', "a\tb"], True),
        (['"Ja, gern"\t"Yes, please"', '"Nein, nie"\tNo', "Gut.\tWell."], True),
        (['"Ja, gern"\t"Yes, please"', '"Nein, nie"\tNo', "Gut, ja.\tWell."], False),
        (['"offen\tb', "c\td"], False),
    ],
)
def test_a_tsv_is_quoted_only_if_all_of_it_can_be_and_no_raw_file_looks_so(rows, quoted):
    lines = [line + "\n" for line in "\n".join(["de\ten", *rows]).split("\n")]
    assert is_quoted_tsv(lines) is quoted


def test_a_raw_tsv_keeps_its_quotes(tmp_path):
    text = 'de\ten\nGut.\tWell.\n"Halt!" rief sie.\t"Stop!" she called.\n"Halt!"\t"Stop!"\n'
    pairs = read_file(write(tmp_path, "a.tsv", text))
    assert pairs[1:] == [('"Halt!" rief sie.', '"Stop!" she called.'), ('"Halt!"', '"Stop!"')]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.csv", "de,en\nGut,Well\nJa, bitte,Yes, please\n", "line 3: the line has 4 column"),
        ("a.tsv", "de\ten\na\tb\nc\td\te\n", "line 3: the line has 3 column"),
        ("a.csv", 'de,en\na,b\n"Ja" sagte er,c\n', "line 3"),
        ("a.csv", 'de,en\na,b\n"zwei\nZeilen",c\n"offen,d\ne,f\n', "line 5"),
        ("a.csv", 'sep=,\nde,en\n"Ja" sagte er,c\n', "line 3"),
        ("a.json", '[{"de": "a", "en": "b"},\n {"de": "c", "en": 5}]', "line 2"),
        ("a.json", '[{"de": "a", "en": "b"},\n {"de": "c" "en"}]', "line 2"),
        ("a.json", '{"de": "a", "en": "b"}\n{"de": "c"}', "line 2"),
        ("a.json", '{"de": ["a"], "en": []}', "different lengths"),
        ("a.json", '{"de": {"0": "a"}, "en": {"1": "b"}}', "lengths or rows"),
        ("a.json", '[{"de": "a", "en": "b"}\n {"de": "c", "en": "d"}]', "line 1: no comma"),
        ("a.json", '{"de": "a",\n"en": "b"}\n{"de": "c"}', "line 3"),
        ("a.json", '{"de": "a",\n"en": "b"}\n{"de": ', "line 3: the text is not"),
        ("a.json", "nothing", "JSON"),
        ("a.json", '[{"de": "a", "en": "b"}]\n[{"de": "c", "en": "d"}]', "line 2: more text"),
        ("a.jsonl", '{"de": "a", "translation": {"fr": "b"}}\n', "line 1"),
        ("a.tsv", b"de\ten\na\tb\nf\xfcr\tfor\n", "line 3: the line is not UTF-8"),
        ("a.tsv", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS pointer"),
        ("a.tsv.gz", b"de\ten\na\tb\nf\xfcr\tfor\n", "line 3: the line is not UTF-8"),
        ("a.csv", "de_AT,de_CH,en\na,b,c\n", "'de_AT' and 'de_CH'"),
        ("a.csv", "de,en,de\na,b,c\n", "two columns named 'de'"),
        ("a.tsv", "en\tDE\tEN\na\tb\tc\n", "two columns named 'EN'"),
        ("a.csv", "source,target\na,b\n", "'source, target'"),
        ("a.csv", "source,target,source_lang,target_lang\na,b,fr,en\n", "line 2"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_line_and_the_reason(tmp_path, name, text, words):
    assert words in refusal(write(tmp_path, name, text))


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".json", ".tmx", ".xlf", ".po"])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04\x14\0\0\0", "zip archive or an Office document, but its suffix says"),
        (b"\xd0\xcf\x11\xe0\xa1", "Office document"),
        (b"%PDF-1.7\n", "a PDF"),
        (gzip.compress(gzip.compress(b"de,en\n", mtime=0), mtime=0), "a gzip file"),
        (b"PAR1\x15\x04", ". Rename it to .parquet."),
        (b" <!DOCTYPE html>\n<html>", "a web page"),
    ],
)
def test_a_file_of_another_kind_than_its_suffix_is_refused_as_what_it_is(
    tmp_path, suffix, content, words
):
    assert words in refusal(write(tmp_path, f"a{suffix}", content))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_text_of_wide_characters_without_a_mark_is_refused_in_a_readable_line(tmp_path, encoding):
    message = refusal(write(tmp_path, "a.csv", "de,en\nSchön,fine\n", encoding))
    assert "byte-order mark" in message and message.isprintable()


def test_invisible_characters_in_names_of_columns_do_not_count(tmp_path):
    text = "\ufeff\ufeffd\0e,\u200een\u202c\nJa,Yes\n"
    assert read_file(write(tmp_path, "a.csv", text)) == [("Ja", "Yes")]


def test_a_spreadsheet_is_refused_with_the_way_to_save_it(tmp_path):
    assert "CSV UTF-8" in refusal(write(tmp_path, "a.xlsx", b"PK\x03\x04"))


def test_a_file_with_very_many_columns_offers_some_to_choose(tmp_path):
    names = ["x" * 1000, *(f"Spalte {i}" for i in range(5000))]
    path = write(tmp_path, "a.csv", ",".join(names) + "\n")
    with pytest.raises(ColumnsNotFoundError) as error:
        read_file(path)
    assert error.value.found == names[1:101] and len(str(error.value)) < 500


def test_empty_cells_beyond_the_header_and_empty_lines_are_accepted(tmp_path):
    path = write(tmp_path, "a.csv", "de;en;;\nGut;Well;;;\n;;\n  \nJa;Yes\n")
    assert read_file(path) == [("Gut", "Well"), ("Ja", "Yes")]


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ("de DE deu ger German DEUTSCH de_DE de-AT de_ch deu_Latn text_de de_text", "de"),
        ("Deutsch(AT) target_de sentence_deu_latn german_sentence", "de"),
        ("en EN eng English Englisch en-US en_GB eng_Latn source_en English(US)", "en"),
        ("source target text id de_id score_en de-en de;en note denied deen fr", None),
    ],
)
def test_names_of_columns_are_known_in_languages_codes_and_spellings(names, found):
    assert {name: language_of_column(name) for name in names.split()} == dict.fromkeys(
        names.split(), found
    )


def test_a_column_de_counts_before_another_german_one(tmp_path):
    path = write(tmp_path, "a.csv", "German,de,en,English\nno,yes,y,n\nno,ja,j,n\n")
    assert read_file(path) == [("yes", "y"), ("ja", "j")]


def test_languages_in_columns_of_their_own_are_used_row_by_row(tmp_path):
    text = "source,target,source_lang,target_lang\nJa,Yes,de,en-GB\nNo,Nein,en,de_DE\n"
    assert read_file(write(tmp_path, "a.csv", text)) == [("Ja", "Yes"), ("Nein", "No")]


@pytest.mark.parametrize("columns", ["de=quelle, alt,en=Ziel", "en= ziel ,de=Quelle, alt"])
def test_columns_can_be_given_by_name(tmp_path, columns):
    path = write(tmp_path, "a.csv", '"Quelle, alt",de,Ziel\nJa,x,Yes\n')
    assert read_file(path, columns=columns) == [("Ja", "Yes")]
    assert "'Quelle, alt, de, Ziel'" in refusal(path, columns="de=Nichts,en=Ziel")


def test_two_columns_of_the_given_name_are_refused(tmp_path):
    path = write(tmp_path, "a.csv", "Vorn,Hinten,Vorn\nJa,Yes,Nein\n")
    assert "two columns named 'Vorn'" in refusal(path, columns="de=Vorn,en=Hinten")


@pytest.mark.parametrize("text", ["de", "de=", "en=x", "de=a,en=a", "", "a,b"])
def test_columns_in_another_form_are_refused(text):
    with pytest.raises(ValueError, match="de=NAME,en=NAME"):
        parse_columns(text)


RECORDS = [{"de": de, "en": en} for de, en in PAIRS]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(RECORDS),
        json.dumps(RECORDS, indent=1, ensure_ascii=False),
        "\n".join(map(json.dumps, RECORDS)),
        "\n".join(json.dumps({"id": 3, "translation": record}) for record in RECORDS),
        json.dumps([{"translation": record} for record in RECORDS]),
        "".join(json.dumps(record, indent=2) for record in RECORDS),
        "\n\n".join(json.dumps(record, indent=2) for record in RECORDS),
        json.dumps({name: [r[name] for r in RECORDS] for name in ("de", "en")} | {"n": 1}),
        json.dumps({n: {str(i): r[n] for i, r in enumerate(RECORDS)} for n in ("de", "en")}),
        "\n".join(json.dumps(record | {"about": {"by": ["x"]}}) for record in RECORDS),
        json.dumps(
            {n: {str(i): r[n] for i, r in enumerate(RECORDS)} for n in ("de", "en")}, indent=2
        ),
        "\n".join(json.dumps(record | {"translation": "other"}) for record in RECORDS),
        "\n".join(json.dumps(record | {"translation": {"fr": "x"}}) for record in RECORDS),
        "\n".join(json.dumps(record) for record in [*RECORDS, {"de": "leer", "en": None}]),
        "\n".join(json.dumps({"translation": record}) for record in [*RECORDS, None]),
        "\n".join(json.dumps({"German": r["de"], "ENGLISH": r["en"]}) for r in RECORDS),
    ],
)
def test_json_is_read_in_every_form_that_exports_have(tmp_path, text):
    assert read_file(write(tmp_path, "a.json", text)) == PAIRS
    if not text.startswith("["):
        assert read_file(write(tmp_path, "a.json.gz", text)) == PAIRS


@pytest.mark.parametrize("form", ["columns", "translation", "names"])
def test_parquet_of_pairs_is_read(tmp_path, form):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    rows = [*RECORDS, {"de": "leer", "en": None}]
    if form == "translation":
        rows = [{"id": i, "translation": row} for i, row in enumerate(rows)]
    if form == "names":
        rows = [{"Deutsch": row["de"], "English": row["en"], "n": 1.5} for row in rows]
    path = tmp_path / "a.parquet"
    parquet.write_table(pyarrow.Table.from_pylist(rows * 300), path)
    assert read_file(path) == PAIRS * 300
    assert read_file(write(tmp_path, "b.parquet.gz", path.read_bytes()), 2) == PAIRS[:2]
    assert "Parquet" in refusal(write(tmp_path, "c.parquet", path.read_bytes()[:-9]))


def test_a_long_text_that_parquet_stores_once_for_many_rows_is_refused(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    indices = pyarrow.array([0] * 5000, pyarrow.int32())
    long = pyarrow.DictionaryArray.from_arrays(indices, pyarrow.array(["x" * 2_000_000]))
    path = tmp_path / "a.parquet"
    parquet.write_table(pyarrow.table({"de": long, "en": ["x"] * 5000}), path)
    assert path.stat().st_size < 5_000_000 and "Split it" in refusal(path)


def test_a_small_packed_file_with_much_content_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(data_file, "MAX_FILE_BYTES", 1_000_000)
    for suffix, head in ((".tsv", "de\ten\n"), (".json", "["), (".tmx", "<tmx>"), (".po", "#\n")):
        path = write(tmp_path, f"a{suffix}.gz", head + "a\tb\n" * 500_000)
        assert path.stat().st_size < 10_000
        assert "more than 1 MB" in refusal(path)


def test_a_broken_gzip_file_is_refused(tmp_path):
    path = tmp_path / "a.tsv.gz"
    path.write_bytes(gzip.compress(b"de\ten\na\tb\n" * 99, mtime=0)[:-9])
    assert "gzip" in refusal(path)


def test_every_format_may_be_packed_and_in_capitals(tmp_path):
    assert {data_suffix(tmp_path / f"a{suffix.upper()}.GZ") for suffix in FORMATS} == set(FORMATS)
    assert read_file(write(tmp_path, "a.tsv.gz", "de\ten\nJa\tYes\n")) == [("Ja", "Yes")]


@pytest.mark.parametrize("names", [("x.de", "x.en"), ("x.de.gz", "x.en.gz")])
def test_two_files_of_lines_are_pairs_in_either_order_or_by_their_prefix(tmp_path, names):
    german, english = (
        write(tmp_path, name, "".join(row[side] + "\r\n" for row in [*PAIRS, ("", "none")]))
        for side, name in enumerate(names)
    )
    for source in (f"{german},{english}", f"{english}, {german}", str(tmp_path / "x")):
        data = load_dataset(source)
        assert sorted(data.train + data.eval) == sorted(PAIRS)
        assert public_source(source) == ",".join(names)


def test_two_files_with_different_numbers_of_lines_are_refused_with_both_numbers(tmp_path):
    write(tmp_path, "x.de", "a\nb\nc\n")
    write(tmp_path, "x.en", "a\nb\n")
    with pytest.raises(ValueError, match=r"x\.de and x\.en have different .*: 3 and 2"):
        load_dataset(str(tmp_path / "x"))


def test_pairs_that_max_length_cuts_are_counted():
    from lora_demo.data.encoding import encode_pairs

    class Words:
        def encode(self, texts):
            return [[5] * len(text.split()) + [1] for text in texts]

    pairs = [("a", "b"), ("a", "b " * 9), ("a " * 9, "b")]
    examples = encode_pairs(Words(), pairs, prefix="", max_length=9)
    assert [example.is_cut for example in examples] == [False, True, True]


def test_every_format_is_documented():
    text = (Path(__file__).parents[2] / "docs" / "files.md").read_text(encoding="utf-8")
    assert [suffix for suffix in FORMATS if f"`{suffix}`" not in text] == []
