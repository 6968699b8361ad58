"""Columns whose names differ only in the language are found, and others are not guessed."""

import pytest

from lora_demo.cli.translate_files import read_texts
from tests.data.test_readers import read_file, refusal, write


@pytest.mark.parametrize(
    "header",
    ["l_de,l_en", "Term DE,Term EN", "deLabel,enLabel", "wort_deutsch,wort_englisch", "en.1,de.1"],
)
def test_columns_whose_names_differ_only_in_the_language_are_known(tmp_path, header):
    row = "No,Nein" if header.startswith("en") else "Nein,No"
    path = write(tmp_path, "a.csv", f"id,{header}\n1,{row}\n")
    assert read_file(path) == [("Nein", "No")]
    assert read_texts(path) == ["Nein"]


@pytest.mark.parametrize(
    "header",
    [
        "a_de,b_en",
        "comment_de,comment_en",
        "a_de,a_en,b_de,b_en",
        "x_de,x_en,source,target",
        "x_de,x_de,x_en",
        "de,x_de,x_en",
        "l_de,l_fr",
    ],
)
def test_columns_that_could_be_others_are_not_guessed(tmp_path, header):
    row = ",".join("abcd"[: header.count(",") + 1])
    assert header.replace(",", ", ") in refusal(write(tmp_path, "a.csv", f"{header}\n{row}\n"))
