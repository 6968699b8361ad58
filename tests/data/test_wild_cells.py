"""Cells of tables as other programs write them: backslash escapes and missing values."""

import csv
import io

import pytest

from lora_demo.checkpoints.base import find_base
from lora_demo.cli.translate_files import read_texts
from lora_demo.data.skipped import SkippedRows
from lora_demo.data.sources import load_dataset, read_local_pairs
from tests.data.test_readers import read_file, refusal, write

PAIRS = [
    ('Er rief: "Ja, gern".', 'He cried: "Yes".'),
    ("C:\\neu", "C:\\new"),
    ("Ja, hier", "Yes; here"),
    ("Nein", "No"),
]


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONE])
def test_backslashes_of_csv_writers_are_read_as_they_were(tmp_path, quoting, separator):
    text = io.StringIO()
    options = {"escapechar": "\\", "doublequote": False, "delimiter": separator}
    csv.writer(text, quoting=quoting, **options).writerows([("de", "en"), *PAIRS])
    assert read_file(write(tmp_path, "a.csv", text.getvalue())) == PAIRS


def test_backslashes_of_spark_escape_only_quotes(tmp_path):
    text = 'de,en\n"Er \\"rief\\", oft","x"\n"C:\\neu","y"\n"Wort\\nWort",z\n'
    pairs = [('Er "rief", oft', "x"), ("C:\\neu", "y"), ("Wort\\nWort", "z")]
    assert read_file(write(tmp_path, "a.csv", text)) == pairs


def test_null_and_line_breaks_of_mysql_are_read(tmp_path):
    text = 'de,en\n"Er \\"rief\\"\\\nlaut","x"\n"Nein",\\N\n\\N,"No"\n'
    assert read_file(write(tmp_path, "a.csv", text)) == [('Er "rief" laut', "x")]


def test_single_quotes_can_be_escaped_as_well(tmp_path):
    text = "'de','en'\n'Wie geht\\'s, du?','x'\n'Gut','y'\n"
    assert read_file(write(tmp_path, "a.csv", text)) == [("Wie geht's, du?", "x"), ("Gut", "y")]


def test_a_quoted_tsv_may_have_escaped_quotes_and_a_raw_one_keeps_them(tmp_path):
    quoted = 'de\ten\n"Er \\"rief\\""\t"x"\n"Nein"\t"No"\n'
    assert read_file(write(tmp_path, "a.tsv", quoted)) == [('Er "rief"', "x"), ("Nein", "No")]
    raw = 'de\ten\nEr \\"rief\\"\tx\nNein\tNo\n'
    assert read_file(write(tmp_path, "a.tsv", raw))[0] == ('Er \\"rief\\"', "x")


@pytest.mark.parametrize("quoting", [csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
def test_a_tsv_with_quoted_names_of_columns_may_escape_quotes(tmp_path, quoting):
    text = io.StringIO()
    options = {"escapechar": "\\", "doublequote": False, "delimiter": "\t"}
    csv.writer(text, quoting=quoting, **options).writerows([("de", "en"), *PAIRS])
    assert read_file(write(tmp_path, "a.tsv", text.getvalue())) == PAIRS


@pytest.mark.parametrize("separator", ["\t", ",", ";"])
def test_a_backslash_at_the_end_of_a_quoted_cell_is_text(tmp_path, separator):
    rows = [("de", "en"), ("C:\\", "D:\\"), ('Pfad "C:\\"', 'Path "D:\\"'), ("E:\\, F:\\", "x")]
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, delimiter=separator).writerows(rows)
    name = "a.tsv" if separator == "\t" else "a.csv"
    assert read_file(write(tmp_path, name, text.getvalue())) == rows[1:]


@pytest.mark.parametrize(
    "german", ['M\\"unchen', '\\"Ubung \\"uber', '5\\" lang', "C:\\neu", 'Er "rief" \\"oft\\"']
)
def test_a_backslash_stays_where_it_may_be_text(tmp_path, german):
    path = write(tmp_path, "a.csv", f"de,en\n{german},x\nNein,No\n")
    assert read_file(path) == [(german, "x"), ("Nein", "No")]


def test_a_fault_beside_escaped_quotes_is_named(tmp_path):
    text = 'de,en\n"Er \\"rief\\"","x"\n"Nein","No",q\n'
    assert "line 2" in refusal(write(tmp_path, "a.csv", text))


MISSING = ["NaN", "nan", "<NA>", "\\N", "#N/A", "#NV", " NaN "]


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
@pytest.mark.parametrize("missing", MISSING)
def test_a_missing_value_is_an_empty_cell_and_is_counted(tmp_path, name, missing):
    rows = ["de,en", "Ja,Yes", f"Nein,{missing}", f"{missing},Maybe"]
    text = "\n".join(rows).replace(",", "\t" if name == "a.tsv" else ",")
    path, skipped = write(tmp_path, name, text), SkippedRows()
    assert read_local_pairs(str(path), skipped=skipped) == [("Ja", "Yes")]
    (sentence,) = skipped.sentences()
    assert sentence.startswith("2 rows are left out")
    assert "(lines 3, 4)" in sentence
    assert read_texts(path) == ["Ja", "Nein", ""]


def test_words_that_can_mean_a_missing_value_stay_unless_they_cannot_translate(tmp_path):
    rows = ["Keine,None", "Null,null", "Na,Well", "k. A.,N/A", "Das ist ein Satz.,None", "Ja,Yes"]
    path = write(tmp_path, "a.csv", "\n".join(["de,en", *rows]))
    data = load_dataset(str(path))
    assert {en for _de, en in data.train + data.eval} == {"None", "null", "Well", "N/A", "Yes"}
    assert data.skipped.empty == [6] and data.skipped.words == [2, 3, 5]
    assert "3 rows have only a word" in data.skipped.sentences()[1]


def test_many_skipped_rows_are_counted_and_the_first_are_named():
    skipped = SkippedRows()
    for number in range(1, 1001):
        skipped.note(number, ("", "x"))
    (sentence,) = skipped.sentences()
    assert sentence.startswith("1,000 rows")
    assert "(lines 1, 2, 3, 4, 5, ...)" in sentence


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("a.srt", "one sentence per line"),
        ("a.VTT", "one sentence per line"),
        ("a.tbx", "as CSV UTF-8"),
        ("a.docx", "as plain text"),
        ("a.xlsx", "as CSV UTF-8"),
        ("a.pdf", "as plain text"),
        ("a.tmx.zip", "Unpack it"),
        ("a.properties", "Convert it to .po"),
    ],
)
def test_files_of_further_programs_are_refused_with_advice(tmp_path, name, advice):
    assert advice in refusal(write(tmp_path, name, b"x"))


def test_training_and_the_preview_say_which_rows_are_left_out(tiny_base, tmp_path):
    from lora_demo.service.data_previews import DataPreviews
    from lora_demo.training.config import TrainConfig
    from lora_demo.training.events import NoteEvent
    from lora_demo.training.runs import create
    from lora_demo.training.worker import work
    from lora_demo.web.views.data_preview import preview_html

    rows = ["de,en", "Ja,Yes", "Nein,NaN", "Gut,Well", "Hier,Here"]
    path = write(tmp_path, "a.csv", "\n".join(rows))
    run = create(TrainConfig(base=str(tiny_base), data=str(path), steps=1), tmp_path / "runs")
    note = next(event for event in work(run) if isinstance(event, NoteEvent))
    assert note.message.startswith("a.csv: 1 row is left out")
    assert "(line 3)" in note.message
    base = find_base(str(tiny_base))
    preview = DataPreviews(str(tiny_base), None, base.config).preview(str(path))
    assert "1 row is left out" in preview_html(preview, 128)
