"""The groups of sentences that rows of the report's tables lead to."""

from lora_demo.evaluation.analysis.flaws import KINDS
from lora_demo.evaluation.report.data import Evaluation

Groups = list[tuple[str, list[int]]]
"""Name and rows of each group."""


def sentence_groups(evaluation: Evaluation) -> dict[str, Groups]:
    """Collect the groups of sentences that the report's tables have rows for.

    Args:
        evaluation: The evaluation.

    Returns:
        The groups by the column of sentences.csv that holds their names.
    """
    buckets, first = evaluation.buckets, evaluation.first.name
    groups: dict[str, Groups] = {
        "length": [(bucket.name, bucket.rows) for bucket in buckets["length"]],
        "word frequency": [(bucket.name, bucket.rows) for bucket in buckets["frequency"]],
    }
    for system in evaluation.systems:
        name, flaws = system.name, system.flaws
        groups[f"{name} chrf bucket"] = [
            (bucket.name, bucket.rows_of[name]) for bucket in buckets["sentence_chrf"]
        ]
        if flaws:
            groups[f"{name} seen"] = [(kind, flaws.rows(kind)) for kind in KINDS]
    for comparison in evaluation.comparisons:
        name = comparison.system.name
        groups[f"right in {name}, missed by {first}"] = [
            (gain.ngram, gain.rows) for gain in comparison.gained
        ]
        groups[f"right in {first}, missed by {name}"] = [
            (gain.ngram, gain.rows) for gain in comparison.missed
        ]
    return groups
