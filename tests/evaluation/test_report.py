"""The report is one safe page, with all sentences in a spreadsheet."""

import re

import pytest

from lora_demo.evaluation.analysis.flaws import KINDS, FlawKind
from lora_demo.evaluation.config import EvaluationConfig
from lora_demo.evaluation.report.files import write_report
from lora_demo.evaluation.report.latex import latex_table
from lora_demo.evaluation.report.page import body, page
from lora_demo.evaluation.report.sentence_groups import sentence_groups
from lora_demo.evaluation.report.serialisation import document
from lora_demo.evaluation.report.spreadsheet import safe_cell, sentence_table
from tests.evaluation.conftest import write_lines
from tests.evaluation.report_page import Page
from tests.evaluation.running import config_of_files, run_evaluation

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"


def test_the_report_escapes_everything_and_loads_nothing(files):
    table = files.folder / "a&b<i>.tsv"
    table.write_text(
        "de\ten\n" + f'{HOSTILE}\t=HYPERLINK("http://x")\nHallo\tHello\nWelt\tWorld\n',
        encoding="utf-8",
    )
    outputs = [
        write_lines(files.folder / f"{k}.txt", [text, "@SUM(1)", "World"])
        for k, text in enumerate((HOSTILE, "+1"))
    ]
    evaluation, _ = run_evaluation(
        EvaluationConfig(
            base="none", data=str(table), outputs=((HOSTILE, outputs[0]), ("=cmd", outputs[1]))
        )
    )
    html = page(evaluation)
    found = Page(html)
    assert not found.open
    assert "script" not in found.tags
    assert "img" not in found.tags
    assert "default-src 'none'" in html
    assert all(link.startswith("#") and link[1:] in found.ids for link in found.links)
    assert sorted(found.ids) == ["s1", "s2", "s3", "sentences", "system1"]
    assert set(found.ids) == {link[1:] for link in found.links}
    assert "http://" not in html.replace("http://x", "")
    assert "url(" not in html
    assert "@import" not in html
    for line in sentence_table(evaluation):
        assert not any(isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@") for cell in line)


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("-2 Grad", "'-2 Grad"),
        (" @x", "' @x"),
        ("\tx", "'\tx"),
        ("＝1", "'＝1"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_no_cell_is_a_formula(text, safe):
    assert safe_cell(text) == safe


def test_the_csv_can_be_read_back(files, tmp_path):
    import csv

    evaluation, _ = run_evaluation(config_of_files(files))
    write_report(evaluation, tmp_path / "r")
    with open(tmp_path / "r" / "sentences.csv", encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    assert len(table) == 40
    assert table[1]["de"] == evaluation.set.sources[1]
    assert table[1]["strong output"] == evaluation.systems[1].outputs[1]
    assert float(table[3]["weak chrf"]) == pytest.approx(
        evaluation.systems[0].sentence_scores["chrf"][3], abs=1e-4
    )


def test_sentences_are_in_drawers_of_twenty_with_the_worst_first(files):
    evaluation, _ = run_evaluation(config_of_files(files))
    pages = re.findall('<details class="sentences">(.*?)</details>', body(evaluation))
    numbers = [[int(number) for number in re.findall('id="s([0-9]+)"', page)] for page in pages]
    assert [len(page) for page in numbers] == [20, 20]
    chrf = evaluation.systems[1].sentence_scores["chrf"]
    in_order = [chrf[number - 1] for page in numbers for number in page]
    assert in_order == sorted(chrf)
    assert f"20 sentences, chrF {in_order[0]:.1f} to {in_order[19]:.1f}" in pages[0]


def test_only_verdict_and_scores_are_outside_drawers(files):
    evaluation, _ = run_evaluation(config_of_files(files))
    outside = re.sub('<details class="drawer".*', "", body(evaluation))
    assert "verdict" in outside
    assert "<table>" in outside
    assert "<article" not in outside
    assert body(evaluation).count(' name="comparison"') == len(evaluation.comparisons)


def test_the_latex_table_has_every_score_and_escapes_names(files):
    name = "50% \\input{x} & $y_1^2$ <z>~"
    config = EvaluationConfig(
        base="none",
        data=str(files.table),
        outputs=(("weak", files.weak), (name, files.strong)),
    )
    evaluation, _ = run_evaluation(config)
    table = latex_table(evaluation)
    row = table.splitlines()[-4]
    escaped = (
        r"50\% \textbackslash{}input\{x\} \& \$y\_1\textasciicircum{}2\$ "
        r"\textless{}z\textgreater{}\textasciitilde{}"
    )
    assert row.startswith(escaped + " & ")
    for score in evaluation.systems[1].scores.values():
        assert f"{score.score:.1f}$^{{*}}$ [{score.low:.1f}, {score.high:.1f}]" in row
    assert table.count("\\\\") == 4
    assert evaluation.first.scores["bleu"].signature in table


def test_every_table_row_links_to_sentences_and_the_csv_has_the_others(translator, adapter):
    """The page shows only five sentences in full, and a few more of every row."""
    evaluation, _ = run_evaluation(
        EvaluationConfig(base="fake", adapters=(adapter,), data="builtin:weather"),
        translator=translator,
    )
    found = Page(body(evaluation, 5))
    assert all(link[1:] in found.ids for link in found.links)
    assert len(found.ids) == len(set(found.ids))
    header, *table = sentence_table(evaluation)
    assert len(sentence_groups(evaluation)) == 2 + 2 * 2 + 2
    assert set(sentence_groups(evaluation)) <= set(header)
    for column, kinds in sentence_groups(evaluation).items():
        cells = [row[header.index(column)].split("; ") for row in table]
        for name, members in kinds:
            assert [i for i, names in enumerate(cells) if name in names] == members
            assert not members or any(f"s{evaluation.number(i)}" in found.ids for i in members)
    base, tuned = (
        evaluation.buckets["sentence_chrf"][-1].rows_of[name] for name in ("base", "weather-r2")
    )
    assert len(base) < len(tuned) == evaluation.n
    assert base == [
        i for i, score in enumerate(evaluation.systems[0].sentence_scores["chrf"]) if score >= 80
    ]


def test_a_new_kind_of_flaw_is_part_of_every_result(files, monkeypatch):
    def is_long(source, output, references):
        return True

    kind = FlawKind("over the limit", is_long, "{name} is too long in {count} of {n} sentences.")
    monkeypatch.setitem(KINDS, "long", kind)
    evaluation, _ = run_evaluation(config_of_files(files))
    html, n = page(evaluation), evaluation.n
    assert "over the limit" in html
    assert f"strong is too long in {n} of {n} sentences." in html
    assert document(evaluation)["systems"][1]["flaws"]["long"]["share"] == 1
    assert sentence_groups(evaluation)["strong seen"][-1] == ("long", list(range(n)))
