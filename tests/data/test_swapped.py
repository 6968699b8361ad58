"""`--columns de=en,en=de` reads any file with its languages exchanged, whatever its columns are."""

import json

import pytest

from lora_demo.data.pairs import read_file
from lora_demo.data.preview import look_swapped
from lora_demo.data.readers.columns import SWAPPED, swap_columns
from lora_demo.evaluation.sets import load_set

TMX = """<tmx version="1.4"><header/><body><tu>
<tuv xml:lang="de-AT"><seg>Yes</seg></tuv><tuv xml:lang="en-GB"><seg>Ja</seg></tuv>
</tu></body></tmx>"""
XLIFF = """<xliff version="1.2"><file source-language="de" target-language="en"><body>
<trans-unit id="1"><source>Yes</source><target>Ja</target></trans-unit></body></file></xliff>"""
FILES = {
    "exact.tsv": "de\ten\nYes\tJa\n",
    "named.csv": "German;English (UK)\nYes;Ja\n",
    "sides.csv": "source,target,source_lang,target_lang\nYes,Ja,de,en\nJa,Yes,en,de\n",
    "lines.jsonl": json.dumps({"translation": {"de": "Yes", "en": "Ja"}}) + "\n",
    "memory.tmx": TMX,
    "units.xliff": XLIFF,
}


@pytest.mark.parametrize("name", FILES)
def test_every_format_is_read_with_its_languages_exchanged(tmp_path, name):
    file = tmp_path / name
    file.write_text(FILES[name], encoding="utf-8")
    assert set(read_file(file)) == {("Yes", "Ja")}
    assert set(read_file(file, columns=SWAPPED)) == {("Ja", "Yes")}
    assert load_set(str(file), columns=SWAPPED).sources[0] == "Ja"


def test_further_references_stay_where_they_are(tmp_path):
    file = tmp_path / "two.tsv"
    file.write_text("de\ten\ten2\nYes\tJa\tYeah\n", encoding="utf-8")
    assert load_set(str(file), columns=SWAPPED).references == [["Yes"], ["Yeah"]]


def test_a_file_without_both_languages_is_refused_by_its_columns(tmp_path):
    file = tmp_path / "one.tsv"
    file.write_text("de\tother\nJa\tx\n", encoding="utf-8")
    for read in (read_file, lambda path, columns: load_set(str(path), columns=columns)):
        with pytest.raises(ValueError, match="has no columns for de and en"):
            read(file, columns=SWAPPED)


def test_exchanging_twice_changes_nothing():
    for columns in (None, "de=A, b,en=C"):
        swapped = swap_columns(columns)
        assert swapped != columns and swap_columns(swapped) == columns
    assert swap_columns(None) == SWAPPED


def test_a_file_looks_swapped_if_most_of_its_pairs_do():
    right = ("Das ist nicht der Hund.", "This is not the dog.")
    assert look_swapped([right[::-1], right[::-1], right, ("Ja", "Yes")])
    assert not look_swapped([right[::-1], right])
    assert not look_swapped([("Ja", "Yes")])
