"""The table of sentences for spreadsheets."""

from collections.abc import Sequence
from typing import Any

from lora_demo.evaluation.report.data import Evaluation
from lora_demo.evaluation.report.sentence_groups import Groups, sentence_groups

FORMULA_SIGNS = tuple("=+-@|＝＋－＠")
CONTROL_SIGNS = ("\t", "\r", "\n")


def sentence_table(evaluation: Evaluation) -> list[list[Any]]:
    """Make the table of sentences.

    Args:
        evaluation: the evaluation.

    Returns:
        A header, and one row for each sentence. No text is a formula for spreadsheets.
    """
    groups = sentence_groups(evaluation)
    names_by_column = {
        column: _group_names(found, evaluation.n) for column, found in groups.items()
    }
    header = [*_text_columns(evaluation), *_system_columns(evaluation), *names_by_column]
    table = [[safe_cell(cell) for cell in header]]
    for i in range(evaluation.n):
        names = [safe_cell(names[i]) for names in names_by_column.values()]
        table.append([*_text_cells(evaluation, i), *_system_cells(evaluation, i), *names])
    return table


def _text_columns(evaluation: Evaluation) -> list[str]:
    references = ["en", *(f"en{k}" for k in range(2, len(evaluation.set.references) + 1))]
    return ["number", "de", *references]


def _text_cells(evaluation: Evaluation, i: int) -> list[Any]:
    references = [column[i] for column in evaluation.set.references]
    texts = [evaluation.set.sources[i], *(text or "" for text in references)]
    return [evaluation.number(i), *map(safe_cell, texts)]


def _system_columns(evaluation: Evaluation) -> list[str]:
    columns = []
    for system in evaluation.systems:
        columns.append(f"{system.name} output")
        columns += [f"{system.name} {metric}" for metric in system.sentence_scores]
    return columns


def _system_cells(evaluation: Evaluation, i: int) -> list[str]:
    cells = []
    for system in evaluation.systems:
        cells.append(safe_cell(system.outputs[i]))
        cells += [f"{scores[i]:.4f}" for scores in system.sentence_scores.values()]
    return cells


def _group_names(groups: Groups, n: int) -> Sequence[str]:
    """List for each sentence the groups that it belongs to."""
    names: list[list[str]] = [[] for _ in range(n)]
    for name, rows in groups:
        for i in rows:
            names[i].append(name)
    return ["; ".join(of_sentence) for of_sentence in names]


def safe_cell(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would take for a formula."""
    text = text.replace("\0", "")
    looks_like_formula = text.lstrip().startswith(FORMULA_SIGNS) or text.startswith(CONTROL_SIGNS)
    return f"'{text}" if looks_like_formula else text
