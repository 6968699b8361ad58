"""Long texts are cut where sentences end, and nothing is lost."""

import pytest

from lora_demo.data.pieces import PIECE_TOKENS, Piece, join_pieces, split_text
from lora_demo.data.sentences import split_sentences


@pytest.mark.parametrize(
    "text",
    [
        "Am 3. Mai 1990 kam er an.| Danach schlief er.",
        "Das kostet z. B. 3,50 Euro, d.h. wenig.| Mehr zahlt niemand.",
        "Prof. Dr. Weiß und J. S. Bach sind da.| Wer noch?| Niemand!",
        "Er sagte: „Komm her!“| Dann ging er.",
        "„Komm her!“ sagte er.| Sie kam.",
        "Im 19. Jahrhundert lebte Karl V. nicht mehr.| Sondern früher.",
        "Es waren ca. 5 Mio. Euro bzw. Dollar.| „Viel Geld“, sagte sie.",
        "Nun ja ... vielleicht.| Oder doch nicht … | Wir warten.",
        "Sie kam 1999.| Er kam 2001.",
        "Das ist es (endlich!).| (Ja.)| 12 Leute sahen zu.",
        "Er wohnt in der Bahnhofstr. 5 im 2. Stock.| Siehe Abs. 3 Nr. 4.",
        "Titel ohne Punkt\n|\n|Erster Absatz.| Zweiter Satz.\n|Ende",
        "kein Ende",
        "",
    ],
)
def test_sentences_end_where_a_reader_sees_an_end(text):
    parts = split_sentences(text.replace("|", ""))
    assert "".join(sentence + space for sentence, space in parts) == text.replace("|", "")
    wanted = [part.strip() for part in text.split("|") if part.strip()] or [""]
    assert [sentence for sentence, _ in parts] == wanted


def count_words(texts):
    return [3 + len(text.split()) for text in texts]


def test_sentences_share_a_piece_up_to_its_usual_length():
    text = " ".join(f"Satz Nummer {i} steht hier." for i in range(1000, 1200))
    pieces = split_text(text, count_words, 512)
    assert join_pieces(pieces, [piece.text for piece in pieces]) == text
    assert all(piece.text.endswith(".") for piece in pieces)
    sizes = count_words([piece.text for piece in pieces])
    assert max(sizes) <= PIECE_TOKENS and min(sizes[:-1]) > PIECE_TOKENS / 2


def test_line_breaks_end_pieces_and_are_kept():
    text = "Eins. Zwei.\r\n\r\n  Drei.\nVier. Fünf.  \n"
    pieces = split_text(text, count_words, 512)
    assert [piece.text for piece in pieces] == ["Eins. Zwei.", "Drei.", "Vier. Fünf."]
    assert join_pieces(pieces, ["a", "b", "c"]) == "a\n\nb\nc"


def test_a_sentence_that_is_too_long_is_cut_at_clauses_else_words_else_anywhere():
    clauses = "; ".join(["viele Wörter ohne Ende"] * 40)
    pieces = split_text(clauses, count_words, 50)
    assert all(piece.text.endswith((";", "Ende")) for piece in pieces)
    assert join_pieces(pieces, [piece.text for piece in pieces]) == clauses
    words = "wort " * 300 + "x" * 5000
    pieces = split_text(words, lambda texts: [len(text) for text in texts], 100)
    assert max(len(piece.text) for piece in pieces) <= 100
    assert join_pieces(pieces, [piece.text for piece in pieces]) == words


def test_pieces_are_cleaned_as_all_texts_are():
    pieces = split_text("Ein\u00adfach  gut.\rUnd\u200b schön.", count_words, 512)
    assert pieces == [Piece("Einfach gut. Und schön.", "")]
