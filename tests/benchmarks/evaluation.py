"""Measure `python -m lora_demo evaluate` with 3,000 sentences, the embedded base and 3 adapters."""

import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from tests.benchmarks.first_and_second import measure_first_and_second

ROOT = Path(__file__).parents[2]
SENTENCES = 3000
ADAPTERS = ("mini-r4", "mini-r8", "mini-r16")


def measure_evaluation(rounds: int, pairs: str) -> list[dict]:
    """Measure medians with an empty and with a filled compilation cache.

    Each row has the time until all sentences are translated and until the report is written.
    """
    what = "3,000 sentences, base and three adapters, until"
    return measure_first_and_second(
        rounds,
        partial(_call, pairs=pairs),
        "evaluation",
        (f"{what} translated", f"{what} scored and reported"),
    )


def _call(folder: Path, pairs: str) -> tuple[float, float]:
    """Seconds from the call to the last translation and to the end."""
    adapters = [flag for name in ADAPTERS for flag in ("--adapter", str(ROOT / "adapters" / name))]
    command = [
        sys.executable,
        "-m",
        "lora_demo",
        "evaluate",
        "--data",
        pairs,
        "--split",
        "train",
        "--max-pairs",
        str(SENTENCES),
        *adapters,
        "--output",
        str(folder / "report"),
    ]
    began, translated = time.monotonic(), 0.0
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | {"LORA_DEMO_CACHE": str(folder / "cache")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in process.stderr:
        if line.startswith("Counting edits"):
            translated = time.monotonic() - began
    if process.wait():
        raise RuntimeError(f"the evaluation failed: {line}")
    return translated, time.monotonic() - began
