"""The scores of a report as HTML: all systems, the second test, all pairs, further sets."""

from collections.abc import Sequence
from html import escape

from lora_demo.evaluation.metrics import METRICS, fast_metrics
from lora_demo.evaluation.report.data import Evaluation, FurtherSet, ScoredSet, System
from lora_demo.evaluation.report.drawer import drawer
from lora_demo.evaluation.report.html_table import cell, table
from lora_demo.evaluation.report.narrative import first_name
from lora_demo.evaluation.report.plots import interval_plot
from lora_demo.evaluation.report.segment_format import (
    format_change,
    format_interval,
    format_segment,
    segment_label,
)
from lora_demo.evaluation.report.sentence_list import further_sentences
from lora_demo.evaluation.report.verdict import describe_metric, format_p
from lora_demo.evaluation.scores import Score
from lora_demo.evaluation.segment_tests import SegmentResult
from lora_demo.evaluation.significance import LEVEL, MIN_DIFFERING, SAMPLES, TRIALS
from lora_demo.language import _, format_number

PAIR_METRIC = "chrf"
TONES = {1: "better", -1: "worse", 0: ""}


def scores_section(evaluation: Evaluation) -> str:
    """Render the scores with intervals and tests.

    Args:
        evaluation: The evaluation.

    Returns:
        HTML.
    """
    details = [
        f'<p class="soft">{_score_note(evaluation)}</p>',
        *(_intervals(evaluation, metric) for metric in METRICS),
        _randomisation_table(evaluation),
        _pair_table(evaluation),
    ]
    table_html = f"<h2>{_('Scores')}</h2>{_score_table(evaluation)}"
    return table_html + drawer(_("Intervals and tests"), "".join(details))


def _score_table(evaluation: Evaluation) -> str:
    labels = [escape(_label_with_direction(evaluation, metric)) for metric in METRICS]
    rows = []
    for system in evaluation.systems:
        scores = [cell(_score(evaluation, system, metric)) for metric in METRICS]
        scores += [cell(_segment(result, system)) for result in evaluation.segment_results]
        length = format_number(system.flaws.length_ratio, ".3f") if system.flaws else ""
        rows.append([cell(system_link(evaluation, system)), *scores, cell(length)])
    labels += [escape(segment_label(result)) for result in evaluation.segment_results]
    return table([_("System"), *labels, _("Length")], rows)


def _segment(result: SegmentResult, system: System) -> str:
    """Render a mean of scores from elsewhere as `_score` does; a dash if the system has none."""
    score = result.scores.get(system.name)
    if score is None:
        return "–"
    mean, interval = format_segment(result, score.score), format_interval(result, score)
    shown = f'{mean} <small class="interval">{interval}</small>'
    if system.name == result.first:
        return shown
    tone = TONES[result.better_than(system.name, result.first)]
    return f'{shown}<small class="{tone}">{format_change(result, system.name)}</small>'


def _label_with_direction(evaluation: Evaluation, metric: str) -> str:
    label = evaluation.labels[metric]
    return _("{label} (lower is better)", label=label) if METRICS[metric].lower_is_better else label


def _score_note(evaluation: Evaluation) -> str:
    return _(
        "Brackets show the 95% confidence interval from {samples:,} bootstrap "
        "resamples. p is the p-value of the paired bootstrap against {first}. "
        "A difference is significant if p is below {level} and at least "
        "{min_differing} sentences differ. Intervals can overlap even if a paired "
        "test finds a difference. Length is the number of output tokens divided by "
        "the number of reference tokens.",
        samples=SAMPLES,
        first=escape(first_name(evaluation)),
        level=LEVEL,
        min_differing=MIN_DIFFERING,
    )


def _score(scored: ScoredSet, system: System, metric: str) -> str:
    """Render a score with its interval, and its change unless it is of the first system."""
    shown = _score_with_interval(system.scores[metric])
    return shown if system is scored.first else shown + _change(scored, system, metric)


def _score_with_interval(score: Score) -> str:
    interval = _("[{low:.2f}, {high:.2f}]", low=score.low, high=score.high)
    shown = format_number(score.score, ".2f")
    return f'{shown} <small class="interval">{interval}</small>'


def _change(scored: ScoredSet, system: System, metric: str) -> str:
    tone = TONES[system.better_than(scored.first, metric)]
    change = system.change_from(scored.first, metric)
    p = format_p(scored.tests(system)[metric])
    shown = format_number(change, "+.2f")
    return f'<small class="{tone}">{shown}, {p}</small>'


def system_link(evaluation: Evaluation, system: System) -> str:
    """Link a system's name to its comparison; the first system's name to the sentences.

    Args:
        evaluation: The evaluation.
        system: One of its systems.

    Returns:
        HTML.
    """
    position = evaluation.systems.index(system)
    target = f"system{position}" if position else "sentences"
    return f'<a href="#{target}">{escape(system.shown_name)}</a>'


def _intervals(evaluation: Evaluation, metric: str) -> str:
    return interval_plot(
        _("{metric} with 95% confidence intervals", metric=evaluation.labels[metric]),
        [system.shown_name for system in evaluation.systems],
        [system.scores[metric] for system in evaluation.systems],
    )


def _randomisation_table(evaluation: Evaluation) -> str:
    tested = [system for system in evaluation.systems if system.randomisation]
    if not tested:
        return ""
    rows = []
    for system in tested:
        p_values = [cell(format_p(system.randomisation[metric])) for metric in METRICS]
        rows.append([cell(system_link(evaluation, system)), *p_values])
    labels = [escape(evaluation.labels[metric]) for metric in METRICS]
    title = _(
        "Paired approximate randomisation with {count:,} trials, against {first}",
        count=TRIALS,
        first=escape(first_name(evaluation)),
    )
    return f"<h3>{title}</h3>{table([_('System'), *labels], rows)}"


def _pair_table(evaluation: Evaluation) -> str:
    systems = evaluation.systems
    if len(systems) <= 2:
        return ""
    rows = []
    for system in systems:
        pairs = [_pair(system, other) for other in systems]
        rows.append([cell(system_link(evaluation, system)), *pairs])
    label = escape(evaluation.labels[PAIR_METRIC])
    names = [escape(system.shown_name) for system in systems]
    title = _("All pairs by {metric} (row minus column)", metric=label)
    return f"<h3>{title}</h3>{table(['', *names], rows)}"


def _pair(system: System, other: System) -> str:
    """Render how much better a system is than another, with the finding in words on hover."""
    if system is other:
        return cell("")
    test = system.tests[other.name][PAIR_METRIC]
    words = describe_metric(
        PAIR_METRIC,
        other.scores[PAIR_METRIC].score,
        system.scores[PAIR_METRIC].score,
        test,
        other.shown_name,
    )
    difference = format_number(system.change_from(other, PAIR_METRIC), "+.2f")
    change = f"{difference}<small>{format_p(test)}</small>"
    return cell(change, TONES[system.better_than(other, PAIR_METRIC)], words)


def further_sections(evaluation: Evaluation) -> list[str]:
    """Render the further sets: the adapters' own data by its parts, and other sets.

    Args:
        evaluation: The evaluation.

    Returns:
        HTML for each kind of further set.
    """
    own = [further for further in evaluation.further_sets if further.is_own_data]
    others = [further for further in evaluation.further_sets if not further.is_own_data]
    sections = []
    if own:
        note = _(
            "At most 200 sentences of each part. If the gain on train is much larger "
            "than on eval and test, the adapter has memorised sentences."
        )
        title = _("Overfitting: each adapter on its own training data")
        sections.append(_further_drawer(evaluation, title, note, own, own))
    if others:
        note = _("A gain on one set can come with a loss on another.")
        title = _("Forgetting: the same systems on other sets")
        sections.append(_further_drawer(evaluation, title, note, [evaluation, *others], others))
    return sections


def _further_drawer(
    evaluation: Evaluation,
    title: str,
    note: str,
    scored: Sequence[ScoredSet],
    listed: Sequence[FurtherSet],
) -> str:
    content = f"{_further_table(evaluation, scored)}{_further_lists(listed)}"
    return drawer(title, f'<p class="soft">{note}</p>{content}')


def _further_table(evaluation: Evaluation, sets: Sequence[ScoredSet]) -> str:
    metrics = fast_metrics()
    rows = []
    for scored in sets:
        about = [
            cell(f"{escape(scored.set.id)}, {scored.set.split}"),
            cell(format_number(scored.n, ",")),
        ]
        for system in scored.systems:
            scores = [cell(_score(scored, system, metric)) for metric in metrics]
            rows.append([*about, cell(escape(system.shown_name)), *scores])
    labels = [escape(evaluation.labels[metric]) for metric in metrics]
    return table([_("Set"), "n", _("System"), *labels], rows)


def _further_lists(sets: Sequence[FurtherSet]) -> str:
    return "".join(map(further_sentences, sets))
