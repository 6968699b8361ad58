"""A glossary counts the terms that each system translates as wanted, and lists the others."""

import json

import pytest

from lora_demo.evaluation.analysis.glossary import Term, check_terms, find_terms, read_glossary
from tests.commands import run


def rows_of(term, sources, outputs):
    found = find_terms([term], sources)
    results = check_terms(found, outputs)
    return [(result.hit, result.missed) for result in results]


@pytest.mark.parametrize(
    ("de", "en", "source", "output", "is_hit"),
    [
        ("Teig", "dough", "Den Teig kneten.", "Knead the Dough.", True),
        ("Teig", "dough", "Des Teiges wegen", "because of doughs", True),
        ("Teig", "dough", "Teigwaren", "pasta", None),
        ("Teig", "dough", "Den TEIG", "the pastry", False),
        ("Apfel", "apple", "Viele Äpfel", "many apples", None),
        ("Apfel|Äpfel", "apple", "Viele Äpfel", "many apples", True),
        ("backen", "bake", "Wir backen", "We are baking", True),
        ("Beere", "berry", "Beeren", "berries", True),
        ("rote Bete", "beetroot|red beet", "Mit roten Beten", "with red beets", True),
        ("rote Bete", "beetroot|red beet", "Die rote alte Bete", "x", None),
        ("Ei", "egg", "Ein Ei", "an egg", True),
        ("Ei", "egg", "Eine Uhr", "a clock", None),
    ],
)
def test_a_term_is_found_in_any_case_and_with_usual_endings(de, en, source, output, is_hit):
    wanted = [] if is_hit is None else [([0], []) if is_hit else ([], [0])]
    assert rows_of(Term(de, en), [source], [output]) == wanted


def test_a_term_counts_in_every_sentence_that_has_it():
    sources = ["Der Teig ruht.", "Das Brot.", "Teig und Teig"]
    outputs = ["The dough rests.", "The bread.", "Paste and paste"]
    assert rows_of(Term("Teig", "dough"), sources, outputs) == [([0], [2])]


def test_a_glossary_is_read_from_every_kind_of_table(tmp_path):
    path = tmp_path / "g.csv"
    path.write_text("nr;Term_DE;term_en\n1;Teig;dough\n2;Teig;dough\n3;;x\n", encoding="utf-8")
    assert read_glossary(path) == [Term("Teig", "dough")]
    path = tmp_path / "g.jsonl"
    path.write_text('{"term_de": "Teig", "term_en": "dough"}\n', encoding="utf-8")
    assert read_glossary(path) == [Term("Teig", "dough")]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("g.txt", "Teig\n", "term_de and term_en"),
        ("g.tsv", "de\ten\na\tb\n", "Rename columns to term_de and term_en"),
        ("g.tmx", "<tmx/>", "Give a table with term_de and term_en"),
        ("g.tsv", "term_de\tterm_en\n\tb\n", "no terms"),
        ("g.tsv", "term_de\tterm_en\n" + "a " * 11 + "\tb\n", "line 2"),
    ],
)
def test_a_file_that_is_not_a_glossary_is_refused(tmp_path, name, text, message):
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read_glossary(tmp_path / name)


def test_the_command_counts_the_terms_of_each_system(files, capsys, tmp_path):
    glossary = tmp_path / "g.tsv"
    glossary.write_text("term_de\tterm_en\nHund\tdog\nMilch\tmilk\nZug\tcoach\n", encoding="utf-8")
    command = ["evaluate", "--base", "none", "--data", files.table, "--glossary", glossary]
    command += ["--outputs", f"weak={files.weak}", "--outputs", f"strong={files.strong}"]
    status, out, _ = run(capsys, *command, "--json", "--output", tmp_path / "report")
    found = json.loads(out)["glossary"]
    assert status == 0 and found["terms"] == 3
    assert [list(entry) for entry in found["systems"]] == [["name", "hit", "missed"]] * 2
    assert found["systems"][0] == {"name": "weak", "hit": 10, "missed": 5}
    whole = json.loads((tmp_path / "report" / "report.json").read_text())["glossary"]
    (missed,) = whole["systems"][0]["missed_terms"]
    assert (missed["term_de"], missed["term_en"]) == ("Zug", "coach")
    assert len(missed["sentences"]) == 5
    page = (tmp_path / "report" / "report.html").read_text()
    assert "<h2>Glossary</h2></summary>" in page and "coach" in page
    _, out, _ = run(capsys, *command)
    assert "Glossary: weak hits 10 of 15 terms" in out
    assert "missed Zug -> coach" in out
