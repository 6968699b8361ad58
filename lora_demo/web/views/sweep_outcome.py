"""The outcome of a sweep as HTML: a band over the seeds of each value, and a winner, if any."""

from html import escape

from lora_demo.language import N_, _, format_number, ngettext
from lora_demo.service.sweeps import SweepOutcome, SweptValue

WINNER = N_(
    "Winner: <b>{value}</b>. Its worst seed is better than the best seed of every other value."
)
NO_WINNER = N_("No winner: the bands of the best values overlap, so their order may be chance.")
NO_SEEDS = N_(
    "With only one run for each value there is no winner, because another seed could change the "
    "order. Repeat the sweep with more seeds."
)


def outcome_html(outcome: SweepOutcome) -> str:
    """Render the outcome.

    Args:
        outcome: Outcome of a sweep, which may not have ended.
    """
    scores = [score for value in outcome.values for score in value.scores]
    low, high = (min(scores), max(scores)) if scores else (0.0, 1.0)
    rows = "".join(_row(value, low, max(high, low + 1e-6)) for value in outcome.values)
    heads = (_(outcome.label), _("held-out chrF of each seed"), _("mean"), _("range"))
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    return (
        f'<p class="verdict">{_verdict(outcome)}</p><table class="numbers swept"><thead>'
        f"<tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _verdict(outcome: SweepOutcome) -> str:
    if not outcome.is_complete:
        count = sum(value.unfinished for value in outcome.values)
        return ngettext(
            "{count} run has not finished. The order of the values can still change.",
            "{count} runs have not finished. The order of the values can still change.",
            count,
        )
    if not outcome.has_seeds:
        return _(NO_SEEDS)
    if outcome.winner:
        return _(WINNER, value=escape(outcome.winner.value))
    return _(NO_WINNER)


def _row(value: SweptValue, low: float, high: float) -> str:
    head = f'<th scope="row">{escape(value.value)}</th>'
    if not value.scores:
        return f"<tr>{head}<td></td><td>{_('not finished')}</td><td></td></tr>"
    least, most = min(value.scores), max(value.scores)
    shown = f"{format_number(least, '.1f')} – {format_number(most, '.1f')}"
    note = f" ({_('not finished: {count}', count=value.unfinished)})" if value.unfinished else ""
    return (
        f"<tr>{head}<td>{_band(value, low, high)}</td>"
        f"<td><b>{format_number(value.mean, '.1f')}</b></td><td>{shown}{note}</td></tr>"
    )


def _band(value: SweptValue, low: float, high: float) -> str:
    places = [100 * (score - low) / (high - low) for score in value.scores]
    dots = "".join(f'<b style="left:{place:.1f}%"></b>' for place in places)
    left, width = min(places), max(places) - min(places)
    return (
        f'<div class="band" aria-hidden="true"><i style="left:{left:.1f}%;width:{width:.1f}%"></i>'
        f"{dots}</div>"
    )
