"""The report as one HTML page that loads nothing from elsewhere and runs no code."""

from html import escape

from lora_demo.evaluation.metrics import METRICS, deciding_metrics
from lora_demo.evaluation.report.data import Evaluation
from lora_demo.evaluation.report.detail_sections import (
    buckets_section,
    comparison_section,
    flaws_section,
)
from lora_demo.evaluation.report.drawer import drawer
from lora_demo.evaluation.report.glossary_section import glossary_section
from lora_demo.evaluation.report.html_table import Shown
from lora_demo.evaluation.report.narrative import alarms, origin, remarks, verdicts
from lora_demo.evaluation.report.score_tables import TONES, further_sections, scores_section
from lora_demo.evaluation.report.segment_format import segment_findings
from lora_demo.evaluation.report.segment_section import segments_section
from lora_demo.evaluation.report.sentence_groups import sentence_groups
from lora_demo.evaluation.report.sentence_list import sentences_section
from lora_demo.evaluation.report.style import STYLE
from lora_demo.evaluation.significance import MIN_DIFFERING
from lora_demo.language import _, current_language, ngettext

MAX_SENTENCES = 2000
MIN_LINKED = 3
"""Sentences of every table row that the page shows, even beyond the maximum."""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def page(evaluation: Evaluation) -> str:
    """Render the whole page.

    Args:
        evaluation: The evaluation.

    Returns:
        An HTML document.
    """
    title = _("Evaluation on {set}", set=escape(evaluation.set.id))
    return (
        f'<!doctype html>\n<html lang="{current_language()}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head>"
        f"<body>{body(evaluation)}</body></html>\n"
    )


def body(evaluation: Evaluation, max_sentences: int = MAX_SENTENCES) -> str:
    """Render the report for a page: the verdict first, the sentences last.

    Args:
        evaluation: The evaluation.
        max_sentences: Sentences to show in full. Beyond them, `MIN_LINKED` are shown for every
            table row.

    Returns:
        HTML.
    """
    shown = _select_sentences(evaluation, max_sentences)
    sections = [
        _verdict_section(evaluation),
        scores_section(evaluation),
        segments_section(evaluation, shown),
        flaws_section(evaluation, shown),
        glossary_section(evaluation, shown),
        *further_sections(evaluation),
        buckets_section(evaluation, shown),
        *(comparison_section(evaluation, c, shown) for c in evaluation.comparisons),
        sentences_section(evaluation, shown),
        _method_section(evaluation),
    ]
    return f'<main class="report">{"".join(sections)}</main>'


def _select_sentences(evaluation: Evaluation, max_sentences: int) -> Shown:
    rows = set(range(min(evaluation.n, max_sentences)))
    for groups in sentence_groups(evaluation).values():
        for _name, group in groups:
            rows.update(group[:MIN_LINKED])
    return {i: evaluation.number(i) for i in sorted(rows)}


def _verdict_section(evaluation: Evaluation) -> str:
    """Render the verdicts, and the alarms that limit their value."""
    title = _("Partial evaluation") if evaluation.is_partial else _("Evaluation")
    about = escape(_describe_set(evaluation))
    parts = [f'<header><h1>{title}</h1><p class="soft">{about}</p></header>']
    for alarm in alarms(evaluation):
        parts.append(f'<p class="alarm" role="alert">{escape(alarm)}</p>')
    for verdict, tone in zip(verdicts(evaluation), _tones(evaluation), strict=True):
        parts.append(_verdict(verdict, tone))
    for finding, direction in segment_findings(evaluation):
        parts.append(_verdict(finding, TONES[direction]))
    for remark in remarks(evaluation):
        parts.append(f'<p class="soft">{escape(remark)}</p>')
    return "".join(parts)


def _verdict(text: str, tone: str) -> str:
    shown = escape(text).replace("p = ", "p&nbsp;=&nbsp;")
    return f'<p class="verdict {tone}">{shown}</p>'


def _describe_set(evaluation: Evaluation) -> str:
    name, config = evaluation.set.id, evaluation.config
    if name.startswith("builtin"):
        name += f", {evaluation.set.split}"
    facts = [
        ngettext(
            "{count:,} sentence of {name}", "{count:,} sentences of {name}", evaluation.n, name=name
        ),
        ngettext("{count:,} reference", "{count:,} references", len(evaluation.set.references)),
    ]
    if config.has_base:
        facts.append(ngettext("greedy", "{count} beams", config.beams))
        if evaluation.precision != "float32":
            facts.append(_("translated in {precision}", precision=evaluation.precision))
    return "; ".join(facts)


def _tones(evaluation: Evaluation) -> list[str]:
    """Choose a tone for each verdict; empty if the deciding metrics disagree."""
    if not evaluation.others:
        return [""]
    tones = []
    for system in evaluation.others:
        found = {system.better_than(evaluation.first, metric) for metric in deciding_metrics()}
        significant = found - {0}
        tones.append(TONES[significant.pop()] if len(significant) == 1 else "")
    return tones


def _method_section(evaluation: Evaluation) -> str:
    """Render the method, so that others can reproduce the numbers."""
    facts = [
        f"{escape(evaluation.labels[metric])}: "
        f"<code>{escape(evaluation.first.scores[metric].signature)}</code>"
        for metric in METRICS
    ]
    facts += [
        f"{escape(result.name)}: <code>{escape(result.scores[result.first].signature)}</code>"
        for result in evaluation.segment_results
    ]
    facts.append(_("seed {seed}", seed=evaluation.scorer.seed))
    facts.append(
        _(
            "set <code>{set}</code>, SHA-256 <code>{hash}</code>",
            set=escape(evaluation.set.id),
            hash=evaluation.set.sha256,
        )
    )
    for system in evaluation.systems:
        facts.append(f"{escape(system.shown_name)}: {escape(origin(evaluation, system))}")
    items = "".join(f"<li>{fact}</li>" for fact in facts)
    return drawer(_("Method"), f'<p class="soft">{_method_note()}</p><ul>{items}</ul>')


def _method_note() -> str:
    return _(
        "Scores, intervals and p-values are those of sacreBLEU: its command gives the same numbers "
        "for the same texts. There are two exceptions. If two systems are equal in every sentence, "
        "or if no score differs in any sample, p is 1. If fewer than "
        "{count} sentences differ, p is shown but does not count as significant: with "
        "five differences, chance alone gives all of them the same sign one time in sixteen. "
        "Each comparison is a separate test. Of many tests, about one in twenty looks significant "
        "by chance.",
        count=MIN_DIFFERING,
    )
