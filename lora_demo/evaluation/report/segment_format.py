"""Scores from elsewhere in words: labels, numbers and findings."""

from lora_demo.evaluation.report.data import Evaluation
from lora_demo.evaluation.report.verdict import format_p
from lora_demo.evaluation.scores import Score
from lora_demo.evaluation.segment_tests import SegmentResult
from lora_demo.formatting import shown_system
from lora_demo.language import _, format_number

MIN_WIDE = 10
"""Means of at least this size are shown with two decimals, smaller ones with four."""


def segment_label(result: SegmentResult) -> str:
    """Name a metric, and say so if lower is better.

    Args:
        result: The scores of all systems by the metric.
    """
    if result.metric.lower_is_better:
        return _("{label} (lower is better)", label=result.name)
    return result.name


def format_segment(result: SegmentResult, value: float, sign: str = "") -> str:
    """Write a score with as many decimals as the size of the means needs.

    Args:
        result: The result that the score is from.
        value: The score.
        sign: `+` for a difference.
    """
    return format_number(value, f"{sign}.{segment_decimals(result)}f")


def segment_decimals(result: SegmentResult) -> int:
    """Return the decimals with which a metric's scores are shown, by the size of its means.

    Args:
        result: The scores of all systems by the metric. The largest mean decides.
    """
    largest = max(abs(score.score) for score in result.scores.values())
    return 2 if largest >= MIN_WIDE else 4


def format_interval(result: SegmentResult, score: Score) -> str:
    """Write the interval of a mean in brackets.

    Args:
        result: The result that the score is from.
        score: The mean of one system.
    """
    low, high = (format_segment(result, value) for value in (score.low, score.high))
    return _("[{low}, {high}]", low=low, high=high)


def format_change(result: SegmentResult, system: str) -> str:
    """Write the difference of a system from the first one, and the p-value.

    Args:
        result: The scores of all systems by one metric.
        system: The name of a system, one of `result.others`.
    """
    change = format_segment(result, result.change(system, result.first), "+")
    return f"{change}, {format_p(result.tests[system][result.first])}"


def segment_findings(evaluation: Evaluation) -> list[tuple[str, int]]:
    """Judge the systems by each metric from elsewhere, against the first one that it scores.

    Args:
        evaluation: The evaluation.

    Returns:
        For each metric a sentence, and 1 if all significant differences are for the better, -1 if
        all are for the worse, else 0. For a metric of a single system its mean.
    """
    return [_judge(result) for result in evaluation.segment_results]


def _judge(result: SegmentResult) -> tuple[str, int]:
    values = {"metric": result.name, "first": shown_system(result.first)}
    if not result.others:
        mean = format_segment(result, result.scores[result.first].score)
        return _("{first} has a mean {metric} of {mean}.", mean=mean, **values), 0
    found = {system: result.better_than(system, result.first) for system in result.others}
    findings = [_describe(result, system, direction) for system, direction in found.items()]
    text = _(
        "By {metric}, compared with {first}: {findings}.", findings="; ".join(findings), **values
    )
    significant = set(found.values()) - {0}
    return text, significant.pop() if len(significant) == 1 else 0


def _describe(result: SegmentResult, system: str, direction: int) -> str:
    values = {"name": shown_system(system), "change": format_change(result, system)}
    if direction > 0:
        return _("{name} is better ({change})", **values)
    if direction < 0:
        return _("{name} is worse ({change})", **values)
    return _("{name} does not differ significantly ({change})", **values)
