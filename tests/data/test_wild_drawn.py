"""Tables that are drawn with lines, as in Markdown and in the output of SQL clients."""

import pytest

from tests.data.test_readers import read_file, refusal, write

PAIRS = [("Ja", "Yes"), ("Nein", "No")]


@pytest.mark.parametrize(
    "text",
    [
        "| de | en |\n|----|:--:|\n| Ja | Yes |\n| Nein | No |\n",
        "|de|en|\n|-|-|\n|Ja|Yes|\n|Nein|No|\n",
        "de | en\n--- | ---\nJa | Yes\nNein | No\n",
        "|   | de | en |\n|---:|:---|:---|\n| 0 | Ja | Yes |\n| 1 | Nein | No |\n",
        " de  | en \n-----+-----\n Ja  | Yes\n Nein | No\n",
        "+----+-----+\n| de | en  |\n+----+-----+\n| Ja | Yes |\n+-+-+\n| Nein | No |\n+-+-+\n",
        "+----+-----+\n| de | en  |\n+====+=====+\n| Ja | Yes |\n| Nein | No |\n+----+-----+\n",
        "de,en\n--,--\nJa,Yes\nNein,No\n",
        "sep=;\nde;en\nJa;Yes\nNein;No\n",
    ],
)
def test_lines_that_only_draw_a_table_are_not_pairs(tmp_path, text):
    assert read_file(write(tmp_path, "a.csv", text)) == PAIRS


def test_dashes_in_other_rows_are_text_and_lines_are_counted_with_those_that_draw(tmp_path):
    rows = "de,en\n-,-\n--,--\nJa,Yes\n"
    assert read_file(write(tmp_path, "a.csv", rows)) == [("-", "-"), ("--", "--"), ("Ja", "Yes")]
    table = "| de | en |\n|---|---|\n| Ja | Yes |\n(1 row)\n"
    assert "line 4: the line has 1 column," in refusal(write(tmp_path, "b.csv", table))


def test_a_bar_in_a_cell_of_markdown_is_text(tmp_path):
    table = '| de | en |\n|---|---|\n| a \\| b | x |\n| "Ja" | Yes |\n'
    assert read_file(write(tmp_path, "a.csv", table)) == [("a | b", "x"), ('"Ja"', "Yes")]
