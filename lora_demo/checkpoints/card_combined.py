"""The section of a model card about the parts of a combined adapter."""

from typing import Any


def combined_section(manifest: dict[str, Any]) -> str:
    """Write the parts with their weights, the loss, and the command that combines them again.

    Args:
        manifest: Content of `manifest.json`. Without `combined`, the section is empty.
    """
    combined = manifest.get("combined")
    if not combined:
        return ""
    rows = [
        f"| `{part['name']}` | {part['weight']:g} | {part['rank']} | `{part['sha256']}` |\n"
        for part in combined["from"]
    ]
    return (
        "## Combined\n\n"
        "The sum of these adapters' updates, each times its weight:\n\n"
        "| adapter | weight | rank | SHA-256 of its weights file |\n|---|---:|---:|---|\n"
        + "".join(rows)
        + f"\n{_loss_sentence(manifest)}\n\n"
        + f"```\n{combined['command']}\n```\n"
        + _matrix_table(combined["matrices"])
    )


def _loss_sentence(manifest: dict[str, Any]) -> str:
    combined, rank = manifest["combined"], manifest["config"]["rank"]
    if not combined["matrices"]:
        return f"The sum is exact: its rank, {rank}, is the sum of the ranks."
    lost, whole = combined["frobenius_lost"], combined["frobenius_whole"]
    return (
        f"The exact sum has rank {combined['exact_rank']}. It was reduced to rank {rank} by "
        f"truncated SVD. Over all matrices, the Frobenius norm of the part that was removed is "
        f"{_share(lost, whole)} of that of the sum ({lost:.4g} and {whole:.4g})."
    )


def _matrix_table(matrices: list[dict[str, Any]]) -> str:
    """Write what each matrix lost; nothing for an exact sum."""
    if not matrices:
        return ""
    rows = [
        f"| `{matrix['name']}` | {_share(matrix['frobenius_lost'], matrix['frobenius_whole'])} |\n"
        for matrix in matrices
    ]
    return "\n| matrix | lost |\n|---|---:|\n" + "".join(rows)


def _share(lost: float, whole: float) -> str:
    return f"{lost / whole if whole else 0.0:.2%}"
