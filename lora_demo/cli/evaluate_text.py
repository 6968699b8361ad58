"""An evaluation on a terminal: its events while it runs, and its result as text."""

from lora_demo.cli.terminal import print_progress, print_status
from lora_demo.evaluation.analysis.glossary import TermResult
from lora_demo.evaluation.events import Event, Note, Phase, Progress
from lora_demo.evaluation.report.data import Evaluation, ScoredSet, System
from lora_demo.evaluation.report.glossary_section import count_terms
from lora_demo.evaluation.report.narrative import alarms, first_name, verdicts
from lora_demo.evaluation.report.segment_format import (
    format_change,
    format_interval,
    format_segment,
    segment_findings,
    segment_label,
)
from lora_demo.evaluation.report.verdict import format_p
from lora_demo.evaluation.segment_tests import SegmentResult
from lora_demo.formatting import format_duration, plural

CELL_WIDTH = 38
MAX_TERMS = 10
"""Missed terms of a glossary that are printed for each system."""
MAX_NUMBERS = 5
"""Sentences that are named for each missed term."""


def print_event(event: Event) -> None:
    """Print one event as a line on standard error.

    Args:
        event: An event of the evaluation; `Done` prints nothing.
    """
    match event:
        case Phase(message):
            print_status(message)
        case Note(message):
            print_status(f"! {message}")
        case Progress(done, total, unit, seconds_left):
            left = "" if seconds_left is None else f", {format_duration(seconds_left)} left"
            is_last = done == total
            print_progress(
                f"{done:,} of {total:,} {unit}{left}", in_log=is_last or seconds_left is None
            )


def print_evaluation(evaluation: Evaluation) -> None:
    """Print the verdicts, the scores with signatures, and the scores on further sets.

    Args:
        evaluation: The result, which may be partial after a stop.
    """
    for text in alarms(evaluation):
        print(f"! {text}")
    for text in verdicts(evaluation):
        print(text)
    for text, _direction in segment_findings(evaluation):
        print(text)
    about = f"{evaluation.set.id}, {evaluation.set.split}, {plural(evaluation.n, 'sentence')}"
    print(f"\n{about}, seed {evaluation.scorer.seed}")
    _print_scores(evaluation, evaluation)
    for metric, score in evaluation.first.scores.items():
        print(f"  {evaluation.labels[metric]}|{score.signature}")
    for system in evaluation.others:
        _print_randomisation(evaluation, system)
    for result in evaluation.segment_results:
        _print_segments(result)
    for name, results in evaluation.term_results.items():
        _print_terms(name, results, evaluation)
    for further in evaluation.further_sets:
        own = " (own training data)" if further.is_own_data else ""
        print(f"\n{further.set.id}, {further.set.split}, {plural(further.n, 'sentence')}{own}")
        _print_scores(evaluation, further)


def _print_scores(evaluation: Evaluation, scored: ScoredSet) -> None:
    width = max(len(system.name) for system in scored.systems)
    for system in scored.systems:
        cells = [_score(evaluation, scored, system, metric) for metric in system.scores]
        line = "  ".join(f"{cell:<{CELL_WIDTH}}" for cell in cells).rstrip()
        print(f"  {system.name:<{width}}  {line}")


def _score(evaluation: Evaluation, scored: ScoredSet, system: System, metric: str) -> str:
    score = system.scores[metric]
    label = evaluation.labels[metric]
    text = f"{label} {score.score:6.2f} [{score.low:.2f}, {score.high:.2f}]"
    if system is scored.first:
        return text
    return f"{text} {format_p(scored.tests(system)[metric])}"


def _print_segments(result: SegmentResult) -> None:
    """Print the means of a metric from elsewhere or of COMET."""
    means = "means of scores" if result.metric.signature else "means of given scores"
    print(f"\n{segment_label(result)}, {means}|{result.scores[result.first].signature}")
    width = max(map(len, result.scores))
    for name, score in result.scores.items():
        mean = f"{format_segment(result, score.score)} {format_interval(result, score)}"
        line = f"  {name:<{width}}  {mean}"
        if name != result.first:
            line += f"  {format_change(result, name)}"
        if name in result.randomisation:
            line += f"; approximate randomisation {format_p(result.randomisation[name])}"
        print(line)


def _print_terms(name: str, results: list[TermResult], evaluation: Evaluation) -> None:
    hit, total = count_terms(results)
    print(f"\nGlossary: {name} hits {hit:,} of {total:,} terms in their sentences.")
    missed = sorted((r for r in results if r.missed), key=lambda result: -len(result.missed))
    for result in missed[:MAX_TERMS]:
        numbers = ", ".join(str(evaluation.number(row)) for row in result.missed[:MAX_NUMBERS])
        more = ", ..." if len(result.missed) > MAX_NUMBERS else ""
        print(f"  missed {result.term.de} -> {result.term.en}: sentence {numbers}{more}")
    if len(missed) > MAX_TERMS:
        print(f"  and {len(missed) - MAX_TERMS:,} more terms")


def _print_randomisation(evaluation: Evaluation, system: System) -> None:
    if not system.randomisation:
        return
    results = ", ".join(
        f"{evaluation.labels[metric]} {format_p(test)}"
        for metric, test in system.randomisation.items()
    )
    print(
        f"{system.name} against {first_name(evaluation)} by paired approximate randomisation: "
        f"{results}"
    )
