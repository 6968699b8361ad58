"""Tables that people bring: spellings of columns, headers in the middle, other formats."""

import gzip
import json
import math

import pytest

from lora_demo.data.lines import read_lines
from lora_demo.data.pairs import read_file
from lora_demo.data.sources import load_dataset, load_test
from lora_demo.evaluation.sets import load_set

PAIRS = [("Ja", "Yes"), ("Nein", "No")]


def write(tmp_path, name, text):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refusal(path):
    with pytest.raises(ValueError, match=r"\.$") as error:
        load_test(str(path))
    return str(error.value)


@pytest.mark.parametrize(
    "header",
    [
        "German (Germany),English (United States)",
        "German (Austria),English (United Kingdom)",
        "Input (German),Output (English)",
        "Deutsche Sätze,Englische Sätze",
        "de_DE,en_XX",
        "deutscher_text,englische_übersetzung",
    ],
)
def test_columns_with_regions_and_words_of_exports_are_known(tmp_path, header):
    rows = "".join(f"{de},{en}\n" for de, en in PAIRS)
    assert read_file(write(tmp_path, "a.csv", f"{header}\n{rows}")) == PAIRS


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("a.csv", "de,en\nJa,Yes\nde,en\nNein,No\n", 3),
        ("a.tsv", "n\tde\ten\n1\tJa\tYes\n\ufeffn\tde\ten\n", 3),
        ("a.csv", "Ja,Yes,DE,EN\nNein,No,DE,EN\n", 2),
    ],
)
def test_names_of_columns_in_a_later_line_are_not_a_pair(tmp_path, name, text, line):
    assert f"line {line}: the line repeats " in refusal(write(tmp_path, name, text))


def test_missing_values_of_pandas_are_empty_cells(tmp_path):
    records = [{"de": "Ja", "en": "Yes"}, {"de": "Vielleicht", "en": math.nan}]
    assert read_file(write(tmp_path, "a.json", json.dumps(records))) == PAIRS[:1]
    records[1]["en"] = 5
    assert "is a number, not text" in refusal(write(tmp_path, "b.json", json.dumps(records)))


def test_text_that_parquet_holds_as_bytes_is_read(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = tmp_path / "a.parquet"
    columns = {"de": [de.encode() for de, _ in PAIRS], "en": [en.encode() for _, en in PAIRS]}
    parquet.write_table(pyarrow.table(columns), path)
    assert read_file(path) == PAIRS
    parquet.write_table(pyarrow.table({"de": [b"\xff"], "en": [b"x"]}), path)
    assert "row 1: the value of de is not UTF-8" in refusal(path)


@pytest.mark.parametrize(("german", "english"), [("x.de.gz", "x.en"), ("x.deu", "x.eng.gz")])
def test_one_of_two_files_of_lines_may_be_packed(tmp_path, german, english):
    for name, text in ((german, b"Ja\nNein\n"), (english, b"Yes\nNo\n")):
        write(tmp_path, name, gzip.compress(text) if name.endswith(".gz") else text)
    data = load_dataset(str(tmp_path / "x"))
    assert sorted(data.train + data.eval) == PAIRS


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("a.zip", "Unpack it"),
        ("a.jsonl.zst", "Unpack it"),
        ("a.txt", "to .tsv"),
        ("a.mo", ".po file"),
        ("a.sdltm", "Export it"),
        ("a.xlsx", "CSV UTF-8"),
    ],
)
def test_a_file_in_another_format_is_refused_with_the_way_to_use_it(tmp_path, name, advice):
    assert advice in refusal(write(tmp_path, name, b"x"))


def test_a_folder_an_address_and_an_empty_file_are_told_apart(tmp_path):
    assert "is a folder" in refusal(tmp_path)
    assert "is an address" in refusal("https://example.org/pairs.csv")
    assert "is empty" in refusal(write(tmp_path, "a.csv", "\ufeff"))


def test_an_undeclared_entity_is_named_with_its_line(tmp_path):
    unit = '<tu><tuv xml:lang="de"><seg>a&nbsp;b</seg></tuv></tu>'
    path = write(tmp_path, "a.tmx", f"<?xml version='1.0'?>\n<tmx><body>\n{unit}</body></tmx>")
    assert "line 3" in refusal(path) and "nbsp" in refusal(path)


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".parquet"])
def test_a_pair_with_a_null_is_left_out_everywhere_but_its_german_is_translated(tmp_path, suffix):
    from lora_demo.cli.translate_files import read_texts

    records = [{"de": de, "en": en} for de, en in PAIRS] + [{"de": "Ohne", "en": None}]
    records.append({"de": None, "en": "Without"})
    path = tmp_path / f"a{suffix}"
    if suffix == ".parquet":
        pyarrow = pytest.importorskip("pyarrow")
        from pyarrow import parquet

        parquet.write_table(pyarrow.Table.from_pylist(records), path)
    else:
        path.write_text("\n".join(map(json.dumps, records)))
    assert read_file(path) == PAIRS
    assert load_set(str(path)).sources == [de for de, _ in PAIRS]
    assert read_texts(path, None) == [*(de for de, _ in PAIRS), "Ohne", ""]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("de,en\nJa,Yes\n", "a table"),
        ('"German";"English"\n"Ja";"Yes"\n', "a table"),
        ("\n\n<?xml version='1.0'?>\n<tmx/>", "XML"),
        ("<!-- mine --><p>Ja</p>", "XML"),
        ('\ufeff[["Ja", "Yes"]]', "JSON"),
        ('# German\nmsgid ""\nmsgstr ""\n', r"a \.po file"),
        ("1\n00:00:01,000 --> 00:00:02,000\nJa\n", "subtitles"),
        ("{\\rtf1 Ja}", "RTF"),
    ],
)
def test_a_file_that_does_not_hold_sentences_is_not_read_as_lines(tmp_path, text, kind):
    with pytest.raises(ValueError, match=f"looks like {kind}"):
        read_lines(write(tmp_path, "a.txt", text))


@pytest.mark.parametrize(
    "text",
    [
        '"Ja", sagte er.',
        "[Lachen] Ja.",
        "{0} Dateien",
        "[1]",
        "Ja, gern; oder?",
        "a < b",
        "Deutsch",
    ],
)
def test_sentences_with_marks_of_code_are_read_as_lines(tmp_path, text):
    assert read_lines(write(tmp_path, "a.txt", f"{text}\nNein.\n")) == [text, "Nein."]


@pytest.mark.parametrize(
    "text",
    [
        "de,en\nJa\rgern,Yes\rplease\n",
        "de,en\r\nJa\rgern,Yes\rplease\r\n",
        'de,en\r\r\n"Ja\r\ngern",Yes please\r\r\n',
        'de,en\n"Ja\rgern","Yes\rplease"\n"Ja gern","Yes please"\n',
        "de,en\rJa gern,Yes please\r",
        'de,en\r"Ja\rgern","Yes\rplease"',
    ],
)
def test_the_ends_of_lines_are_those_of_the_first_line(tmp_path, text):
    pairs = [("Ja gern", "Yes please")] * text.count("gern")
    assert read_file(write(tmp_path, "a.csv", text)) == pairs
    assert read_file(write(tmp_path, "a.tsv", text.replace(",", "\t"))) == pairs


@pytest.mark.parametrize("start", ["\n \n", ";;\r\n", "sep=;\r\n;;\r\n", "\ufeff\r\n\r\nsep=;\r\n"])
def test_empty_lines_above_the_names_of_the_columns_are_skipped_and_counted(tmp_path, start):
    path = write(tmp_path, "a.csv", f"{start}de;en\nJa;Yes\nNein;No\n")
    assert read_file(path) == PAIRS
    path = write(tmp_path, "b.csv", f"{start}de;en\nJa;Yes\nNein;No;x\n")
    assert f"line {start.count(chr(10)) + 3}: the line has 3 column" in refusal(path)


@pytest.mark.parametrize("orient", ["records", "columns", "index", "split", "table"])
def test_json_of_pandas_is_read_in_every_form_that_names_the_columns(tmp_path, orient):
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(PAIRS, columns=["de", "en"])
    path = write(tmp_path, "a.json", table.to_json(orient=orient))
    assert read_file(path) == PAIRS


def test_an_array_in_an_object_is_read(tmp_path):
    records = [{"de": de, "en": en} for de, en in PAIRS]
    for document in (
        {"version": "1.0", "data": [{"translation": record} for record in records]},
        {"about": {"by": "x"}, "rows": records, "tags": ["a"]},
    ):
        for indent in (None, 1):
            text = json.dumps(document, indent=indent)
            assert read_file(write(tmp_path, "a.json", text)) == PAIRS
    both = json.dumps({"train": records, "test": records})
    assert "It has 'train, test'" in refusal(write(tmp_path, "b.json", both))
    broken = json.dumps({"data": [*records, {"de": "x"}]})
    assert "record 3 has no columns" in refusal(write(tmp_path, "c.json", broken))


@pytest.mark.parametrize("indent", [None, 2])
def test_an_array_in_a_file_for_lines_of_json_is_read(tmp_path, indent):
    records = [{"de": de, "en": en} for de, en in PAIRS]
    text = "\ufeff\n" + json.dumps(records, indent=indent)
    assert read_file(write(tmp_path, "a.jsonl", text)) == PAIRS
    rows = "\n".join(map(json.dumps, PAIRS))
    assert "line 1: expected a record" in refusal(write(tmp_path, "b.jsonl", rows))


def test_a_table_to_translate_needs_only_a_german_column(tmp_path):
    from lora_demo.cli.translate_files import read_texts

    path = write(tmp_path, "a.csv", "text,note\nJa,x\n")
    with pytest.raises(ValueError, match=r"Rename a column to de, or .* de=NAME\.$"):
        read_texts(path)
    assert read_texts(path, "de=text") == ["Ja"]
