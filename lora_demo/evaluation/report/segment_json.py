"""Scores from elsewhere as JSON."""

from typing import Any

from lora_demo.evaluation.report.data import Evaluation, System
from lora_demo.evaluation.report.segment_format import segment_findings
from lora_demo.evaluation.segment_tests import SegmentResult, correlation

Json = dict[str, Any]


def segment_json(result: SegmentResult) -> Json:
    """Serialise a metric for the summary.

    Args:
        result: The result.

    Returns:
        The means with intervals, and p-values against the first system that has scores.
    """
    return {
        "metric": result.name,
        "lower_is_better": result.metric.lower_is_better,
        "against": result.first,
        "systems": [_system(result, name) for name in result.scores],
    }


def _system(result: SegmentResult, name: str) -> Json:
    score = result.scores[name]
    is_first = name == result.first
    entry = {
        "name": name,
        "score": score.score,
        "low": score.low,
        "high": score.high,
        "signature": score.signature,
        "p": None if is_first else result.tests[name][result.first].p,
    }
    if result.randomisation:
        entry["ar_p"] = None if is_first else result.randomisation[name].p
    return entry


def segments_document(evaluation: Evaluation) -> Json:
    """Serialise the metrics for the whole document.

    Args:
        evaluation: The evaluation.

    Returns:
        The key `segment_scores` with all pairs and the correlation with chrF, and the key
        `segment_findings`; empty without such scores.
    """
    if not evaluation.segment_results:
        return {}
    chrf = {system.name: system.sentence_scores["chrf"] for system in evaluation.systems}
    metrics = []
    for result in evaluation.segment_results:
        document = segment_json(result)
        for entry in document["systems"]:
            name = entry["name"]
            tests = result.tests[name].items()
            entry["p_against"] = {other: test.p for other, test in tests}
            entry["differing_sentences"] = {other: test.differing for other, test in tests}
            entry["chrf_correlation"] = correlation(chrf[name], result.metric.scores[name])
        metrics.append(document)
    findings = [text for text, _direction in segment_findings(evaluation)]
    return {"segment_scores": metrics, "segment_findings": findings}


def sentence_segments(evaluation: Evaluation, system: System, i: int) -> Json:
    """Serialise a sentence's scores of a system; empty without such scores.

    Args:
        evaluation: An evaluation, with or without scores from elsewhere.
        system: One of its systems.
        i: The row of a scored sentence, from 0.
    """
    scores = {
        result.name: result.metric.scores[system.name][i]
        for result in evaluation.segment_results
        if system.name in result.scores
    }
    return {"segment_scores": scores} if scores else {}
