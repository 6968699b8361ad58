"""What the numbers say, in words: better, worse, or no significant difference."""

from collections.abc import Mapping

from lora_demo.evaluation.scores import LABELS, LEVEL, Score

JUDGES = ("bleu", "chrf")
"""The metrics that a verdict rests on; TER is shown beside them."""
FEW = 50
ENOUGH = 6
"""Sentences that must differ before a difference can be more than chance.

Of the 2^k ways to give k differences their signs two are the most extreme, so a two-sided exact test of five has no p under
2^(1 - 5) = 0.06. Resampling does not see that: where one sentence in three differs, every resample that holds it shows it.
"""
PLACES = range(3, 8)


def direction(metric: str, base: float, other: float, p: float, differ: int = ENOUGH) -> int:
    """1: significantly better, -1: significantly worse, 0: neither; of TER less is better.

    Args:
        differ: in how many sentences the two differ; of fewer than `ENOUGH` nothing is significant.
    """
    if p >= LEVEL or differ < ENOUGH or other == base:
        return 0
    return 1 if (other > base) != (metric == "ter") else -1


def phrase(
    metric: str,
    base: float,
    other: float,
    p: float,
    against: str = "the base",
    differ: int = ENOUGH,
) -> str:
    """One metric's finding: `better than the base (p = 0.001)` or `no significant difference (p = 0.4)`."""
    found = direction(metric, base, other, p, differ)
    return (
        f"{'better' if found > 0 else 'worse'} than {against} ({p_text(p)})"
        if found
        else f"no significant difference ({p_text(p, differ)})"
    )


def p_text(p: float, differ: int = ENOUGH) -> str:
    """`p = 0.001`, and why that does not count where too few sentences differ; with more places where three would say zero, or reach the level that p is under."""
    said = next(
        (
            text
            for text in (f"{p:.{places}f}" for places in PLACES)
            if float(text) and (float(text) < LEVEL) == (p < LEVEL)
        ),
        f"{p:g}",
    )
    few = p < LEVEL and differ < ENOUGH
    return f"p = {said}" + (
        f", but only {differ} sentence{' differs' if differ == 1 else 's differ'}" if few else ""
    )


def verdict(
    name: str,
    base: Mapping[str, Score],
    other: Mapping[str, Score],
    p: Mapping[str, float],
    against: str = "the base",
    labels: Mapping[str, str] = LABELS,
    differ: Mapping[str, int] | None = None,
) -> str:
    """One sentence for one system: by BLEU and chrF together, then each with its change and p-value.

    Args:
        differ: in how many sentences the two differ, by metric; None: in enough.
    """
    few = lambda metric: differ[metric] if differ else ENOUGH
    found = {
        direction(metric, base[metric].score, other[metric].score, p[metric], few(metric))
        for metric in JUDGES
    }
    if found == {0}:
        judged = f"no significant difference between {name} and {against}"
    elif found == {1, -1}:
        judged = f"{name} is better than {against} by one measure and worse by another"
    else:
        side = "better" if 1 in found else "worse"
        judged = f"{name} is {side} than {against}" + (
            " by one measure of two" if 0 in found else ""
        )
    changes = ", ".join(
        f"{labels[metric]} {other[metric].score - base[metric].score:+.2f} ({p_text(p[metric], few(metric))})"
        for metric in JUDGES
    )
    return f"{judged[0].upper() if found == {0} else judged[0]}{judged[1:]}: {changes}{_contrary(found, base, other, p, few('ter'))}."


def _contrary(
    found: set[int],
    base: Mapping[str, Score],
    other: Mapping[str, Score],
    p: Mapping[str, float],
    differ: int,
) -> str:
    """What TER says, where it says otherwise."""
    edits = direction("ter", base["ter"].score, other["ter"].score, p["ter"], differ)
    if not edits or edits in found:
        return ""
    return f"; but {'better' if edits > 0 else 'worse'} by TER, {other['ter'].score - base['ter'].score:+.2f} ({p_text(p['ter'])})"


def warning(n: int) -> str:
    """What to know before relying on so few sentences; empty where they are enough."""
    if n == 1:
        return "One sentence: its scores are exact, but nothing can be said about chance, so no difference counts as significant."
    if n < ENOUGH:
        return f"Only {n} sentences: of fewer than {ENOUGH}, chance explains any difference, so none counts as significant."
    return f"Only {n} sentences: intervals and p-values of so few are rough." if n < FEW else ""
