"""Details of a report as HTML: flaws, scores of kinds of sentences, comparisons."""

from collections.abc import Sequence
from html import escape

from lora_demo.evaluation.analysis.buckets import Bucket
from lora_demo.evaluation.analysis.flaws import KINDS, Flaws
from lora_demo.evaluation.analysis.gains import Gain
from lora_demo.evaluation.report.data import Evaluation, SystemComparison
from lora_demo.evaluation.report.drawer import drawer
from lora_demo.evaluation.report.html_table import Shown, cell, sentence_links, table
from lora_demo.evaluation.report.narrative import first_name, frequency_source
from lora_demo.evaluation.report.plots import bar_plot, scatter_plot
from lora_demo.evaluation.report.score_tables import system_link
from lora_demo.evaluation.report.sentence_list import linked_sentence
from lora_demo.formatting import shown_system
from lora_demo.language import _, format_number


def flaws_section(evaluation: Evaluation, shown: Shown) -> str:
    """Render exact matches and visible flaws.

    Args:
        evaluation: The evaluation.
        shown: The sentences that the page shows.

    Returns:
        HTML.
    """
    rows = []
    for system in evaluation.systems:
        cells = [cell(system_link(evaluation, system))]
        if system.flaws:
            cells += [_flaw_cell(system.flaws, kind, shown) for kind in KINDS]
        rows.append(cells)
    labels = [_(kind.label) for kind in KINDS.values()]
    return drawer(_("Exact matches and visible flaws"), table([_("System"), *labels], rows))


def _flaw_cell(flaws: Flaws, kind: str, shown: Shown) -> str:
    percent = format_number(flaws.share(kind), ".1%")
    return cell(percent + sentence_links(flaws.rows(kind), shown))


def buckets_section(evaluation: Evaluation, shown: Shown) -> str:
    """Render scores of kinds of sentences and of words.

    Args:
        evaluation: The evaluation.
        shown: The sentences that the page shows.

    Returns:
        HTML.
    """
    buckets, label = evaluation.buckets, evaluation.labels["chrf"]
    frequency_note = _(
        "Words of the references, grouped by their frequency in {source}. n is the number of such "
        "words, and F1 is in percent.",
        source=frequency_source(evaluation),
    )
    content = "".join(
        [
            _score_buckets(
                evaluation,
                _("{label} by source length", label=label),
                buckets["length"],
                "chrf",
                shown,
            ),
            _score_buckets(
                evaluation,
                _("F1 of words by frequency"),
                buckets["frequency"],
                "f1",
                shown,
                frequency_note,
            ),
            _chrf_buckets(
                evaluation, _("Sentences by {label}", label=label), buckets["sentence_chrf"], shown
            ),
        ]
    )
    return drawer(_("Differences between the systems"), content)


def _score_buckets(
    evaluation: Evaluation,
    title: str,
    buckets: Sequence[Bucket],
    score: str,
    shown: Shown,
    note: str = "",
) -> str:
    """Render the scores of every system in each bucket."""
    names = [system.name for system in evaluation.systems]
    rows = []
    for bucket in buckets:
        scores = [cell(format_number(bucket.scores[name][score], ".1f")) for name in names]
        links = cell(sentence_links(bucket.rows, shown))
        rows.append(
            [cell(escape(_(bucket.name))), cell(format_number(bucket.n, ",")), *scores, links]
        )
    plot = _bucket_plot(title, buckets, names, score)
    header = ["", "n", *map(escape, map(shown_system, names)), ""]
    return f'{plot}<p class="soft">{escape(note)}</p>{table(header, rows)}'


def _chrf_buckets(
    evaluation: Evaluation, title: str, buckets: Sequence[Bucket], shown: Shown
) -> str:
    """Render which sentences of every system are in each bucket."""
    names = [system.name for system in evaluation.systems]
    rows = []
    for bucket in buckets:
        links = [sentence_links(bucket.rows_of[name], shown) or "0" for name in names]
        rows.append([cell(escape(_(bucket.name))), *map(cell, links)])
    plot = _bucket_plot(title, buckets, names, "sentences")
    note = _("The sentences of each system, by their scores.")
    header = ["", *map(escape, map(shown_system, names))]
    return f'{plot}<p class="soft">{note}</p>{table(header, rows)}'


def _bucket_plot(title: str, buckets: Sequence[Bucket], names: Sequence[str], score: str) -> str:
    values = [[bucket.scores[name][score] for bucket in buckets] for name in names]
    return bar_plot(
        title, [_(bucket.name) for bucket in buckets], list(map(shown_system, names)), values
    )


def comparison_section(evaluation: Evaluation, comparison: SystemComparison, shown: Shown) -> str:
    """Render one system against the first one.

    Args:
        evaluation: The evaluation.
        comparison: The comparison.
        shown: The sentences that the page shows.

    Returns:
        HTML.
    """
    first, system = evaluation.first, comparison.system
    title = _("{name} against {first}", name=system.shown_name, first=first_name(evaluation))
    plot = scatter_plot(
        _("chrF of each sentence"),
        (first.shown_name, system.shown_name),
        first.sentence_scores["chrf"],
        system.sentence_scores["chrf"],
        shown,
    )
    gained = _gains(
        _(
            "Right in {right}, missed by {missing}",
            right=system.shown_name,
            missing=first.shown_name,
        ),
        comparison.gained,
        shown,
    )
    missed = _gains(
        _(
            "Right in {right}, missed by {missing}",
            right=first.shown_name,
            missing=system.shown_name,
        ),
        comparison.missed,
        shown,
    )
    content = "".join(
        [
            f"<p>{_counts(evaluation, comparison)}</p>{plot}",
            f"<h3>{_('Words and phrases')}</h3>",
            f'<div class="pair">{gained}{missed}</div>',
            f'<p class="soft">{_marks_note()}</p>',
            _examples(_("Largest wins"), evaluation, comparison, comparison.wins, shown),
            _examples(_("Largest losses"), evaluation, comparison, comparison.losses, shown),
        ]
    )
    target = f"system{evaluation.systems.index(system)}"
    return drawer(title, content, target, group="comparison")


def _marks_note() -> str:
    return _(
        "Marked words differ between the two systems: {hit}, {miss}.",
        hit=f'<mark class="hit">{_("in a reference")}</mark>',
        miss=f'<mark class="miss">{_("not in a reference")}</mark>',
    )


def _counts(evaluation: Evaluation, comparison: SystemComparison) -> str:
    same = evaluation.n - comparison.better - comparison.worse
    return _(
        "Sentences with a higher chrF: {better:,} of {n:,}; with a lower chrF: {worse:,}; with the "
        "same chrF: {same:,}.",
        n=evaluation.n,
        better=comparison.better,
        worse=comparison.worse,
        same=same,
    )


def _gains(title: str, gains: Sequence[Gain], shown: Shown) -> str:
    if not gains:
        return "<p>" + _("{title}: none.", title=escape(title)) + "</p>"
    rows = []
    for gain in gains:
        balance = f"{len(gain.rows)} : {gain.lost}"
        links = sentence_links(gain.rows, shown)
        rows.append([cell(escape(gain.ngram)), cell(balance), cell(links)])
    return table([escape(title), _("wins : losses"), ""], rows)


def _examples(
    title: str,
    evaluation: Evaluation,
    comparison: SystemComparison,
    rows: Sequence[int],
    shown: Shown,
) -> str:
    systems = [evaluation.first, comparison.system]
    articles = "".join(linked_sentence(evaluation, i, systems, shown) for i in rows)
    none = f"<p>{_('None.')}</p>"
    return f"<h3>{title}</h3>{articles or none}"
