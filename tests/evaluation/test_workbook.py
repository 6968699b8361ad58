"""The workbook has scores and sentences; numbers are numbers, and no text is a formula."""

import zipfile

import pytest
from lxml import etree

from lora_demo.evaluation.report.workbook import write_workbook
from tests.evaluation.conftest import write_lines
from tests.evaluation.running import config_of_files, run_evaluation

HOSTILE = ["=1+1", "+1", "-1", "@SUM(1)", "http://example.org", "\ttab", "{=1}", "mailto:a@b.c"]


def read_sheets(path) -> dict[str, list[list]]:
    """Read the cells of all sheets: texts as str, numbers as float, formulas as None."""
    with zipfile.ZipFile(path) as archive:
        book = etree.fromstring(archive.read("xl/workbook.xml"))
        names = [sheet.get("name") for sheet in book.iterfind(".//{*}sheet")]
        pages = [
            etree.fromstring(archive.read(f"xl/worksheets/sheet{k}.xml"))
            for k in range(1, len(names) + 1)
        ]
        assert not [name for name in archive.namelist() if "rels/sheet" in name], "no links"
    return dict(zip(names, map(_rows, pages), strict=True))


def _rows(sheet) -> list[list]:
    return [[_value(cell) for cell in row] for row in sheet.iterfind(".//{*}row")]


def _value(cell) -> str | float | None:
    if cell.find("{*}f") is not None:
        return None
    if cell.get("t") == "inlineStr":
        return "".join(cell.itertext())
    return float(cell.findtext("{*}v"))


@pytest.fixture
def evaluation(files):
    """An evaluation with outputs that look like formulas and with scores from elsewhere."""
    lines = files.strong.read_text(encoding="utf-8").splitlines()
    write_lines(files.strong, HOSTILE + lines[len(HOSTILE) :])
    scores = write_lines(files.folder / "x.txt", ["0.5"] * 40)
    return run_evaluation(config_of_files(files, segment_scores=(("DA:strong", scores),)))[0]


def test_the_workbook_has_scores_and_sentences(evaluation, tmp_path):
    write_workbook(evaluation, tmp_path / "r.xlsx")
    sheets = read_sheets(tmp_path / "r.xlsx")
    assert list(sheets) == ["Scores", "Sentences"]
    header, _weak, strong = sheets["Scores"]
    assert header[:6] == ["system", "sentences", "BLEU", "BLEU low", "BLEU high", "BLEU p"]
    bleu = evaluation.systems[1].scores["bleu"]
    p = evaluation.systems[1].tests["weak"]["bleu"].p
    assert strong[:2] == ["strong", 40]
    assert strong[2:6] == pytest.approx([bleu.score, bleu.low, bleu.high, p])
    header, *rows = sheets["Sentences"]
    assert len(rows) == 40 and rows[0][:2] == [1, evaluation.set.sources[0]]
    assert rows[3][header.index("strong DA")] == 0.5


def test_no_text_of_the_workbook_is_a_formula_or_a_link(evaluation, tmp_path):
    write_workbook(evaluation, tmp_path / "r.xlsx")
    header, *rows = read_sheets(tmp_path / "r.xlsx")["Sentences"]
    column = header.index("strong output")
    assert [row[column].strip() for row in rows[: len(HOSTILE)]] == [t.strip() for t in HOSTILE]
