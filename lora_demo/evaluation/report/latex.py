"""The scores of an evaluation as a LaTeX table."""

from lora_demo.evaluation.metrics import METRICS
from lora_demo.evaluation.report.data import Evaluation, System
from lora_demo.evaluation.report.narrative import first_name
from lora_demo.evaluation.report.segment_format import segment_decimals
from lora_demo.evaluation.segment_tests import SegmentResult
from lora_demo.evaluation.significance import LEVEL, SAMPLES
from lora_demo.formatting import plural
from lora_demo.language import ENGLISH, in_language

SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    **{character: "\\" + character for character in "&%$#_{}"},
}


def escape_latex(text: str) -> str:
    """Escape the characters that LaTeX would take for commands; control characters are dropped.

    Args:
        text: A plain text, such as the name of a system.
    """
    shown = (character for character in text if character.isprintable())
    return "".join(SPECIAL.get(character, character) for character in shown)


def latex_table(evaluation: Evaluation) -> str:
    """Write the scores as a `tabular` that needs no package.

    Args:
        evaluation: The evaluation.

    Returns:
        LaTeX: A row for each system with scores and 95% intervals, and the signatures as comments.
    """
    labels = [_label(evaluation, metric) for metric in METRICS]
    labels += [_segment_label(result) for result in evaluation.segment_results]
    header = " & ".join(["System", *map(escape_latex, labels)])
    rows = [_row(evaluation, system) for system in evaluation.systems]
    signatures = [
        f"% {evaluation.labels[metric]}: {evaluation.first.scores[metric].signature}"
        for metric in METRICS
    ]
    signatures += [
        f"% {escape_latex(result.name)}: {result.scores[result.first].signature}, given scores"
        for result in evaluation.segment_results
    ]
    about = f"% {plural(evaluation.n, 'sentence')}, SHA-256 of the set {evaluation.set.sha256}"
    columns = "l" + "r" * len(labels)
    return "\n".join(
        [
            about,
            *signatures,
            rf"\begin{{tabular}}{{{columns}}}",
            r"\hline",
            rf"{header} \\",
            r"\hline",
            *rows,
            r"\hline",
            rf"\multicolumn{{{len(columns)}}}{{l}}{{\footnotesize {_note(evaluation)}}} \\",
            r"\end{tabular}",
            "",
        ]
    )


def _label(evaluation: Evaluation, metric: str) -> str:
    label = evaluation.labels[metric]
    return f"{label} (lower is better)" if METRICS[metric].lower_is_better else label


def _row(evaluation: Evaluation, system: System) -> str:
    cells = [escape_latex(system.name)]
    for metric in METRICS:
        score = system.scores[metric]
        is_compared = system is not evaluation.first
        is_significant = is_compared and system.better_than(evaluation.first, metric) != 0
        star = "$^{*}$" if is_significant else ""
        cells.append(f"{score.score:.1f}{star} [{score.low:.1f}, {score.high:.1f}]")
    cells += [_segment_cell(evaluation, result, system) for result in evaluation.segment_results]
    return " & ".join(cells) + r" \\"


def _segment_label(result: SegmentResult) -> str:
    return f"{result.name} (lower is better)" if result.metric.lower_is_better else result.name


def _segment_cell(evaluation: Evaluation, result: SegmentResult, system: System) -> str:
    """Write a mean from elsewhere; its star means the same as those of the other metrics."""
    score = result.scores.get(system.name)
    if score is None:
        return "--"
    is_compared = system.name != result.first == evaluation.first.name
    is_significant = is_compared and result.better_than(system.name, result.first) != 0
    star = "$^{*}$" if is_significant else ""
    decimals = segment_decimals(result)
    low, high = (f"{value:.{decimals}f}" for value in (score.low, score.high))
    return f"{score.score:.{decimals}f}{star} [{low}, {high}]"


def _note(evaluation: Evaluation) -> str:
    with in_language(ENGLISH):
        first = escape_latex(first_name(evaluation))
    return (
        f"95\\% intervals and tests by {SAMPLES:,} bootstrap resamples. $^{{*}}$: differs from "
        f"{first}, $p < {LEVEL}$."
    )
