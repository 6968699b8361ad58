"""Measure a call with an empty compilation cache, and again with the cache that it filled."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median


def measure_first_and_second(
    rounds: int,
    call: Callable[[Path], Sequence[float]],
    task: str,
    contenders: Sequence[str],
) -> list[dict]:
    """Measure medians of first and of second calls in the same folder.

    Args:
        rounds: Number of starts in an empty folder.
        call: Takes the folder, which holds the cache; returns seconds, one for each contender.
        task: Name in the table's rows, after "first" or "second".
        contenders: Names of the seconds that `call` returns.

    Returns:
        Rows of the table.
    """
    samples: dict[str, list[Sequence[float]]] = {"first": [], "second": []}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            for calls in samples.values():
                calls.append(call(Path(folder)))
    rows = []
    for which, calls in samples.items():
        for contender, seconds in zip(contenders, zip(*calls, strict=True), strict=True):
            row = {"task": f"{which} {task}", "contender": contender, "seconds": median(seconds)}
            rows.append(row)
    return rows
