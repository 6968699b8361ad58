"""Writes an adapter's scores into its manifest and model card; a score never goes without its signature and the set's hash."""

import re
from pathlib import Path

from huggingface_hub import ModelCard, ModelCardData

from lora_demo.checkpoints.adapter_files import CARD, MANIFEST
from lora_demo.checkpoints.card import MARK, model_card
from lora_demo.checkpoints.card_scores import BEGIN, END, evaluated, evaluation_results
from lora_demo.evaluation.report.result import Evaluation, System, versions
from lora_demo.evaluation.scores import METRICS
from lora_demo.files import read_json, write_json, write_text


def record_scores(evaluation: Evaluation) -> list[Path]:
    """Adds the scores of every adapter in an evaluation to its manifest and card; returns the folders.

    Scores on the same set with the same settings take the place of older ones.

    Raises:
        ValueError: if the set is not done, or an adapter has no manifest.
    """
    adapters = [system for system in evaluation.systems if system.folder]
    if evaluation.is_cut:
        raise ValueError("A partial evaluation is not written to an adapter; let it finish.")
    if not adapters:
        raise ValueError("There is no adapter to write scores to.")
    manifests = [read_json(Path(system.folder) / MANIFEST) for system in adapters]
    for system, manifest in zip(adapters, manifests):
        _record(Path(system.folder), manifest, entry(evaluation, system))
    return [Path(system.folder) for system in adapters]


def entry(evaluation: Evaluation, system: System) -> dict:
    """What the manifest keeps of an evaluation, under `evaluations`."""
    base, overlap = (
        evaluation.systems[0],
        next((o for o in evaluation.overlaps if o.adapter == system.name), None),
    )
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
        "seed": evaluation.scorer.seed,
        "scores": {m: system.scores[m].to_json() for m in METRICS},
        "base_scores": {m: base.scores[m].to_json() for m in METRICS},
        "against_base": {f"{m}_p": p for m, p in evaluation.against(system).items()},
        "trained_on": None if overlap is None or not overlap.checked else len(overlap.pairs),
        "versions": versions(),
    }


def _record(folder: Path, manifest: dict, new: dict):
    key = lambda e: (
        e.get("data"),
        e.get("base"),
        e.get("beams"),
        e.get("scores", {}).get("chrf", {}).get("signature"),
    )
    kept = [
        e for e in manifest.get("evaluations", []) if isinstance(e, dict) and key(e) != key(new)
    ]
    manifest |= {"name": manifest.get("name") or folder.name, "evaluations": [*kept, new]}
    if (folder / CARD).is_file():
        write_text(folder / CARD, _card((folder / CARD).read_text(encoding="utf-8"), manifest))
    write_json(folder / MANIFEST, manifest)


def _card(text: str, manifest: dict) -> str:
    """The card with all evaluations: made anew, or, where a person has changed it, with that section put in."""
    if MARK in text:
        return model_card(manifest)
    card = ModelCard(text, ignore_metadata_errors=True)
    data: ModelCardData = card.data
    results = evaluation_results(manifest)
    fresh = {(r.dataset_name, r.metric_type) for r in results}
    data.eval_results = [
        r for r in data.eval_results or [] if (r.dataset_name, r.metric_type) not in fresh
    ] + results
    data.model_name = data.get("model_name") or manifest["name"]
    front, body, section = data.to_yaml(), card.text, evaluated(manifest)
    if BEGIN in body:
        body = re.sub(f"{BEGIN}.*?{END}\n?", lambda _: section, body, flags=re.DOTALL)
    else:
        body = (
            body.replace("\n## Limits", f"\n{section}\n## Limits", 1)
            if "\n## Limits" in body
            else f"{body.rstrip()}\n\n{section}"
        )
    return f"---\n{front}\n---\n{body}"
