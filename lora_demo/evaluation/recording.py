"""Writes an adapter's scores into its manifest and model card; a score never goes without its signature and the set's hash."""

import re
from pathlib import Path

from huggingface_hub import EvalResult, ModelCard, ModelCardData

from lora_demo.checkpoints.adapters import CARD, MANIFEST
from lora_demo.checkpoints.tensors import read_json, write_json, write_text
from lora_demo.evaluation.result import Evaluation, System, versions
from lora_demo.evaluation.scores import METRICS
from lora_demo.evaluation.verdict import p_text

BEGIN, END = "<!-- evaluations -->", "<!-- /evaluations -->"
CLAIM = "; nothing else was measured."
"""What the card of a fresh adapter says, until something else was."""


def record_scores(evaluation: Evaluation) -> list[Path]:
    """Adds the scores of every adapter in an evaluation to its manifest and card; returns the folders.

    Scores on the same set with the same settings take the place of older ones.

    Raises:
        ValueError: if the evaluation is partial, or an adapter has no manifest.
    """
    adapters = [system for system in evaluation.systems if system.folder]
    if evaluation.is_partial:
        raise ValueError("A partial evaluation is not written to an adapter; let it finish.")
    if not adapters:
        raise ValueError("There is no adapter to write scores to.")
    manifests = [read_json(Path(system.folder) / MANIFEST) for system in adapters]
    for system, manifest in zip(adapters, manifests):
        _record(Path(system.folder), manifest, entry(evaluation, system))
    return [Path(system.folder) for system in adapters]


def entry(evaluation: Evaluation, system: System) -> dict:
    """What the manifest keeps of an evaluation, under `evaluations`."""
    base, overlap = evaluation.systems[0], next((o for o in evaluation.overlaps if o.adapter == system.name), None)
    return {
        "data": {"source": evaluation.set.id, "split": evaluation.set.split, "sha256": evaluation.set.sha256, "n": evaluation.n, "references": len(evaluation.set.references)},
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
    key = lambda e: (e.get("data"), e.get("base"), e.get("beams"), e.get("scores", {}).get("chrf", {}).get("signature"))
    kept = [e for e in manifest.get("evaluations", []) if isinstance(e, dict) and key(e) != key(new)]
    manifest["evaluations"] = [*kept, new]
    if (folder / CARD).is_file():
        write_text(folder / CARD, _card((folder / CARD).read_text(encoding="utf-8"), manifest, folder.name))
    write_json(folder / MANIFEST, manifest)


def _card(text: str, manifest: dict, name: str) -> str:
    """The card with a table of all evaluations, and the newest of each set in its front matter."""
    card = ModelCard(text, ignore_metadata_errors=True)
    data: ModelCardData = card.data
    results = [result for e in manifest["evaluations"] for result in _results(e)]
    fresh = {(r.dataset_name, r.metric_type) for r in results}
    data.eval_results = [r for r in data.eval_results or [] if (r.dataset_name, r.metric_type) not in fresh] + results
    data.model_name = data.get("model_name") or manifest.get("name") or name
    front, body = data.to_yaml(), card.text.replace(CLAIM, ".")
    section = f"{BEGIN}\n## Evaluated\n\n{_table(manifest['evaluations'])}\n{END}"
    if BEGIN in body:
        body = re.sub(f"{BEGIN}.*?{END}", lambda _: section, body, flags=re.DOTALL)
    else:
        body = body.replace("\n## Limits", f"\n{section}\n\n## Limits", 1) if "\n## Limits" in body else f"{body.rstrip()}\n\n{section}\n"
    return f"---\n{front}\n---\n{body}"


def _name(e: dict) -> str:
    return f"{e['data']['source']} {e['data']['split']} (n = {e['data']['n']}, SHA-256 {e['data']['sha256'][:12]}, {'greedy' if e['beams'] == 1 else str(e['beams']) + ' beams'})"


def _results(e: dict) -> list[EvalResult]:
    kind = e["data"]["source"].split(":")[0]
    return [  # the Hub's format puts results together that share type, split and revision; the hash keeps sets apart
        EvalResult(task_type="translation", dataset_type=kind, dataset_name=_name(e), dataset_split=e["data"]["split"], dataset_revision=e["data"]["sha256"], metric_type=m, metric_value=round(e["scores"][m]["score"], 2), metric_name=f"{m} {e['scores'][m]['signature']}")
        for m in METRICS
    ]


def _table(evaluations: list[dict]) -> str:
    lines = ["| set | measure | base | adapter | 95 % interval | against the base |", "| --- | --- | ---: | ---: | --- | --- |"]
    for e in evaluations:
        trained = f"; TRAINED on {e['trained_on']} of them" if e.get("trained_on") else ""
        for m in METRICS:
            score = e["scores"][m]
            lines.append(f"| {_plain(_name(e))}{trained} | {m} | {e['base_scores'][m]['score']:.2f} | {score['score']:.2f} | {score['low']:.2f} to {score['high']:.2f} | {p_text(e['against_base'][m + '_p'])} |")
    signatures = sorted({f"{m}: `{e['scores'][m]['signature']}`" for e in evaluations for m in METRICS})
    return "\n".join([*lines, "", "By sacreBLEU, intervals and paired p-values by bootstrap. " + "; ".join(signatures) + "."])


def _plain(text: str) -> str:
    """A text that stays inside of its cell."""
    return re.sub(r"[|<>`\[\]\n\r]", " ", text)
