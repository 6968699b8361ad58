"""The tables of an evaluation as a workbook of Excel (.xlsx)."""

from pathlib import Path
from typing import Any

from lora_demo.evaluation.report.data import Evaluation
from lora_demo.evaluation.report.spreadsheet import Table, score_rows, sentence_rows

MAX_ROWS = 1_048_576
MAX_CHARACTERS = 32_767
"""Rows of a sheet and characters of a cell in Excel."""
TEXT_WIDTH, NUMBER_WIDTH = 40, 12
"""Widths of columns in characters."""


def write_workbook(evaluation: Evaluation, path: Path) -> None:
    """Write a workbook with the sheets Scores and Sentences.

    Texts are written as texts, so that none of them is a formula or a link. A sheet has the rows
    that fit into it, which are about a million.

    Args:
        evaluation: The evaluation.
        path: The file to write.
    """
    import xlsxwriter

    # Each row goes to the disk before the next one, so that long sets need little memory.
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as workbook:
        bold = workbook.add_format({"bold": True})
        for name, rows in (
            ("Scores", score_rows(evaluation)),
            ("Sentences", sentence_rows(evaluation)),
        ):
            _write_sheet(workbook.add_worksheet(name), rows, bold)


def _write_sheet(sheet: Any, rows: Table, bold: Any) -> None:
    """Write a table below a header that stays in sight."""
    sheet.freeze_panes(1, 1)
    for column, cell in enumerate(rows[-1]):
        sheet.set_column(column, column, TEXT_WIDTH if isinstance(cell, str) else NUMBER_WIDTH)
    for number, row in enumerate(rows[:MAX_ROWS]):
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                text = cell[:MAX_CHARACTERS]
                sheet.write_string(number, column, text, bold if number == 0 else None)
            elif cell is not None:
                sheet.write_number(number, column, cell)
