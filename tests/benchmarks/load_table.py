"""The table of a load test."""

from typing import Any


def table(measures: Any) -> str:
    """Percentiles by kind, refusals, errors and memory."""
    lines = [f"{'':12}{'number':>8}{'p50 s':>9}{'p95 s':>9}{'most s':>9}"]
    for kind, seconds in sorted(measures.seconds.items()):
        ordered = sorted(seconds)
        median, slow = ordered[len(ordered) // 2], ordered[int(0.95 * (len(ordered) - 1))]
        lines.append(f"{kind:12}{len(ordered):8,}{median:9.2f}{slow:9.2f}{ordered[-1]:9.2f}")
    lines += [f"refused {number} x {what}" for what, number in measures.refused.items()]
    if len(measures.memory) > 3:
        at = [
            measures.memory[int(share * (len(measures.memory) - 1))]
            for share in (0, 0.25, 0.5, 0.75, 1)
        ]
        growth = (at[-1][1] - at[2][1]) / max(1, at[-1][0] - at[2][0]) * 60 / 1e6
        sizes = "  ".join(f"{size / 1e6:,.0f}" for _, size in at)
        lines.append(f"memory MB   {sizes}   ({growth:+.1f} MB a minute over the second half)")
    return "\n".join(
        [*lines, f"wrong or missing answers: {len(measures.wrong)}", *measures.wrong[:10]]
    )
