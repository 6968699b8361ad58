"""Text files to translate: what is read, and in which parts."""

import pytest

from lora_demo.service.compared_system import ComparedSystem
from lora_demo.service.comparison import MAX_CHARACTERS, Comparison, split_sentences
from lora_demo.service.text_files import (
    MAX_LINES,
    PART_LINES,
    join_comparisons,
    read_text_file,
    split_into_parts,
)


def write(folder, text):
    path = folder / "lines.txt"
    path.write_text(text, encoding="utf-8")
    return path


def test_each_line_with_text_is_a_sentence(tmp_path):
    assert read_text_file(write(tmp_path, " Ja. \n\n\tÄ, ö\r\nNein")) == ["Ja.", "Ä, ö", "Nein"]
    assert len(read_text_file(write(tmp_path, "a\n" * MAX_LINES))) == MAX_LINES


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n \n", "lines.txt has 0 lines with text"),
        ("a\n" * (MAX_LINES + 1), "lines.txt has 2,001 lines with text. Give 1 to 2,000 lines"),
        ("a\n\n" + "b" * (MAX_CHARACTERS + 1), "Line 3 of lines.txt has 5,001 characters"),
        ("<html>\n", "looks like XML or HTML"),
    ],
)
def test_other_files_are_refused_in_one_sentence(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        read_text_file(write(tmp_path, text))


def test_parts_keep_the_order_and_fit_one_comparison():
    sentences = [f"{n} x" + "x" * (n * 37 % 4000) for n in range(300)] + ["y" * MAX_CHARACTERS] * 2
    parts = split_into_parts(sentences)
    assert [sentence for part in parts for sentence in part] == sentences
    for part in parts:
        assert 1 <= len(part) <= PART_LINES
        assert split_sentences("\n".join(part)) == part
    assert len(split_into_parts(["a"] * (2 * PART_LINES + 1))) == 3


def test_joined_comparisons_are_the_comparison_of_the_whole_text():
    def compared(texts, pieces):
        systems = [
            ComparedSystem(
                name,
                "base",
                None,
                None,
                1.0,
                [f"{name} {text}" for text in texts],
                [2] * len(texts),
                [],
            )
            for name in ("base", "a")
        ]
        return Comparison(texts, systems, 1, 0.5, in_pieces=pieces)

    joined = join_comparisons([compared(["x", "y"], [1]), compared(["z"], [0])])
    assert joined.texts == ["x", "y", "z"] and joined.in_pieces == [1, 2]
    assert joined.systems[1].texts == ["a x", "a y", "a z"]
    assert joined.seconds == 1.0
    assert joined.systems[0].tokens == [2, 2, 2]
