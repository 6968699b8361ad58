"""Writes the files of a report: a page, everything as JSON, and tables for other programs."""

import csv
import json
from pathlib import Path

from lora_demo.evaluation.report.data import Evaluation
from lora_demo.evaluation.report.latex import latex_table
from lora_demo.evaluation.report.page import page
from lora_demo.evaluation.report.serialisation import document
from lora_demo.evaluation.report.spreadsheet import sentence_table
from lora_demo.evaluation.report.workbook import write_workbook
from lora_demo.files import atomic_write, write_text

FILES = ("report.html", "report.json", "sentences.csv", "scores.tex", "report.xlsx")


def write_report(evaluation: Evaluation, folder: Path) -> list[Path]:
    """Write the files of a report.

    Args:
        evaluation: The evaluation.
        folder: The folder to write to; it is created if it is missing.

    Returns:
        The paths of `FILES`.
    """
    html, json_file, table, latex, workbook = (Path(folder) / name for name in FILES)
    write_text(html, page(evaluation))
    write_text(latex, latex_table(evaluation))
    write_text(json_file, json.dumps(document(evaluation), ensure_ascii=False, indent=1) + "\n")
    # spreadsheets recognise UTF-8 by the byte-order mark of utf-8-sig
    with (
        atomic_write(table) as partial,
        open(partial, "w", encoding="utf-8-sig", newline="") as file,
    ):
        csv.writer(file).writerows(sentence_table(evaluation))
    with atomic_write(workbook) as partial:
        write_workbook(evaluation, partial)
    return [html, json_file, table, latex, workbook]
