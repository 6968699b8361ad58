"""Sets and outputs are read from files, and unreadable files are refused with the reason."""

import gzip
import json
from dataclasses import replace

import pytest
from sacrebleu.utils import smart_open

from lora_demo.data.lines import read_lines
from lora_demo.data.readers import data_file
from lora_demo.data.skipped import SkippedRows
from lora_demo.evaluation.report.narrative import describe_skipped
from lora_demo.evaluation.sets import SentenceSet, describe_length, load_set, read_outputs
from lora_demo.language import in_language
from tests.evaluation.conftest import ENGLISH, GERMAN, write_lines


def test_a_table_can_have_several_references(tmp_path):
    path = tmp_path / "x.tsv"
    path.write_text("en2\tde\tnote\ten\nb\ta\t-\tc\n\td\t-\te \n", encoding="utf-8")
    found = load_set(str(path))
    assert found.sources == ["a", "d"]
    assert found.references == [["b", None], ["c", "e"]]
    assert found.references_of(1) == ["e"]
    path = tmp_path / "x.jsonl"
    path.write_text(
        '{"de": "a", "en": "b", "en2": "c"}\n\n{"translation": {"de": "d", "en": "e"}}\n'
        '{"de": "\\ud800", "en": ""}\n',
        encoding="utf-8",
    )
    found = load_set(str(path))
    assert found.sources == ["a", "d", "?"]
    assert found.references == [
        ["b", "e", ""],
        ["c", None, None],
    ]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_a_row_with_a_missing_side_is_left_out_and_reported_but_an_empty_reference_is_scored(
    tmp_path, suffix
):
    rows = [("a", "x"), ("b", None), (None, "y"), ("c", ""), ("Keine", "None"), ("d", "z")]
    path = tmp_path / f"x{suffix}"
    if suffix == ".csv":
        lines = [f"{de or 'NaN'},{'NaN' if en is None else en}" for de, en in rows]
        path.write_text("\n".join(["de,en", *lines]))
    else:
        path.write_text("\n".join(json.dumps({"de": de, "en": en}) for de, en in rows))
    found = load_set(str(path), max_pairs=3)
    assert found.sources == ["a", "c", "Keine"] and found.references == [["x", "", "None"]]
    first = 3 if suffix == ".csv" else 2
    assert found.skipped.empty == [first, first + 1] and found.skipped.words == [first + 3]
    assert describe_skipped(found.part([0]))[0].startswith(f"{path}: 2 rows are left out")
    outputs = write_lines(tmp_path / "outputs.txt", "abcdef")
    with pytest.raises(ValueError, match="because 2 rows with a missing side are left out"):
        read_outputs(outputs, load_set(str(path)))


def test_a_sentence_with_one_of_two_references_is_kept(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("de,en,en2\na,NaN,x\nb,y,NaN\nc,NaN,NaN\nd,NaN,\n")
    found = load_set(str(path))
    assert found.skipped.empty == [4, 5]
    assert found.sources == ["a", "b"] and found.references == [[None, "y"], ["x", None]]


def test_plain_lines_take_references_from_files(files):
    found = load_set(str(files.german), reference_files=[files.english, files.second])
    assert len(found) == 40
    assert len(found.references) == 2
    assert found.references[0][:8] == ENGLISH
    assert len(load_set(str(files.german), reference_files=[files.english], max_pairs=3)) == 3
    assert len(load_set(str(files.table), reference_files=[files.second]).references) == 2


def test_a_whole_file_is_the_test_set_and_its_splits_are_those_of_training(files):
    assert len(load_set(str(files.table))) == 40
    parts = {split: set(load_set(str(files.table), split).sources) for split in ("train", "eval")}
    assert parts["train"] | parts["eval"] == set(GERMAN)
    assert not parts["train"] & parts["eval"]


def test_builtin_sets_have_their_own_hashes():
    whole, weather = load_set("builtin"), load_set("builtin:weather")
    assert len(whole) > len(weather) > 200 and len(weather.sha256) == 64
    assert (
        load_set("builtin:weather").sha256
        == weather.sha256
        != load_set("builtin:weather", max_pairs=5).sha256
    )
    assert load_set("builtin:weather", "eval").sources != weather.sources


def test_an_empty_reference_has_another_hash_than_a_missing_one():
    first, second = (SentenceSet("x", "test", ["a"], [["b"], [text]]) for text in (None, ""))
    assert first.sha256 != second.sha256


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("x.tsv", "de\ten\n", "no sentences"),
        ("x.tsv", "", "is empty"),
        ("x.tsv", "a\tb\nc\td\n", "names its columns"),
        ("x.tsv", "de\ten\nonly\n", "line 2"),
        ("x.tsv", "de\nHallo\n", "no references"),
        ("x.csv", 'de,en\n"a,b\n', "cannot be read"),
        ("x.jsonl", '{"de": "a", "en": 1}\n', "line 1"),
        ("x.jsonl", '{"de": "a", "en2": ""}\n', "sentence 1"),
        ("x.txt", "Hallo\n", "--reference"),
        ("x.tsv", "de\ten\n" + "a" * 20_001 + "\tb\n", "sentence 1"),
    ],
)
def test_unreadable_sets_are_refused_with_the_reason(tmp_path, name, text, reason):
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=reason):
        load_set(str(tmp_path / name))


def test_text_that_is_not_utf_8_is_refused(tmp_path):
    (tmp_path / "x.tsv").write_bytes("de\ten\nfür\tfor\n".encode("latin-1"))
    with pytest.raises(ValueError, match="UTF-8"):
        load_set(str(tmp_path / "x.tsv"))
    with pytest.raises(ValueError, match=r"'nowhere\.tsv'"):
        load_set("nowhere.tsv")
    with pytest.raises(ValueError, match="domain"):
        load_set("builtin:nothing")


def test_files_with_different_numbers_of_lines_are_refused(files):
    found = load_set(str(files.table))
    with pytest.raises(ValueError, match=r"lines in .*short.txt is 3, .*set.tsv has 40 sentences"):
        read_outputs(write_lines(files.folder / "short.txt", "abc"), found)
    with pytest.raises(ValueError, match=r"40 sentences.*short.txt is 3"):
        load_set(str(files.german), reference_files=[files.folder / "short.txt"])
    with pytest.raises(ValueError, match=r"Cannot read .*none\.txt"):
        read_outputs(files.folder / "none.txt", found)


def test_only_line_feeds_end_lines(tmp_path):
    texts = ["a\u2028b", "c\u0085d", "e\x0cf", "\u00a0g", "h\ri"]
    path = tmp_path / "x.txt"
    path.write_bytes("".join(text + "\r\n" for text in texts).encode())
    found = load_set(str(path), reference_files=[path])
    assert found.sources == texts and read_outputs(path, found) == texts
    assert texts == [line.rstrip() for line in smart_open(str(path))]


def test_a_byte_order_mark_is_removed(tmp_path):
    path = tmp_path / "x.txt"
    path.write_bytes("\ufeffHallo\n".encode())
    assert read_lines(path) == ["Hallo"]


def test_gzip_files_are_read_as_sacrebleu_does_up_to_a_limit(tmp_path, monkeypatch):
    path = tmp_path / "x.txt.gz"
    path.write_bytes(gzip.compress("".join(text + "\n" for text in GERMAN).encode()))
    assert read_lines(path) == GERMAN == [line.rstrip() for line in smart_open(str(path))]
    monkeypatch.setattr(data_file, "MAX_FILE_BYTES", 1_000_000)
    path.write_bytes(gzip.compress(b"a\n" * 10**6))
    with pytest.raises(ValueError, match=r"x\.txt\.gz holds more than 1 MB"):
        read_lines(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (gzip.compress(b"Hallo\n" * 99)[:-9], "gzip"),
        (gzip.compress(b"Hallo")[:12] + b"?" * 20, "gzip"),
        (gzip.compress(b"f\xfcr"), "UTF-8"),
    ],
    ids=["cut", "damaged", "latin-1"],  # the bytes hold the time, so they make no ids
)
def test_broken_gzip_files_are_refused_with_the_reason(tmp_path, content, reason):
    (tmp_path / "x.gz").write_bytes(content)
    with pytest.raises(ValueError, match=rf"x\.gz.* is not .*{reason}"):
        read_lines(tmp_path / "x.gz")


@pytest.mark.parametrize("name", ["table", "german"])
def test_with_max_pairs_outputs_may_cover_the_first_sentences_or_all(files, name):
    """A file with another number of lines belongs to another set, even if it has enough lines."""
    references = [] if name == "table" else [files.english]
    found = load_set(str(getattr(files, name)), reference_files=references, max_pairs=3)
    assert read_outputs(files.weak, found, 3) == read_lines(files.weak)[:3]
    assert read_outputs(write_lines(files.folder / "three.txt", "abc"), found, 3) == ["a", "b", "c"]
    for lines in ("ab", "abcd", "x" * 41):
        wrong = write_lines(files.folder / "wrong.txt", lines)
        with pytest.raises(
            ValueError,
            match=rf"wrong.txt is {len(lines)}, but .* has 40 sentences, "
            "of which the first 3 are used",
        ):
            read_outputs(wrong, found, 3)
        with pytest.raises(
            ValueError,
            match=rf"40 sentences, of which the first 3 are used, but .*wrong.txt is "
            rf"{len(lines)}\.",
        ):
            load_set(str(files.german), reference_files=[wrong], max_pairs=3)


def test_a_set_of_one_sentence_has_a_singular():
    weather = SentenceSet("weather", "test", ["Es regnet."], [["It rains."]])
    assert describe_length(weather) == "1 sentence"
    assert describe_length(replace(weather, file_size=3)) == (
        "3 sentences, of which only the first is used"
    )
    without_a_row = replace(weather, skipped=SkippedRows(empty=[2]))
    assert describe_length(without_a_row) == (
        "1 sentence, because 1 row with a missing side is left out"
    )
    with in_language("de"):
        assert describe_length(weather) == "1 Satz"
