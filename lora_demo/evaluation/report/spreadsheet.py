"""The tables of an evaluation for spreadsheets: its scores, and its sentences."""

from collections.abc import Sequence
from typing import Any

from lora_demo.evaluation.metrics import METRICS
from lora_demo.evaluation.report.data import Evaluation, System
from lora_demo.evaluation.report.sentence_groups import Groups, sentence_groups
from lora_demo.evaluation.scores import Score
from lora_demo.evaluation.segment_tests import SegmentResult

FORMULA_SIGNS = tuple("=+-@|＝＋－＠")
CONTROL_SIGNS = ("\t", "\r", "\n")
Table = list[list[Any]]
"""Rows of texts and numbers; None is an empty cell."""


def score_rows(evaluation: Evaluation) -> Table:
    """Make the table of scores.

    Args:
        evaluation: The evaluation.

    Returns:
        A header, and one row for each system: each metric with its interval, and with the p-value
        against the system that the others are compared with.
    """
    labels = [evaluation.labels[metric] for metric in METRICS]
    labels += [result.name for result in evaluation.segment_results]
    header = ["system", "sentences"]
    for label in labels:
        header += [label, f"{label} low", f"{label} high", f"{label} p"]
    return [header, *(_score_row(evaluation, system) for system in evaluation.systems)]


def _score_row(evaluation: Evaluation, system: System) -> list[Any]:
    row: list[Any] = [system.name, evaluation.n]
    tests = {} if system is evaluation.first else evaluation.tests(system)
    for metric in METRICS:
        test = tests.get(metric)
        row += [*_score_cells(system.scores[metric]), test.p if test else None]
    for result in evaluation.segment_results:
        row += _segment_cells(result, system.name)
    return row


def _score_cells(score: Score) -> list[float]:
    return [score.score, score.low, score.high]


def _segment_cells(result: SegmentResult, name: str) -> list[float | None]:
    if name not in result.scores:
        return [None] * 4
    p = None if name == result.first else result.tests[name][result.first].p
    return [*_score_cells(result.scores[name]), p]


def sentence_rows(evaluation: Evaluation) -> Table:
    """Make the table of sentences.

    Args:
        evaluation: The evaluation.

    Returns:
        A header, and one row for each sentence.
    """
    groups = sentence_groups(evaluation)
    names_by_column = {
        column: _group_names(found, evaluation.n) for column, found in groups.items()
    }
    table = [[*_text_columns(evaluation), *_system_columns(evaluation), *names_by_column]]
    for i in range(evaluation.n):
        names = [names[i] for names in names_by_column.values()]
        table.append([*_text_cells(evaluation, i), *_system_cells(evaluation, i), *names])
    return table


def sentence_table(evaluation: Evaluation) -> Table:
    """Make the table of sentences for CSV.

    Args:
        evaluation: The evaluation.

    Returns:
        The same with four decimals. No text is a formula for spreadsheets.
    """
    return [[_csv_cell(cell) for cell in row] for row in sentence_rows(evaluation)]


def _csv_cell(cell: Any) -> Any:
    if isinstance(cell, str):
        return safe_cell(cell)
    return f"{cell:.4f}" if isinstance(cell, float) else cell


def _text_columns(evaluation: Evaluation) -> list[str]:
    references = ["en", *(f"en{k}" for k in range(2, len(evaluation.set.references) + 1))]
    return ["number", "de", *references]


def _text_cells(evaluation: Evaluation, i: int) -> list[Any]:
    references = [column[i] or "" for column in evaluation.set.references]
    return [evaluation.number(i), evaluation.set.sources[i], *references]


def _system_columns(evaluation: Evaluation) -> list[str]:
    columns = []
    for system in evaluation.systems:
        names = [*system.sentence_scores, *(result.name for result in _results(evaluation, system))]
        columns += [f"{system.name} output", *(f"{system.name} {name}" for name in names)]
    return columns


def _system_cells(evaluation: Evaluation, i: int) -> list[Any]:
    cells: list[Any] = []
    for system in evaluation.systems:
        cells.append(system.outputs[i])
        cells += [float(scores[i]) for scores in system.sentence_scores.values()]
        cells += [result.metric.scores[system.name][i] for result in _results(evaluation, system)]
    return cells


def _results(evaluation: Evaluation, system: System) -> list[SegmentResult]:
    """List the metrics from elsewhere that score a system."""
    return [result for result in evaluation.segment_results if system.name in result.scores]


def _group_names(groups: Groups, n: int) -> Sequence[str]:
    """List for each sentence the groups that it belongs to."""
    names: list[list[str]] = [[] for _ in range(n)]
    for name, rows in groups:
        for i in rows:
            names[i].append(name)
    return ["; ".join(of_sentence) for of_sentence in names]


def safe_cell(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would take for a formula.

    Args:
        text: Any text, such as a system's output. Its NUL characters are dropped.
    """
    text = text.replace("\0", "")
    looks_like_formula = text.lstrip().startswith(FORMULA_SIGNS) or text.startswith(CONTROL_SIGNS)
    return f"'{text}" if looks_like_formula else text
