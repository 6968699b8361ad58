"""An evaluation in sentences for people: verdicts, alarms and remarks."""

from collections.abc import Sequence

from lora_demo.evaluation.analysis.flaws import KINDS
from lora_demo.evaluation.outputs import MAX_TOKENS
from lora_demo.evaluation.overlap import Overlap
from lora_demo.evaluation.report.data import Evaluation, System
from lora_demo.evaluation.report.verdict import (
    describe_metric,
    describe_size,
    describe_system,
    format_p,
)
from lora_demo.evaluation.sets import SentenceSet
from lora_demo.evaluation.significance import LEVEL
from lora_demo.language import _, format_number, ngettext

COMMON_FLAW = 0.05
"""A flaw in more than this share of the sentences gets a remark."""
MAX_NAMED = 10
"""Sentences that a remark names by their numbers."""


def first_name(evaluation: Evaluation) -> str:
    """Name the first system in a sentence.

    Args:
        evaluation: An evaluation. Its first system need not be the base.
    """
    return _("the base") if evaluation.first.kind == "base" else evaluation.first.name


def origin(evaluation: Evaluation, system: System) -> str:
    """Say where a system comes from, without paths where they may not be shown.

    Args:
        evaluation: The evaluation, which knows if paths may be shown.
        system: One of its systems.
    """
    if system.folder:
        return (
            str(system.folder) if evaluation.shows_paths else _("adapter {name}", name=system.name)
        )
    if system.kind == "base":
        return _("the base {base}", base=evaluation.config.base)
    return _("outputs made elsewhere")


def frequency_source(evaluation: Evaluation) -> str:
    """Say in which texts the frequency of words was counted.

    Args:
        evaluation: An evaluation, with or without known training data.
    """
    if evaluation.has_training_texts and evaluation.training:
        return _("the training data {source}", source=evaluation.training.source)
    return _("the references, because no training data is known")


def verdicts(evaluation: Evaluation) -> list[str]:
    """Judge each system but the first; if there is only one, give its scores.

    Args:
        evaluation: The evaluation.

    Returns:
        At least one sentence.
    """
    first = evaluation.first
    if not evaluation.others:
        scores = [
            f"{evaluation.labels[m]} {format_number(s.score, '.2f')}"
            for m, s in first.scores.items()
        ]
        return [
            _(
                "{name} scores {scores}. To compare, add an adapter or translations made "
                "elsewhere.",
                name=first.shown_name,
                scores=", ".join(scores),
            )
        ]
    return [
        describe_system(
            system.shown_name,
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
        evaluation: The evaluation.
        system: One of its systems.

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
    """List alarms and remarks.

    Args:
        evaluation: An evaluation, complete or stopped early.
    """
    return alarms(evaluation) + remarks(evaluation)


def alarms(evaluation: Evaluation) -> list[str]:
    """List the reasons why the scores are less reliable than they look.

    Args:
        evaluation: The evaluation.

    Returns:
        Sentences about stops, a failure of COMET, and training data in the set.
    """
    result = _partial_alarms(evaluation)
    if evaluation.comet_problem:
        result.append(_("COMET is missing. {problem}", problem=evaluation.comet_problem))
    overlaps = [*evaluation.overlaps]
    for further in evaluation.further_sets:
        overlaps += further.overlaps
    return result + [describe_overlap(overlap) for overlap in overlaps if overlap.affects_scores]


def _partial_alarms(evaluation: Evaluation) -> list[str]:
    result = []
    if evaluation.is_cut:
        result.append(
            _(
                "PARTIAL: stopped after {n:,} of {total:,} sentences. All numbers are for "
                "this random part of the set.",
                n=evaluation.n,
                total=evaluation.total,
            )
        )
    for further in evaluation.further_sets:
        if further.is_cut:
            result.append(
                _(
                    "PARTIAL: stopped after {n:,} of {total:,} sentences of {title}. Its "
                    "numbers are for this random part.",
                    n=further.n,
                    total=further.total,
                    title=further.title,
                )
            )
    if evaluation.left_out:
        result.append(
            _("PARTIAL: stopped early. Left out: {parts}.", parts="; ".join(evaluation.left_out))
        )
    return result


def describe_overlap(overlap: Overlap) -> str:
    """Describe the overlap of a set with an adapter's training data.

    Args:
        overlap: The overlap.

    Returns:
        Some sentences; empty if there is nothing to say.
    """
    name = overlap.adapter
    if not overlap.checked:
        return _(
            "It is unknown whether {name} was trained on sentences of {where}, because {problem}.",
            name=name,
            where=_(overlap.where),
            problem=overlap.problem,
        )
    sentences = []
    if overlap.pairs:
        sentences.append(
            _(
                "{name} was TRAINED on {overlap}. Its scores there do not show how well it "
                "translates new sentences.",
                name=name,
                overlap=_share(overlap, overlap.pairs),
            )
        )
    if overlap.sources:
        sentences.append(
            _(
                "{name} was trained on the German text of {overlap}, with another translation.",
                name=name,
                overlap=_share(overlap, overlap.sources),
            )
        )
    if overlap.chosen:
        sentences.append(
            _(
                "The best step of {name} was selected with {overlap}. Its scores there are "
                "slightly too high.",
                name=name,
                overlap=_share(overlap, overlap.chosen),
            )
        )
    if overlap.changed:
        sentences.append(
            _(
                "The training data of {name}, {source}, has changed since {name} was trained. The "
                "overlap was checked with the changed data.",
                name=name,
                source=overlap.source,
            )
        )
    return " ".join(sentences)


def _share(overlap: Overlap, rows: Sequence[int]) -> str:
    return ngettext(
        "the only sentence ({share:.0%}) of {where}",
        "{part:,} of the {count:,} sentences ({share:.0%}) of {where}",
        overlap.n,
        part=len(rows),
        share=len(rows) / overlap.n,
        where=_(overlap.where),
    )


def remarks(evaluation: Evaluation) -> list[str]:
    """List further things to know about the scores.

    Args:
        evaluation: The evaluation.

    Returns:
        Sentences.
    """
    harmless = [overlap for overlap in evaluation.overlaps if not overlap.affects_scores]
    result = [describe_size(evaluation.n), *map(describe_overlap, harmless)]
    for scored in (evaluation, *evaluation.further_sets):
        result += describe_skipped(scored.set)
    result += [_describe_empty(evaluation), _describe_split(evaluation)]
    result += evaluation.own_data_notes
    for system in evaluation.systems:
        result += [*_common_flaws(evaluation, system), _disagreement(evaluation, system)]
    return [text for text in result if text]


def describe_skipped(sentences: SentenceSet) -> list[str]:
    """Say which rows of a set's file are left out, and which may have missing values.

    Args:
        sentences: The set.
    """
    return [f"{sentences.id}: {sentence}" for sentence in sentences.skipped.sentences()]


def _describe_empty(evaluation: Evaluation) -> str:
    sources = sum(not text.strip() for text in evaluation.set.sources)
    references = sum(text == "" for text in evaluation.set.references[0])
    sentences = []
    if references:
        sentences.append(
            ngettext(
                "{count:,} sentence has an empty reference, which is scored as an empty text.",
                "{count:,} sentences have an empty reference, which is scored as an empty text.",
                references,
            )
        )
    if sources:
        sentences.append(
            ngettext("{count:,} source is empty.", "{count:,} sources are empty.", sources)
        )
    return " ".join(sentences)


def _describe_split(evaluation: Evaluation) -> str:
    rows = evaluation.split_rows
    if not rows:
        return ""
    numbers = ", ".join(f"{evaluation.number(i)}" for i in rows[:MAX_NAMED])
    if len(rows) > MAX_NAMED:
        more = len(rows) - MAX_NAMED
        numbers = _("{numbers} and {count:,} more", numbers=numbers, count=more)
    return ngettext(
        "{count:,} source has more than {tokens} tokens and was translated in pieces: number "
        "{numbers}.",
        "{count:,} sources have more than {tokens} tokens and were translated in pieces: numbers "
        "{numbers}.",
        len(rows),
        tokens=MAX_TOKENS,
        numbers=numbers,
    )


def _common_flaws(evaluation: Evaluation, system: System) -> list[str]:
    """Name the flaws that are too common to be left to a table."""
    if not system.flaws:
        return []
    return [
        _(kind.remark, name=system.shown_name, count=len(system.flaws.rows(name)), n=evaluation.n)
        for name, kind in KINDS.items()
        if kind.remark and system.flaws.share(name) > COMMON_FLAW
    ]


def _disagreement(evaluation: Evaluation, system: System) -> str:
    """Name the metrics for which only one of a system's two tests finds a difference."""
    parts = []
    for metric, randomisation in system.randomisation.items():
        bootstrap = evaluation.tests(system)[metric]
        low, high = sorted((bootstrap.p, randomisation.p))
        if low < LEVEL <= high:
            parts.append(
                _(
                    "{metric}: paired bootstrap {bootstrap}; approximate randomisation "
                    "{randomisation}",
                    metric=evaluation.labels[metric],
                    bootstrap=format_p(bootstrap),
                    randomisation=format_p(randomisation),
                )
            )
    if not parts:
        return ""
    return _(
        "The two tests of {name} disagree. {parts}.", name=system.shown_name, parts=". ".join(parts)
    )
