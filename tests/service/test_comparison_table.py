"""A comparison as tab-separated values."""

import csv
from io import StringIO

from lora_demo.service.compared_system import ComparedSystem
from lora_demo.service.comparison import Comparison
from lora_demo.service.comparison_table import comparison_tsv


def compared(texts, *columns) -> Comparison:
    systems = [
        ComparedSystem(name, "base", None, None, 1.0, outputs, [1] * len(outputs), [])
        for name, outputs in columns
    ]
    return Comparison(texts, systems, 1, 0.1)


def rows(comparison: Comparison) -> list[list[str]]:
    return list(csv.reader(StringIO(comparison_tsv(comparison)), delimiter="\t"))


def test_the_table_has_a_row_for_each_sentence_and_a_column_for_each_system():
    comparison = compared(["Ja.", "Nein."], ("base", ["Yes.", "No."]), ("r8", ["Yes!", ""]))
    assert comparison_tsv(comparison) == "de\tbase\tr8\nJa.\tYes.\tYes!\nNein.\tNo.\t\n"


def test_tabs_and_quotes_stay_in_their_cell():
    comparison = compared(['a\t"b"'], ("base", ['x\t"y"\tz']))
    assert rows(comparison) == [["de", "base"], ['a\t"b"', 'x\t"y"\tz']]


def test_no_cell_is_a_formula_for_spreadsheets():
    comparison = compared(["=1+1"], ("=A1", ["@SUM(A1)"]), ("+b", ["-1"]))
    assert rows(comparison) == [["de", "'=A1", "'+b"], ["'=1+1", "'@SUM(A1)", "'-1"]]
