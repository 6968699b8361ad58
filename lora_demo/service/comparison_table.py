"""A comparison as a table: a row for each sentence, a column for each system."""

import csv
from collections.abc import Sequence
from io import StringIO

from lora_demo.evaluation.report.spreadsheet import safe_cell
from lora_demo.service.comparison import Comparison

FILE_NAME = "comparison.tsv"


def comparison_tsv(comparison: Comparison) -> str:
    """Write a comparison as tab-separated values, with a header.

    Args:
        comparison: The comparison.

    Returns:
        The German sentences and the translations of each system. No cell is a formula for
        spreadsheets.
    """
    columns: list[Sequence[str]] = [comparison.texts]
    columns += [system.texts for system in comparison.systems]
    header = ["de", *(system.name for system in comparison.systems)]
    table = StringIO()
    writer = csv.writer(table, delimiter="\t", lineterminator="\n")
    for row in (header, *zip(*columns, strict=True)):
        writer.writerow([safe_cell(cell) for cell in row])
    return table.getvalue()
