"""Sentences about the scores of one system: better, worse, or no significant difference."""

from collections.abc import Mapping

from lora_demo.evaluation.metrics import METRICS, deciding_metrics, labels
from lora_demo.evaluation.scores import Score
from lora_demo.evaluation.significance import LEVEL, MIN_DIFFERING, PairedTest, direction
from lora_demo.language import _, format_number, ngettext

MIN_RELIABLE = 50
"""With fewer sentences, intervals and p-values are rough."""
DECIMALS = range(3, 8)

Scores = Mapping[str, Score]
Tests = Mapping[str, PairedTest]


def format_p(test: PairedTest) -> str:
    """Write a p-value, and why it does not count if too few sentences differ.

    It gets more than three decimals if three would show zero, or would show the p-value on the
    other side of the significance level.

    Args:
        test: The test.

    Returns:
        For example `p = 0.001`.
    """
    if not test.has_too_few:
        return f"p = {_round(test.p)}"
    return ngettext(
        "p = {p}, but only {count:,} sentence differs",
        "p = {p}, but only {count:,} sentences differ",
        test.differing,
        p=_round(test.p),
    )


def _round(p: float) -> str:
    for decimals in DECIMALS:
        text = f"{p:.{decimals}f}"
        is_on_its_side = (float(text) < LEVEL) == (p < LEVEL)
        if float(text) and is_on_its_side:
            return format_number(p, f".{decimals}f")
    return format_number(p, "g")


def describe_metric(
    metric: str, base: float, other: float, test: PairedTest, against: str = ""
) -> str:
    """Describe the difference of two systems by one metric.

    Args:
        metric: The metric's name.
        base: The score of the base.
        other: The score of the other system.
        test: The test between the two.
        against: Name of the base in a sentence; empty for "the base".

    Returns:
        For example `better than the base (p = 0.001)` or `no significant difference (p = 0.4)`.
    """
    found = direction(metric, base, other, test)
    if not found:
        return _("no significant difference ({p})", p=format_p(test))
    values = {"against": against or _("the base"), "p": format_p(test)}
    if found > 0:
        return _("better than {against} ({p})", **values)
    return _("worse than {against} ({p})", **values)


def describe_system(
    name: str,
    base: Scores,
    other: Scores,
    tests: Tests,
    against: str = "",
    metric_labels: Mapping[str, str] | None = None,
) -> str:
    """Describe one system by all deciding metrics, and by others if they disagree.

    Args:
        name: The system's name.
        base: Scores of the base by metric.
        other: Scores of the system by metric.
        tests: Tests between the two by metric.
        against: Name of the base in a sentence; empty for "the base".
        metric_labels: Labels of the metrics; None: the usual ones.

    Returns:
        One or two sentences, with each change and p-value.
    """
    shown = metric_labels or labels()
    found = {
        metric: direction(metric, base[metric].score, other[metric].score, tests[metric])
        for metric in METRICS
    }
    changes = {
        metric: _(
            "{change:+.2f} ({p})",
            change=other[metric].score - base[metric].score,
            p=format_p(tests[metric]),
        )
        for metric in METRICS
    }
    deciding = deciding_metrics()
    judgement = _judge(name, against or _("the base"), [found[metric] for metric in deciding])
    listed = ", ".join(f"{shown[metric]} {changes[metric]}" for metric in deciding)
    sentences = [f"{judgement}: {listed}."]
    for metric in METRICS:
        agrees = found[metric] in [0, *(found[other] for other in deciding)]
        if not METRICS[metric].decides and not agrees:
            values = {"metric": shown[metric], "change": changes[metric]}
            if found[metric] > 0:
                sentences.append(_("However, it is better by {metric}: {change}.", **values))
            else:
                sentences.append(_("However, it is worse by {metric}: {change}.", **values))
    return " ".join(sentences)


def _judge(name: str, against: str, found: list[int]) -> str:
    if not any(found):
        return _(
            "No significant difference between {name} and {against}", name=name, against=against
        )
    if 1 in found and -1 in found:
        return _(
            "{name} is better than {against} by one metric and worse by another",
            name=name,
            against=against,
        )
    values = {"name": name, "against": against}
    significant = sum(map(abs, found))
    if significant == len(found):
        if 1 in found:
            return _("{name} is better than {against}", **values)
        return _("{name} is worse than {against}", **values)
    counts = {"part": significant, "all": len(found)}
    if 1 in found:
        return _("{name} is better than {against} by {part} of {all} metrics", **counts, **values)
    return _("{name} is worse than {against} by {part} of {all} metrics", **counts, **values)


def describe_size(n: int) -> str:
    """Warn about a small set; empty if there are enough sentences.

    Args:
        n: The number of sentences.

    Returns:
        The warning.
    """
    if n == 1:
        return _(
            "There is only one sentence. Its scores are exact, but no difference can be "
            "significant."
        )
    if n < MIN_DIFFERING:
        return _(
            "There are only {n} sentences. With fewer than {min_differing}, chance can "
            "explain any difference, so none counts as significant.",
            n=n,
            min_differing=MIN_DIFFERING,
        )
    if n < MIN_RELIABLE:
        return _("There are only {n} sentences, so intervals and p-values are rough.", n=n)
    return ""
