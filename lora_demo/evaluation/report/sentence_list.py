"""Sentences of a report as HTML, with the words marked where systems differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from lora_demo.evaluation.report.data import Evaluation, FurtherSet, ScoredSet, System
from lora_demo.evaluation.report.drawer import drawer
from lora_demo.evaluation.report.html_table import Shown
from lora_demo.evaluation.report.segment_format import format_segment
from lora_demo.evaluation.segment_tests import SegmentResult
from lora_demo.evaluation.word_differences import word_differences, words
from lora_demo.language import _, format_number, ngettext

PAGE = 20
"""Sentences that are shown at a time."""
MAX_FURTHER_SENTENCES = 200
"""Sentences of a further set that the page shows."""
MAX_COMPARED_WORDS = 10**7
"""Words of one text times words of the other; longer texts are not marked."""


def mark(text: str, other: str, references: Sequence[str]) -> str:
    """Mark the words that another text does not have in the same place.

    Args:
        text: The text.
        other: The text to compare it with.
        references: Texts whose words count as right.

    Returns:
        `text` as HTML. Words that a reference has are in a <mark> of class `hit`, other words in
        one of class `miss`.
    """
    if len(words(text)) * len(words(other)) > MAX_COMPARED_WORDS:
        return escape(text)
    right = {word for reference in references for word in words(reference)}
    html, done = [], 0
    for difference in word_differences(text, other):
        for start, end in difference.spans:
            word = text[start:end]
            kind = "hit" if word in right else "miss"
            html += [escape(text[done:start]), f'<mark class="{kind}">{escape(word)}</mark>']
            done = end
    return "".join(html) + escape(text[done:])


def sentences_section(evaluation: Evaluation, shown: Shown) -> str:
    """Render the sentences with every system's output.

    Args:
        evaluation: The evaluation.
        shown: The sentences to show.

    Returns:
        HTML.
    """
    left_out = ""
    if len(shown) < evaluation.n:
        left_out = (
            '<p class="soft">'
            + _(
                "The page shows {count:,} of {n:,} sentences: the first ones, and some for "
                "every row of the tables. sentences.csv and report.json have all of them.",
                count=len(shown),
                n=evaluation.n,
            )
            + "</p>"
        )
    mean_chrf = _mean_chrf(evaluation)
    rows = sorted(shown, key=lambda i: mean_chrf[i])
    pages = [rows[start : start + PAGE] for start in range(0, len(rows), PAGE)]
    note = (
        '<p class="soft">'
        + _(
            "The number on the right is the chrF of the sentence. Sentences with a low "
            "mean chrF come first."
        )
        + "</p>"
    )
    content = "".join(_page(evaluation, page, mean_chrf) for page in pages)
    return drawer(_("Sentences"), f"{note}{left_out}{content}", "sentences")


def _mean_chrf(evaluation: Evaluation) -> np.ndarray:
    """Mean chrF of each sentence over the compared systems, or of the only system, (N,)."""
    systems = evaluation.others or evaluation.systems
    return np.mean([system.sentence_scores["chrf"] for system in systems], axis=0)


def _page(evaluation: Evaluation, rows: Sequence[int], mean_chrf: np.ndarray) -> str:
    lowest, highest = mean_chrf[rows[0]], mean_chrf[rows[-1]]
    title = ngettext(
        "{count:,} sentence, chrF {lowest:.1f} to {highest:.1f}",
        "{count:,} sentences, chrF {lowest:.1f} to {highest:.1f}",
        len(rows),
        lowest=float(lowest),
        highest=float(highest),
    )
    articles = "".join(_listed_sentence(evaluation, i) for i in rows)
    return f'<details class="sentences"><summary>{title}</summary>{articles}</details>'


def _listed_sentence(evaluation: Evaluation, i: int) -> str:
    number = str(evaluation.number(i))
    lines = _lines(evaluation.systems, i, evaluation.segment_results)
    return _article(evaluation, i, number, lines, f' id="s{number}"')


def linked_sentence(evaluation: Evaluation, i: int, systems: Sequence[System], shown: Shown) -> str:
    """Render a sentence with a link to its place in the list of sentences.

    Args:
        evaluation: The evaluation.
        i: The row of the sentence.
        systems: The systems whose outputs to show.
        shown: The sentences that the page shows.

    Returns:
        HTML.
    """
    number = str(evaluation.number(i))
    if i in shown:
        number = f'<a href="#s{number}">{number}</a>'
    lines = _lines(systems, i, evaluation.segment_results)
    return _article(evaluation, i, number, lines)


def further_sentences(further: FurtherSet) -> str:
    """Render the sentences of a further set, folded.

    Args:
        further: The further set.

    Returns:
        HTML.
    """
    shown = min(further.n, MAX_FURTHER_SENTENCES)
    articles = [
        _article(further, i, str(further.number(i)), _lines(further.systems, i))
        for i in range(shown)
    ]
    names = ", ".join(escape(system.shown_name) for system in further.systems)
    values = {"set": escape(further.set.id), "split": further.set.split, "names": names}
    title = ngettext(
        "{set}, {split}, {names}: {count:,} sentence",
        "{set}, {split}, {names}: {count:,} sentences",
        further.n,
        **values,
    )
    if shown < further.n:
        title = _(
            "{set}, {split}, {names}: {count:,} sentences, the first {shown:,}",
            count=further.n,
            shown=shown,
            **values,
        )
    return f"<details><summary>{title}</summary>{''.join(articles)}</details>"


@dataclass(frozen=True)
class _Line:
    """One system's output for a sentence."""

    name: str
    output: str
    scores: list[str]


def _lines(systems: Sequence[System], i: int, results: Sequence[SegmentResult] = ()) -> list[_Line]:
    """Collect the systems' outputs for a sentence with chrF, and with scores from elsewhere."""
    lines = []
    for system in systems:
        scores = [format_number(system.sentence_scores["chrf"][i], ".1f")]
        for result in results:
            values = result.metric.scores.get(system.name)
            if values:
                scores.append(f"{escape(result.name)} {format_segment(result, values[i])}")
        lines.append(_Line(system.shown_name, system.outputs[i], scores))
    return lines


def _article(
    scored: ScoredSet, i: int, number: str, lines: Sequence[_Line], attributes: str = ""
) -> str:
    """Render a sentence, its references and the systems' outputs."""
    references = scored.set.references_of(i)
    source = escape(scored.set.sources[i])
    label = _("German {number}", number=number)
    rows = [f'<dt>{label}</dt><dd lang="de">{source}</dd><dd></dd>']
    for reference in references:
        shown = escape(reference)
        rows.append(f'<dt>{_("reference")}</dt><dd lang="en">{shown}</dd><dd></dd>')
    for k, line in enumerate(lines):
        output = _marked_output(lines, k, references) or f"<i>{_('(empty)')}</i>"
        rows.append(
            f'<dt>{escape(line.name)}</dt><dd lang="en">{output}</dd>'
            f'<dd class="number">{"<br>".join(line.scores)}</dd>'
        )
    return f"<article{attributes}><dl>{''.join(rows)}</dl></article>"


def _marked_output(lines: Sequence[_Line], k: int, references: Sequence[str]) -> str:
    """Mark the first output against the last one, and the others against the first one."""
    if len(lines) == 1:
        return escape(lines[k].output)
    other = lines[0] if k else lines[-1]
    return mark(lines[k].output, other.output, references)
