"""Details of a report as HTML: flaws, scores of kinds of sentences, comparisons."""

from collections.abc import Sequence
from html import escape

from lora_demo.evaluation.analysis.buckets import Bucket
from lora_demo.evaluation.analysis.flaws import Flaws
from lora_demo.evaluation.analysis.gains import Gain
from lora_demo.evaluation.report.data import Comparison, Evaluation
from lora_demo.evaluation.report.html_table import Shown, cell, sentence_links, table
from lora_demo.evaluation.report.narrative import first_name, frequency_source
from lora_demo.evaluation.report.plots import bar_plot, scatter_plot
from lora_demo.evaluation.report.score_tables import system_link
from lora_demo.evaluation.report.sentence_list import linked_sentence

FLAW_LABELS = {
    "exact": "same as a reference",
    "empty": "empty",
    "copied": "copied from the source",
    "repeated": "repeats itself",
    "unknown": "unknown tokens",
}


def flaws_section(evaluation: Evaluation, shown: Shown) -> str:
    """Render exact matches and visible flaws.

    Args:
        evaluation: the evaluation.
        shown: the sentences that the page shows.

    Returns:
        HTML.
    """
    rows = []
    for system in evaluation.systems:
        cells = [cell(system_link(evaluation, system))]
        if system.flaws:
            cells += [_flaw_cell(system.flaws, kind, shown) for kind in Flaws.KINDS]
        rows.append(cells)
    labels = [FLAW_LABELS[kind] for kind in Flaws.KINDS]
    return f"<h2>Exact matches and visible flaws</h2>{table(['System', *labels], rows)}"


def _flaw_cell(flaws: Flaws, kind: str, shown: Shown) -> str:
    percent = f"{100 * flaws.share(kind):.1f}%"
    return cell(percent + sentence_links(flaws.rows(kind), shown))


def buckets_section(evaluation: Evaluation, shown: Shown) -> str:
    """Render scores of kinds of sentences and of words.

    Args:
        evaluation: the evaluation.
        shown: the sentences that the page shows.

    Returns:
        HTML.
    """
    buckets, label = evaluation.buckets, evaluation.labels["chrf"]
    frequency_note = (
        f"Words of the references, by how often they occur in {frequency_source(evaluation)}. n is "
        "the number of such words, and F1 is in percent."
    )
    return "".join(
        [
            "<h2>Where the systems differ</h2>",
            _score_buckets(
                evaluation, f"{label} by source length", buckets["length"], "chrf", shown
            ),
            _score_buckets(
                evaluation,
                "F1 of words by frequency",
                buckets["frequency"],
                "f1",
                shown,
                frequency_note,
            ),
            _chrf_buckets(evaluation, f"Sentences by {label}", buckets["sentence_chrf"], shown),
        ]
    )


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
        scores = [cell(f"{bucket.scores[name][score]:.1f}") for name in names]
        links = cell(sentence_links(bucket.rows, shown))
        rows.append([cell(escape(bucket.name)), cell(f"{bucket.n:,}"), *scores, links])
    plot = _bucket_plot(title, buckets, names, score)
    header = ["", "n", *map(escape, names), ""]
    return f'{plot}<p class="soft">{escape(note)}</p>{table(header, rows)}'


def _chrf_buckets(
    evaluation: Evaluation, title: str, buckets: Sequence[Bucket], shown: Shown
) -> str:
    """Render which sentences of every system are in each bucket."""
    names = [system.name for system in evaluation.systems]
    rows = []
    for bucket in buckets:
        links = [sentence_links(bucket.rows_of[name], shown) or "0" for name in names]
        rows.append([cell(escape(bucket.name)), *map(cell, links)])
    plot = _bucket_plot(title, buckets, names, "sentences")
    note = "The sentences of each system, by their scores."
    return f'{plot}<p class="soft">{note}</p>{table(["", *map(escape, names)], rows)}'


def _bucket_plot(title: str, buckets: Sequence[Bucket], names: Sequence[str], score: str) -> str:
    values = [[bucket.scores[name][score] for bucket in buckets] for name in names]
    return bar_plot(title, [bucket.name for bucket in buckets], names, values)


def comparison_section(evaluation: Evaluation, comparison: Comparison, shown: Shown) -> str:
    """Render one system against the first one.

    Args:
        evaluation: the evaluation.
        comparison: the comparison.
        shown: the sentences that the page shows.

    Returns:
        HTML.
    """
    first, system = evaluation.first, comparison.system
    heading = f"{escape(system.name)} against {escape(first_name(evaluation))}"
    plot = scatter_plot(
        "chrF of each sentence",
        (first.name, system.name),
        first.sentence_scores["chrf"],
        system.sentence_scores["chrf"],
        shown,
    )
    gained = _gains(f"Right in {system.name}, missed by {first.name}", comparison.gained, shown)
    missed = _gains(f"Right in {first.name}, missed by {system.name}", comparison.missed, shown)
    return "".join(
        [
            f'<h2 id="system{evaluation.systems.index(system)}">{heading}</h2>',
            f"<p>{_counts(evaluation, comparison)}</p>{plot}",
            f'<h3>Words and phrases</h3><div class="pair">{gained}{missed}</div>',
            '<p class="soft">Marked words differ between the two systems: ',
            '<mark class="hit">in a reference</mark>, ',
            '<mark class="miss">not in a reference</mark>.</p>',
            _examples("Largest wins", evaluation, comparison, comparison.wins, shown),
            _examples("Largest losses", evaluation, comparison, comparison.losses, shown),
        ]
    )


def _counts(evaluation: Evaluation, comparison: Comparison) -> str:
    same = evaluation.n - comparison.better - comparison.worse
    return (
        f"Of {evaluation.n:,} sentences, {comparison.better:,} have a higher chrF, "
        f"{comparison.worse:,} a lower chrF and {same:,} the same chrF."
    )


def _gains(title: str, gains: Sequence[Gain], shown: Shown) -> str:
    if not gains:
        return f"<p>{escape(title)}: nothing.</p>"
    rows = []
    for gain in gains:
        balance = f"{len(gain.rows)} : {gain.lost}"
        links = sentence_links(gain.rows, shown)
        rows.append([cell(escape(gain.ngram)), cell(balance), cell(links)])
    return table([escape(title), "wins : losses", ""], rows)


def _examples(
    title: str,
    evaluation: Evaluation,
    comparison: Comparison,
    rows: Sequence[int],
    shown: Shown,
) -> str:
    systems = [evaluation.first, comparison.system]
    articles = "".join(linked_sentence(evaluation, i, systems, shown) for i in rows)
    return f"<h3>{title}</h3>{articles or '<p>None.</p>'}"
