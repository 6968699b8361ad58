"""The table of a sweep: base and ranks, scores with intervals, and significance, in two formats."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lora_demo.checkpoints.adapter_files import WEIGHTS
from lora_demo.checkpoints.download import sha256_of
from lora_demo.evaluation.metrics import deciding_metrics, labels
from lora_demo.evaluation.report.data import Evaluation, System
from lora_demo.evaluation.report.serialisation import score_json
from lora_demo.evaluation.report.verdict import format_p
from lora_demo.files import read_json_or_empty, write_json, write_text

JSON_FILE, MARKDOWN_FILE = "table.json", "table.md"
Json = dict[str, Any]


def write_table(
    evaluation: Evaluation,
    folder: Path,
    ranks: Mapping[Path, int],
    parameters: Mapping[int, int],
    measured: Json,
) -> Json:
    """Write the table as JSON and as Markdown.

    Args:
        evaluation: The evaluation of the base and the adapters, in the order of their ranks.
        folder: The folder to write to.
        ranks: Adapter folder -> rank.
        parameters: Rank -> number of trained parameters.
        measured: Result of `measured_by`, which `read_table` compares.

    Returns:
        The JSON document.
    """
    rows: list[Json] = []
    previous = None
    for system in evaluation.systems:
        rank = ranks[system.folder] if system.folder else None
        row = {
            "name": system.name,
            "rank": rank,
            "parameters": parameters[rank] if rank else 0,
            "scores": {name: score_json(score) for name, score in system.scores.items()},
            "against_base": _p_values(system, evaluation.first),
            "against_previous_rank": _p_values(system, previous) if previous else None,
        }
        rows.append(row | {"text": _text_cells(system, evaluation.first, previous)})
        previous = system if rank else None
    document = {
        "base": evaluation.config.base,
        "test": evaluation.set.id,
        "n": evaluation.n,
        "seed": evaluation.scorer.seed,
        "measured": measured,
        "rows": rows,
    }
    write_text(folder / MARKDOWN_FILE, format_table(document))
    write_json(folder / JSON_FILE, document)
    return document


def measured_by(test: str | None, test_pairs: int | None, adapters: Sequence[Path]) -> Json:
    """Describe what a table depends on: the set, its limit and the weights of the adapters.

    Args:
        test: The source of the set, as for `load_set`.
        test_pairs: The largest number of sentences to use; None: all.
        adapters: The adapter folders, in the order of their ranks.
    """
    hashes = [sha256_of([folder / WEIGHTS]) for folder in adapters]
    return {"test": test, "test_pairs": test_pairs, "weights": hashes}


def read_table(folder: Path, measured: Json) -> Json | None:
    """Read a table if it is there and was made of the same set and the same adapters.

    Args:
        folder: The folder that `write_table` wrote to.
        measured: Result of `measured_by` for the set and the adapters as they are now.
    """
    document = read_json_or_empty(folder / JSON_FILE)
    is_current = document.get("measured") == measured and isinstance(document.get("rows"), list)
    return document if is_current else None


def _p_values(system: System, other: System | None) -> Json | None:
    if other is None or system is other:
        return None
    tests = system.tests[other.name]
    return {f"{name}_p": tests[name].p for name in deciding_metrics()}


def _text_cells(system: System, first: System, previous: System | None) -> Json:
    """Write the p-values of the first metric for readers."""
    metric = deciding_metrics()[0]
    against = {"against_base": first, "against_previous_rank": previous}
    return {
        name: format_p(system.tests[other.name][metric])
        for name, other in against.items()
        if other and other is not system
    }


def format_table(document: Json) -> str:
    """Write a table as Markdown, with the signature of each metric below it.

    Args:
        document: The JSON document that `write_table` returns.
    """
    scores = document["rows"][0]["scores"]
    names = labels()
    head = ["system", "rank", "trained parameters", *(names[name] for name in scores)]
    head += ["BLEU against the base", "BLEU against the rank before"]
    rule = ["---", "---:", "---:", *["---"] * (len(head) - 3)]
    lines = [_line(head), _line(rule), *(_line(_cells(row)) for row in document["rows"])]
    about = (
        f"{document['test']}, {document['n']:,} sentences; in brackets, 95% bootstrap intervals; "
        f"p-values by paired bootstrap, seed {document['seed']}."
    )
    signatures = [f"- `{names[name]}|{score['signature']}`" for name, score in scores.items()]
    return "\n".join([*lines, "", about, "", *signatures, ""])


def _cells(row: Json) -> list[str]:
    scores = [
        f"{score['score']:.2f} [{score['low']:.2f}, {score['high']:.2f}]"
        for score in row["scores"].values()
    ]
    parameters = f"{row['parameters']:,}" if row["rank"] else ""
    against = [row["text"].get(f"against_{other}", "") for other in ("base", "previous_rank")]
    return [row["name"], str(row["rank"] or ""), parameters, *scores, *against]


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
