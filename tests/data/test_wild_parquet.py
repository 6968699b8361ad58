"""Parquet files with maps, lists of languages and other encodings are read correctly."""

import pytest

from tests.data.test_readers import read_file, refusal

pyarrow = pytest.importorskip("pyarrow")

PAIRS = [("Ja, gern.", "Yes, please."), ("Nein.", "No."), ("Vielleicht.", "Maybe.")]
GERMAN, ENGLISH = map(list, zip(*PAIRS, strict=True))
MAP = pyarrow.map_(pyarrow.string(), pyarrow.string())


def store(folder, columns, **options):
    from pyarrow import parquet

    path = folder / "a.parquet"
    table = columns if isinstance(columns, pyarrow.Table) else pyarrow.table(columns)
    parquet.write_table(table, path, **options)
    return path


def maps(rows, kind=MAP):
    return {"translation": pyarrow.array(rows, kind)}


@pytest.mark.parametrize("kind", [pyarrow.string(), pyarrow.large_string(), pyarrow.binary()])
@pytest.mark.parametrize("use_dictionary", [True, False])
def test_a_map_of_languages_is_read(tmp_path, kind, use_dictionary):
    rows = [[("en", en), ("fr", "x"), ("de", de)] for de, en in PAIRS]
    further = [None, [("de", "leer"), ("en", None)]]
    table = maps([*rows, *further], pyarrow.map_(pyarrow.string(), kind))
    path = store(tmp_path, {"id": range(5), **table}, use_dictionary=use_dictionary)
    assert read_file(path) == PAIRS


def test_the_keys_of_a_map_are_found_by_codes_or_given_names(tmp_path):
    rows = [[("eng_Latn", en), ("deu_Latn", de)] for de, en in PAIRS]
    assert read_file(store(tmp_path, maps(rows))) == PAIRS
    rows = [[("Ziel 2", en), ("Ziel 1", de)] for de, en in PAIRS]
    path = store(tmp_path, maps(rows))
    assert read_file(path, columns="de=Ziel 1,en=Ziel 2") == PAIRS
    assert "'Ziel 2, Ziel 1'" in refusal(path)


def test_texts_whose_languages_are_in_a_list_are_read(tmp_path):
    texts = [{"language": ["en", "de", "de"], "translation": [en, de, "x"]} for de, en in PAIRS]
    assert read_file(store(tmp_path, {"translation": texts})) == PAIRS


@pytest.mark.parametrize("other", [{"fr": "Oui", "es": "Sí"}, [("fr", "Oui")], "Oui"])
def test_columns_of_pairs_beside_a_translation_in_other_languages_are_read(tmp_path, other):
    kind = MAP if isinstance(other, list) else None
    others = pyarrow.array([other] * len(PAIRS), kind)
    assert read_file(store(tmp_path, {"translation": others, "de": GERMAN, "en": ENGLISH})) == PAIRS


@pytest.mark.parametrize("kind", [pyarrow.string(), pyarrow.large_string(), pyarrow.string_view()])
@pytest.mark.parametrize(
    "options",
    [
        {"use_dictionary": False, "column_encoding": "DELTA_BYTE_ARRAY"},
        {"use_dictionary": False, "column_encoding": "DELTA_LENGTH_BYTE_ARRAY"},
        {"data_page_version": "2.0", "compression": "zstd", "row_group_size": 1},
        {"version": "1.0", "compression": "brotli"},
    ],
)
def test_texts_are_read_in_every_type_and_encoding(tmp_path, kind, options):
    columns = {"de": pyarrow.array(GERMAN, kind), "en": pyarrow.array(ENGLISH, kind)}
    assert read_file(store(tmp_path, columns, **options)) == PAIRS


def test_names_of_columns_may_have_dots(tmp_path):
    columns = {"de.text": GERMAN, "en.text": ENGLISH, "de.source": GERMAN}
    assert read_file(store(tmp_path, columns), columns="de=de.text,en=en.text") == PAIRS


@pytest.mark.parametrize("form", ["map", "delta"])
def test_a_long_text_is_refused_in_a_map_and_with_another_encoding(tmp_path, form):
    long = ["x" * 2_000_000] * 300
    if form == "map":
        path = store(tmp_path, maps([[("de", text), ("en", "x")] for text in long]))
    else:
        columns = {"de": long, "en": long}
        options = {"use_dictionary": False, "column_encoding": "DELTA_BYTE_ARRAY"}
        path = store(tmp_path, columns, **options)
    assert path.stat().st_size < 20_000_000 and "Split it" in refusal(path)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1, 2, 3], "row 1: the value of de is a number"),
        ([["Ja"], ["Nein"], []], "row 1: the value of de is a list or a record"),
        (pyarrow.array([1, 2, 3], pyarrow.timestamp("s")), "a value of another kind, not text"),
        ([b"\xff", b"a", b"b"], "row 1: the value of de is not UTF-8 text"),
    ],
)
def test_values_that_are_not_text_are_refused_as_what_they_are(tmp_path, values, words):
    assert words in refusal(store(tmp_path, {"de": values, "en": ENGLISH}))
