"""An evaluation as JSON: the summary that `--json` prints, and the whole document."""

from collections.abc import Sequence
from typing import Any

from lora_demo.evaluation.analysis.buckets import Bucket
from lora_demo.evaluation.analysis.flaws import KINDS, Flaws
from lora_demo.evaluation.analysis.gains import Gain
from lora_demo.evaluation.metrics import deciding_metrics
from lora_demo.evaluation.overlap import Overlap
from lora_demo.evaluation.report import narrative
from lora_demo.evaluation.report.data import Evaluation, FurtherSet, System, SystemComparison
from lora_demo.evaluation.report.glossary_section import glossary_json
from lora_demo.evaluation.report.segment_json import (
    segment_json,
    segments_document,
    sentence_segments,
)
from lora_demo.evaluation.scores import Score
from lora_demo.evaluation.sentence_numbers import Numbering, from_one, list_numbers
from lora_demo.evaluation.significance import LEVEL, SAMPLES, TRIALS
from lora_demo.version import __version__

Json = dict[str, Any]


def summary(evaluation: Evaluation) -> Json:
    """Summarise an evaluation as `--json` prints it.

    Args:
        evaluation: The evaluation.

    Returns:
        Scores of every system and p-values against the first one.
    """
    document: Json = {
        "data": evaluation.set.id,
        "n": evaluation.n,
        "seed": evaluation.scorer.seed,
        "systems": [_system_summary(evaluation, system) for system in evaluation.systems],
    }
    if evaluation.is_partial:
        document |= {"partial": True, "asked": evaluation.total}
    if evaluation.left_out:
        document["left_out"] = evaluation.left_out
    if evaluation.glossary:
        document["glossary"] = glossary_json(evaluation, with_terms=False)
    if evaluation.segment_results:
        document["segment_scores"] = [segment_json(result) for result in evaluation.segment_results]
    if evaluation.further_sets:
        document["beside"] = [_further_summary(further) for further in evaluation.further_sets]
    return document


def _system_summary(evaluation: Evaluation, system: System) -> Json:
    return {
        "name": system.name,
        **_scores(system),
        "length_ratio": system.flaws.length_ratio if system.flaws else None,
        "against_base": _summary_p_values(evaluation, system),
    }


def _summary_p_values(evaluation: Evaluation, system: System) -> Json | None:
    if system is evaluation.first:
        return None
    names = deciding_metrics()
    p_values = {f"{name}_p": evaluation.tests(system)[name].p for name in names}
    if system.randomisation:
        p_values |= {f"{name}_ar_p": system.randomisation[name].p for name in names}
    return p_values


def _scores(system: System) -> Json:
    return {name: score_json(score) for name, score in system.scores.items()}


def score_json(score: Score) -> Json:
    """Serialise a score without its mean and resamples.

    Args:
        score: A system's score of a whole set.
    """
    return {
        "score": score.score,
        "low": score.low,
        "high": score.high,
        "signature": score.signature,
    }


def document(evaluation: Evaluation) -> Json:
    """Serialise a whole evaluation, down to each sentence.

    Args:
        evaluation: The evaluation.

    Returns:
        The content of `report.json`.
    """
    buckets = {
        kind: [_bucket(bucket, evaluation.number) for bucket in buckets]
        for kind, buckets in evaluation.buckets.items()
    }
    return (
        summary(evaluation)
        | _glossary_document(evaluation)
        | segments_document(evaluation)
        | {
            "split": evaluation.set.split,
            "sha256": evaluation.set.sha256,
            "partial": evaluation.is_partial,
            "asked": evaluation.total,
            "samples": SAMPLES,
            "level": LEVEL,
            "beams": evaluation.config.beams,
            "precision": evaluation.precision,
            "base": evaluation.config.base,
            "verdicts": narrative.verdicts(evaluation),
            "alarms": narrative.alarms(evaluation),
            "remarks": narrative.remarks(evaluation),
            "systems": [_system(evaluation, system) for system in evaluation.systems],
            "translated_in_pieces": list_numbers(evaluation.split_rows, evaluation.number),
            "overlaps": [
                overlap_json(overlap, evaluation.number) for overlap in evaluation.overlaps
            ],
            "frequency_source": narrative.frequency_source(evaluation),
            "buckets": buckets,
            "comparisons": [_comparison(evaluation, c) for c in evaluation.comparisons],
            "beside": [_further_document(further) for further in evaluation.further_sets],
            "versions": versions(),
            "seconds": round(evaluation.seconds, 1),
            "sentences": [_sentence(evaluation, i) for i in range(evaluation.n)],
        }
    )


def _glossary_document(evaluation: Evaluation) -> Json:
    if not evaluation.glossary:
        return {}
    return {"glossary": glossary_json(evaluation, with_terms=True)}


def _system(evaluation: Evaluation, system: System) -> Json:
    result = _system_summary(evaluation, system) | {
        "kind": system.kind,
        "adapter": narrative.origin(evaluation, system) if system.folder else None,
        "flaws": flaws_json(system.flaws, evaluation.number) if system.flaws else None,
        "p": {
            other: {name: test.p for name, test in tests.items()}
            for other, tests in system.tests.items()
        },
        "differing_sentences": {
            other: {name: test.differing for name, test in tests.items()}
            for other, tests in system.tests.items()
        },
    }
    if system.randomisation:
        result["randomisation"] = {
            name: {"p": test.p, "trials": TRIALS, "signature": test.signature}
            for name, test in system.randomisation.items()
        }
    if system is not evaluation.first:
        result["findings"] = narrative.findings(evaluation, system)
    return result


def flaws_json(flaws: Flaws, number: Numbering = from_one) -> Json:
    """Serialise a system's flaws.

    Args:
        flaws: The flaws.
        number: Returns the number of a row for readers.

    Returns:
        The length ratio, and share, count and sentences of each kind.
    """
    result: Json = {"length_ratio": flaws.length_ratio}
    for kind in KINDS:
        rows = flaws.rows(kind)
        result[kind] = {
            "share": flaws.share(kind),
            "count": len(rows),
            "sentences": list_numbers(rows, number),
        }
    return result


def overlap_json(overlap: Overlap, number: Numbering = from_one) -> Json:
    """Serialise an overlap with training data.

    Args:
        overlap: The overlap.
        number: Returns the number of a row for readers.

    Returns:
        Counts and the first sentences.
    """
    return {
        "adapter": overlap.adapter,
        "training_data": overlap.source,
        "checked": overlap.checked,
        "changed_since": overlap.changed,
        "problem": overlap.problem,
        "trained_pairs": _counted(overlap.pairs, number),
        "trained_sources": _counted(overlap.sources, number),
        "chosen_by": _counted(overlap.chosen, number),
    }


def _counted(rows: Sequence[int], number: Numbering) -> Json:
    return {"count": len(rows), "first": list_numbers(rows, number)}


def _bucket(bucket: Bucket, number: Numbering) -> Json:
    result = {
        "name": bucket.name,
        "n": bucket.n,
        "sentences": list_numbers(bucket.rows, number),
        "systems": bucket.scores,
    }
    if bucket.rows_of:
        result["sentences_of"] = {
            system: list_numbers(rows, number) for system, rows in bucket.rows_of.items()
        }
    return result


def _comparison(evaluation: Evaluation, comparison: SystemComparison) -> Json:
    number = evaluation.number
    return {
        "system": comparison.system.name,
        "against": evaluation.first.name,
        "sentences_better": comparison.better,
        "sentences_worse": comparison.worse,
        "wins": list_numbers(comparison.wins, number),
        "losses": list_numbers(comparison.losses, number),
        "ngrams": {
            "right_here_only": [_gain(gain, number) for gain in comparison.gained],
            "right_there_only": [_gain(gain, number) for gain in comparison.missed],
        },
    }


def _gain(gain: Gain, number: Numbering) -> Json:
    return {
        "ngram": gain.ngram,
        "right_here_only": len(gain.rows),
        "right_there_only": gain.lost,
        "sentences": list_numbers(gain.rows, number),
    }


def _further_summary(further: FurtherSet) -> Json:
    result = {"data": further.set.id, "split": further.set.split, "n": further.n}
    if further.is_cut:
        result |= {"partial": True, "asked": further.total}
    return result | {
        "own_training_data": further.is_own_data,
        "systems": [_further_system(further, system) for system in further.systems],
    }


def _further_system(further: FurtherSet, system: System) -> Json:
    p_values = None
    if system is not further.first:
        p_values = {f"{name}_p": test.p for name, test in further.tests(system).items()}
    return {"name": system.name, **_scores(system), "against_base": p_values}


def _further_document(further: FurtherSet) -> Json:
    return _further_summary(further) | {
        "overlaps": [overlap_json(overlap, further.number) for overlap in further.overlaps],
        "sentences": [_further_sentence(further, i) for i in range(further.n)],
    }


def _further_sentence(further: FurtherSet, i: int) -> Json:
    return {
        "number": further.number(i),
        "source": further.set.sources[i],
        "references": further.set.references_of(i),
        "systems": {
            system.name: {
                "output": system.outputs[i],
                "chrf": system.sentence_scores["chrf"][i],
            }
            for system in further.systems
        },
    }


def _sentence(evaluation: Evaluation, i: int) -> Json:
    systems = {}
    for system in evaluation.systems:
        scores = {name: values[i] for name, values in system.sentence_scores.items()}
        systems[system.name] = {
            "output": system.outputs[i],
            **scores,
            **sentence_segments(evaluation, system, i),
        }
    return {
        "number": evaluation.number(i),
        "source": evaluation.set.sources[i],
        "references": evaluation.set.references_of(i),
        "systems": systems,
    }


def versions() -> dict[str, str]:
    """Get the versions of the packages that the numbers depend on."""
    from importlib.metadata import version

    return {"lora_demo": __version__, "sacrebleu": version("sacrebleu"), "numpy": version("numpy")}
