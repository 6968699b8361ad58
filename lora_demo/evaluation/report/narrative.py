"""An evaluation in sentences for people: verdicts, alarms and remarks."""

from collections.abc import Sequence

from lora_demo.evaluation.outputs import MAX_TOKENS
from lora_demo.evaluation.overlap import Overlap
from lora_demo.evaluation.report.data import Evaluation, System
from lora_demo.evaluation.report.verdict import (
    describe_metric,
    describe_size,
    describe_system,
    format_p,
)
from lora_demo.evaluation.significance import LEVEL
from lora_demo.formatting import plural

COMMON_FLAW = 0.05
"""A flaw in more than this share of the sentences gets a remark."""
MAX_NAMED = 10
"""Sentences that a remark names by their numbers."""
FLAW_VERBS = {
    "empty": "gives an empty output for",
    "copied": "copies the German source in",
    "repeated": "repeats itself in",
}


def first_name(evaluation: Evaluation) -> str:
    """Name the first system in a sentence."""
    return "the base" if evaluation.first.kind == "base" else evaluation.first.name


def origin(evaluation: Evaluation, system: System) -> str:
    """Say where a system comes from, without paths where they may not be shown."""
    if system.folder:
        return str(system.folder) if evaluation.shows_paths else f"adapter {system.name}"
    if system.kind == "base":
        return f"the base {evaluation.config.base}"
    return "outputs made elsewhere"


def frequency_source(evaluation: Evaluation) -> str:
    """Say in which texts the frequency of words was counted."""
    if evaluation.has_training_texts and evaluation.training:
        return f"the training data {evaluation.training.source}"
    return "the references, because no training data is known"


def verdicts(evaluation: Evaluation) -> list[str]:
    """Judge each system but the first; if there is only one, give its scores.

    Args:
        evaluation: the evaluation.

    Returns:
        At least one sentence.
    """
    first = evaluation.first
    if not evaluation.others:
        scores = [f"{evaluation.labels[m]} {s.score:.2f}" for m, s in first.scores.items()]
        return [
            f"{first.name} scores {', '.join(scores)}. To compare, add an adapter or translations "
            "made elsewhere."
        ]
    return [
        describe_system(
            system.name,
            first.scores,
            system.scores,
            evaluation.tests(system),
            first_name(evaluation),
            evaluation.labels,
        )
        for system in evaluation.others
    ]


def findings(evaluation: Evaluation, system: System) -> dict[str, str]:
    """Describe the difference of a system from the first one by each metric.

    Args:
        evaluation: the evaluation.
        system: one of its systems.

    Returns:
        A phrase for each metric.
    """
    first = evaluation.first
    return {
        metric: describe_metric(
            metric,
            first.scores[metric].score,
            score.score,
            evaluation.tests(system)[metric],
            first_name(evaluation),
        )
        for metric, score in system.scores.items()
    }


def notes(evaluation: Evaluation) -> list[str]:
    """List alarms and remarks."""
    return alarms(evaluation) + remarks(evaluation)


def alarms(evaluation: Evaluation) -> list[str]:
    """List the reasons why the scores are less reliable than they look.

    Args:
        evaluation: the evaluation.

    Returns:
        Sentences about stops and about training data in the set.
    """
    result = _partial_alarms(evaluation)
    overlaps = [*evaluation.overlaps]
    for further in evaluation.further_sets:
        overlaps += further.overlaps
    return result + [describe_overlap(overlap) for overlap in overlaps if overlap.affects_scores]


def _partial_alarms(evaluation: Evaluation) -> list[str]:
    result = []
    if evaluation.is_cut:
        result.append(
            f"PARTIAL: stopped after {evaluation.n:,} of {evaluation.total:,} sentences. All "
            "numbers are for this random part of the set."
        )
    for further in evaluation.further_sets:
        if further.is_cut:
            result.append(
                f"PARTIAL: stopped after {further.n:,} of {further.total:,} sentences of "
                f"{further.title}. Its numbers are for this random part."
            )
    if evaluation.left_out:
        result.append(f"PARTIAL: stopped early. Left out: {'; '.join(evaluation.left_out)}.")
    return result


def describe_overlap(overlap: Overlap) -> str:
    """Describe the overlap of a set with an adapter's training data.

    Args:
        overlap: the overlap.

    Returns:
        Some sentences; empty if there is nothing to say.
    """
    name = overlap.adapter
    if not overlap.checked:
        return (
            f"It is unknown whether {name} was trained on sentences of {overlap.where}, "
            f"because {overlap.problem}."
        )
    sentences = []
    if overlap.pairs:
        sentences.append(
            f"{name} was TRAINED on {_share(overlap, overlap.pairs)}. Its scores there do not show "
            "how well it translates new sentences."
        )
    if overlap.sources:
        sentences.append(
            f"{name} was trained on the German text of {_share(overlap, overlap.sources)}, with "
            "another translation."
        )
    if overlap.chosen:
        sentences.append(
            f"The best step of {name} was selected with {_share(overlap, overlap.chosen)}. Its "
            "scores there are slightly too high."
        )
    if overlap.changed:
        sentences.append(
            f"The training data of {name}, {overlap.source}, has changed since the training. The "
            "overlap was checked with the changed data."
        )
    return " ".join(sentences)


def _share(overlap: Overlap, rows: Sequence[int]) -> str:
    percent = 100 * len(rows) / overlap.n
    return f"{len(rows):,} of the {overlap.n:,} sentences ({percent:.0f}%) of {overlap.where}"


def remarks(evaluation: Evaluation) -> list[str]:
    """List further things to know about the scores.

    Args:
        evaluation: the evaluation.

    Returns:
        Sentences.
    """
    harmless = [overlap for overlap in evaluation.overlaps if not overlap.affects_scores]
    result = [describe_size(evaluation.n), *map(describe_overlap, harmless)]
    result += [_describe_empty(evaluation), _describe_split(evaluation)]
    result += evaluation.own_data_notes
    for system in evaluation.systems:
        result += [*_common_flaws(evaluation, system), _disagreement(evaluation, system)]
    return [text for text in result if text]


def _describe_empty(evaluation: Evaluation) -> str:
    sources = sum(not text.strip() for text in evaluation.set.sources)
    references = sum(text == "" for text in evaluation.set.references[0])
    sentences = []
    if references:
        verb = "has" if references == 1 else "have"
        sentences.append(
            f"{plural(references, 'sentence')} {verb} an empty reference, which is scored as an "
            "empty text."
        )
    if sources:
        verb = "is" if sources == 1 else "are"
        sentences.append(f"{plural(sources, 'source')} {verb} empty.")
    return " ".join(sentences)


def _describe_split(evaluation: Evaluation) -> str:
    rows = evaluation.split_rows
    if not rows:
        return ""
    verbs = ("has", "was") if len(rows) == 1 else ("have", "were")
    numbers = ", ".join(f"{evaluation.number(i)}" for i in rows[:MAX_NAMED])
    more = f" and {len(rows) - MAX_NAMED:,} more" if len(rows) > MAX_NAMED else ""
    return (
        f"{plural(len(rows), 'source')} {verbs[0]} more than {MAX_TOKENS} tokens and {verbs[1]} "
        f"translated in pieces: {'number' if len(rows) == 1 else 'numbers'} {numbers}{more}."
    )


def _common_flaws(evaluation: Evaluation, system: System) -> list[str]:
    """Name the flaws that are too common to be left to a table."""
    if not system.flaws:
        return []
    return [
        f"{system.name} {verb} {len(system.flaws.rows(kind)):,} of {evaluation.n:,} sentences."
        for kind, verb in FLAW_VERBS.items()
        if system.flaws.share(kind) > COMMON_FLAW
    ]


def _disagreement(evaluation: Evaluation, system: System) -> str:
    """Name the metrics for which only one of a system's two tests finds a difference."""
    parts = []
    for metric, randomisation in system.randomisation.items():
        bootstrap = evaluation.tests(system)[metric]
        low, high = sorted((bootstrap.p, randomisation.p))
        if low < LEVEL <= high:
            parts.append(
                f"{evaluation.labels[metric]}: paired bootstrap {format_p(bootstrap)}; "
                f"approximate randomisation {format_p(randomisation)}"
            )
    return f"The two tests of {system.name} disagree. {'. '.join(parts)}." if parts else ""
