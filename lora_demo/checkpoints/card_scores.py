"""The scores in a model card: the table of evaluations, and the Hub's `model-index`."""

import re
from typing import Any

from lora_demo.checkpoints.card_rights import hub_dataset

BEGIN, END = "<!-- evaluations -->", "<!-- /evaluations -->"
"""Marks around the section of evaluations, so that it can be found and replaced."""
TASK: dict[str, Any] = {"task_type": "translation", "task_name": "Translation German to English"}
TABLE_HEAD = (
    "| set | measure | base | adapter | 95% interval | against the base |",
    "| --- | --- | ---: | ---: | --- | --- |",
)


def model_index(manifest: dict[str, Any]) -> list[Any] | None:
    """Return the measured scores in the Hub's form; None if nothing was measured.

    Args:
        manifest: Content of `manifest.json`; `scores` and `evaluations` are read.
    """
    from huggingface_hub.repocard_data import eval_results_to_model_index

    results = _training_results(manifest) + evaluation_results(manifest)
    if not results:
        return None
    return list(eval_results_to_model_index(manifest["name"], results))


def _training_results(manifest: dict[str, Any]) -> list[Any]:
    from huggingface_hub import EvalResult

    scores = manifest.get("scores") or {}
    if scores.get("eval_chrf") is None:
        return []
    source = (manifest.get("data") or {}).get("source") or ""
    dataset: dict[str, Any] = {
        "dataset_name": f"held-out part of {source}",
        "dataset_type": _dataset_type(source) or "unknown",
    }
    chrf = EvalResult(
        **TASK,
        **dataset,
        metric_type="chrf",
        metric_value=round(scores["eval_chrf"], 2),
        metric_name=f"chrF2 {scores.get('signature', '')}".strip(),
    )
    if scores.get("eval_loss") is None:
        return [chrf]
    loss = EvalResult(
        **TASK,
        **dataset,
        metric_type="loss",
        metric_value=round(scores["eval_loss"], 4),
        metric_name="cross entropy per token",
    )
    return [chrf, loss]


def _dataset_type(source: str) -> str:
    """Return the Hub id in a source of pairs, else the part before the colon."""
    return hub_dataset(source) or source.split(":")[0]


def evaluation_results(manifest: dict[str, Any]) -> list[Any]:
    """Convert the manifest's evaluations to `EvalResult`s.

    The Hub merges results of equal type, split and revision, so the hash keeps sets apart.

    Args:
        manifest: Content of `manifest.json`.
    """
    from huggingface_hub import EvalResult

    return [
        EvalResult(
            task_type=TASK["task_type"],
            dataset_type=_dataset_type(evaluation["data"]["source"]),
            dataset_name=_set_name(evaluation),
            dataset_split=evaluation["data"]["split"],
            dataset_revision=evaluation["data"]["sha256"],
            metric_type=metric,
            metric_value=round(score["score"], 2),
            metric_name=f"{metric} {score['signature']}",
        )
        for evaluation in manifest.get("evaluations") or []
        for metric, score in evaluation["scores"].items()
    ]


def evaluations_section(manifest: dict[str, Any]) -> str:
    """Write the section with the manifest's evaluations, between `BEGIN` and `END`.

    Args:
        manifest: Content of `manifest.json`.

    Returns:
        The section; empty without evaluations.
    """
    evaluations = manifest.get("evaluations") or []
    if not evaluations:
        return ""
    rows = [row for evaluation in evaluations for row in _rows(evaluation)]
    table = "\n".join((*TABLE_HEAD, *rows))
    signatures = {
        f"{metric}: `{score['signature']}`"
        for evaluation in evaluations
        for metric, score in evaluation["scores"].items()
    }
    note = (
        "Scores by sacreBLEU; intervals and paired p-values by bootstrap. "
        f"{'; '.join(sorted(signatures))}."
    )
    return f"{BEGIN}\n## Evaluated\n\n{table}\n\n{note}\n{END}\n"


def _rows(evaluation: dict[str, Any]) -> list[str]:
    name = _cell(_set_name(evaluation))
    if evaluation.get("trained_on"):
        name += f"; TRAINED on {evaluation['trained_on']} of them"
    rows = []
    for metric, score in evaluation["scores"].items():
        base = evaluation["base_scores"][metric]["score"]
        p = evaluation["against_base"][f"{metric}_p"]
        interval = f"{score['low']:.2f} to {score['high']:.2f}"
        tests = f"p = {p:.4f}{_against_parent(evaluation, metric)}"
        rows.append(
            f"| {name} | {metric} | {base:.2f} | {score['score']:.2f} | {interval} | {tests} |"
        )
    return rows


def _against_parent(evaluation: dict[str, Any], metric: str) -> str:
    """Write the parent's score and the p-value against it; empty if it was not evaluated."""
    scores = evaluation.get("parent_scores")
    if not scores:
        return ""
    p = evaluation["against_parent"][f"{metric}_p"]
    return (
        f"; against the adapter that it started from ({scores[metric]['score']:.2f}), p = {p:.4f}"
    )


def _set_name(evaluation: dict[str, Any]) -> str:
    data, beams = evaluation["data"], evaluation["beams"]
    search = "greedy" if beams == 1 else f"{beams} beams"
    precision = evaluation.get("precision", "float32")
    if precision != "float32":
        search += f", {precision}"
    return (
        f"{data['source']} {data['split']} (n = {data['n']}, SHA-256 {data['sha256'][:12]}, "
        f"{search})"
    )


def _cell(text: str) -> str:
    """Remove what would end a table cell or become markup."""
    return re.sub(r"[|<>`\[\]\n\r]", " ", text)
