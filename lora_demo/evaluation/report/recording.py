"""Write an adapter's scores, with signatures and the set's hash, into its manifest and card."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from huggingface_hub import ModelCard, ModelCardData

from lora_demo.checkpoints.adapter_files import CARD, MANIFEST, WEIGHTS
from lora_demo.checkpoints.card import MARK, model_card
from lora_demo.checkpoints.card_scores import (
    BEGIN,
    END,
    evaluation_results,
    evaluations_section,
)
from lora_demo.checkpoints.download import sha256_of
from lora_demo.evaluation.report.data import Evaluation, System
from lora_demo.evaluation.report.serialisation import score_json, versions
from lora_demo.files import read_json, write_json, write_text

Json = dict[str, Any]


def record_scores(evaluation: Evaluation) -> list[Path]:
    """Add the scores of every adapter in an evaluation to its manifest and card.

    They replace older scores on the same set with the same settings.

    Args:
        evaluation: The evaluation.

    Returns:
        The adapter folders.

    Raises:
        ValueError: If the evaluation was stopped before the end of the set, or an adapter has no
            manifest.
    """
    if evaluation.is_cut:
        raise ValueError(
            "Scores of a partial evaluation are not written to adapters. Run it to the end."
        )
    if not evaluation.adapters:
        raise ValueError("The evaluation has no adapter to write scores to. Add an adapter to it.")
    folders = [Path(system.folder) for system in evaluation.adapters if system.folder]
    manifests = [read_json(folder / MANIFEST) for folder in folders]
    for folder, system, manifest in zip(folders, evaluation.adapters, manifests, strict=True):
        entry = manifest_entry(evaluation, system) | _parent_entry(evaluation, system, manifest)
        _record(folder, manifest, entry)
    return folders


def manifest_entry(evaluation: Evaluation, system: System) -> Json:
    """Make the entry of an evaluation for a manifest's list `evaluations`.

    Args:
        evaluation: The evaluation.
        system: One of its adapters.

    Returns:
        The entry.
    """
    overlap = next((o for o in evaluation.overlaps if o.adapter == system.name), None)
    tests = evaluation.tests(system)
    return {
        "data": {
            "source": evaluation.set.id,
            "split": evaluation.set.split,
            "sha256": evaluation.set.sha256,
            "n": evaluation.n,
            "references": len(evaluation.set.references),
        },
        "base": evaluation.config.base,
        "beams": evaluation.config.beams,
        "precision": evaluation.precision,
        "seed": evaluation.scorer.seed,
        "scores": {name: score_json(score) for name, score in system.scores.items()},
        "base_scores": {n: score_json(score) for n, score in evaluation.first.scores.items()},
        "against_base": {f"{name}_p": test.p for name, test in tests.items()},
        "trained_on": len(overlap.pairs) if overlap and overlap.checked else None,
        "versions": versions(),
    }


def _parent_entry(evaluation: Evaluation, system: System, manifest: Json) -> Json:
    """Make the comparison with the parent; empty if this evaluation does not include the parent."""
    recorded = manifest.get("parent")
    sha256 = recorded.get("sha256") if isinstance(recorded, dict) else None
    if not sha256:
        return {}
    for other in evaluation.adapters:
        if other is system or other.folder is None:
            continue
        if sha256_of([other.folder / WEIGHTS]) == sha256:
            tests = system.tests[other.name]
            return {
                "parent_scores": {name: score_json(s) for name, s in other.scores.items()},
                "against_parent": {f"{name}_p": test.p for name, test in tests.items()},
            }
    return {}


def _record(folder: Path, manifest: Json, new: Json) -> None:
    others = [
        entry
        for entry in manifest.get("evaluations", [])
        if isinstance(entry, dict) and _settings(entry) != _settings(new)
    ]
    name = manifest.get("name") or folder.name
    manifest |= {"name": name, "evaluations": [*others, new]}
    card = folder / CARD
    if card.is_file():
        write_text(card, _update_card(card.read_text(encoding="utf-8"), manifest))
    write_json(folder / MANIFEST, manifest)


def _settings(entry: Mapping[str, Any]) -> tuple:
    """Return the values that two evaluations share if the later one replaces the earlier one."""
    signature = entry.get("scores", {}).get("chrf", {}).get("signature")
    precision = entry.get("precision", "float32")
    return entry.get("data"), entry.get("base"), entry.get("beams"), precision, signature


def _update_card(text: str, manifest: Json) -> str:
    """Write the card again; if a person has edited it, replace only the section with scores."""
    if MARK in text:
        return model_card(manifest)
    card = ModelCard(text, ignore_metadata_errors=True)
    data = card.data
    assert isinstance(data, ModelCardData)
    results = evaluation_results(manifest)
    new = {(result.dataset_name, result.metric_type) for result in results}
    old = [r for r in data.eval_results or [] if (r.dataset_name, r.metric_type) not in new]
    data.eval_results = old + results
    data.model_name = data.get("model_name") or manifest["name"]
    return f"---\n{data.to_yaml()}\n---\n{_put_section(card.text, evaluations_section(manifest))}"


def _put_section(body: str, section: str) -> str:
    """Replace the section with scores; put a new one before the limits, or at the end."""
    if BEGIN in body:
        return re.sub(f"{BEGIN}.*?{END}\n?", lambda _: section, body, flags=re.DOTALL)
    if "\n## Limits" in body:
        return body.replace("\n## Limits", f"\n{section}\n## Limits", 1)
    return f"{body.rstrip()}\n\n{section}"
