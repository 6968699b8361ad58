"""Scores of sentences in the report, given or by COMET: means, tests, pairs, plot against chrF."""

from html import escape

from lora_demo.evaluation.report.data import Evaluation
from lora_demo.evaluation.report.drawer import drawer
from lora_demo.evaluation.report.html_table import Shown, cell, table
from lora_demo.evaluation.report.plots import grouped_scatter_plot, interval_plot
from lora_demo.evaluation.report.score_tables import TONES
from lora_demo.evaluation.report.segment_format import (
    format_change,
    format_interval,
    format_segment,
    segment_label,
)
from lora_demo.evaluation.report.verdict import format_p
from lora_demo.evaluation.segment_tests import SegmentResult, correlation
from lora_demo.evaluation.significance import SAMPLES, TRIALS
from lora_demo.formatting import shown_system
from lora_demo.language import _, format_number


def segments_section(evaluation: Evaluation, shown: Shown) -> str:
    """Render the metrics whose scores of single sentences were computed elsewhere.

    Args:
        evaluation: The evaluation.
        shown: The sentences that the page shows.

    Returns:
        HTML; empty without such scores.
    """
    if not evaluation.segment_results:
        return ""
    note = _(
        "Means of scores of single sentences. Intervals and p-values resample the sentences "
        "{samples:,} times, as for the other metrics. r is Pearson's correlation with the chrF of "
        "the sentence.",
        samples=SAMPLES,
    )
    parts = [_metric(evaluation, result, shown) for result in evaluation.segment_results]
    return drawer(_("Segment scores"), f'<p class="soft">{note}</p>{"".join(parts)}')


def _metric(evaluation: Evaluation, result: SegmentResult, shown: Shown) -> str:
    chrf = {system.name: system.sentence_scores["chrf"] for system in evaluation.systems}
    names = list(result.scores)
    shown_names = [shown_system(name) for name in names]
    label = segment_label(result)
    intervals = interval_plot(
        _("{metric} with 95% confidence intervals", metric=label),
        shown_names,
        list(result.scores.values()),
        lambda value: format_segment(result, value),
    )
    scatter = grouped_scatter_plot(
        _("{metric} and {chrf} of each sentence", metric=label, chrf=evaluation.labels["chrf"]),
        (evaluation.labels["chrf"], result.name),
        shown_names,
        [(chrf[name], result.metric.scores[name]) for name in names],
        lambda value: format_segment(result, value),
        shown,
    )
    return "".join(
        [
            f"<h3>{escape(label)}</h3>",
            _origin(result),
            _means_table(evaluation, result),
            intervals,
            _pairs_table(result),
            scatter,
        ]
    )


def _origin(result: SegmentResult) -> str:
    """Say where the scores are from."""
    if not result.metric.signature:
        return f'<p class="soft">{_("These scores were given with the outputs.")}</p>'
    text = _("Computed with {signature}.", signature=escape(result.metric.signature))
    return f'<p class="soft">{text}</p>'


def _means_table(evaluation: Evaluation, result: SegmentResult) -> str:
    header = [_("System"), _("Mean"), _("95% interval"), "r"]
    if result.others:
        header.insert(3, _("Against {first}", first=escape(shown_system(result.first))))
    if result.randomisation:
        header.insert(4, _("Approximate randomisation, {count:,} trials", count=TRIALS))
    rows = []
    for system in evaluation.systems:
        if system.name not in result.scores:
            continue
        score = result.scores[system.name]
        cells = [
            escape(system.shown_name),
            format_segment(result, score.score),
            format_interval(result, score),
        ]
        if result.others:
            is_first = system.name == result.first
            cells.append("" if is_first else format_change(result, system.name))
        if result.randomisation:
            test = result.randomisation.get(system.name)
            cells.append(format_p(test) if test else "")
        r = correlation(system.sentence_scores["chrf"], result.metric.scores[system.name])
        cells.append("–" if r is None else format_number(r, ".2f"))
        rows.append([cell(content) for content in cells])
    return table(header, rows)


def _pairs_table(result: SegmentResult) -> str:
    """Render each system against each other one; empty if the table of means has the only pair."""
    names = list(result.scores)
    if len(names) <= 2:
        return ""
    rows = []
    for name in names:
        pairs = [_pair(result, name, other) for other in names]
        rows.append([cell(escape(shown_system(name))), *pairs])
    title = _("All pairs by {metric} (row minus column)", metric=escape(result.name))
    return f"<h3>{title}</h3>{table(['', *map(escape, map(shown_system, names))], rows)}"


def _pair(result: SegmentResult, name: str, other: str) -> str:
    if name == other:
        return cell("")
    difference = format_segment(result, result.change(name, other), "+")
    p = format_p(result.tests[name][other])
    return cell(f"{difference}<small>{p}</small>", TONES[result.better_than(name, other)])
