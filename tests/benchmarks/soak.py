"""Two hours of visitors with restarts: `python -m tests.benchmarks.soak --hours 2`.

Visitors come as in `load`. Every few minutes the app is ended, in turns by SIGTERM and by SIGKILL,
and started again on the same folders. After each part the memory of the app, the disk space of its
runs and the temporary folder are noted. It exits with 1 if an answer was wrong or missing, if the
temporary folder holds anything after SIGTERM, or if memory or disk space still grow at the end.
"""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from lora_demo.files import size_on_disk
from tests.benchmarks.load import RANDOM_TOKENS, Crowd, run
from tests.benchmarks.served_app import random_base, start_app, stop
from tests.benchmarks.workload import GEOMETRIES

SIGNALS = (signal.SIGTERM, signal.SIGKILL)
MAX_GROWTH = 1.25
"""Largest memory in the second half, relative to the first half."""
MAX_RUNS_GB = 5.0


@dataclass(frozen=True)
class Part:
    """The measurements between two restarts."""

    ended_by: str
    memory: int
    runs: int
    temporary: int
    left: list[str]
    wrong: list[str]

    def line(self, number: int) -> str:
        """Return a line of the report."""
        sizes = [self.memory, self.runs, self.temporary]
        cells = "".join(f"{size / 1e6:12,.0f}" for size in sizes)
        return f"{number:>4}  {self.ended_by:8}{cells}  {len(self.wrong)} wrong, left {self.left}"


def soak(folder: Path, base: Path | None, crowd: Crowd, hours: float) -> list[Part]:
    """Let visitors come to app after app until the time is over."""
    until, parts = time.monotonic() + 3600 * hours, []
    temporary = folder / "temporary"
    temporary.mkdir()
    os.environ["TMPDIR"] = str(temporary)
    while time.monotonic() < until:
        number = SIGNALS[len(parts) % 2]
        app, url = start_app(folder, base, fresh_cache=False)
        newcomers = replace(crowd, seed=len(parts))
        measures = asyncio.run(run(url, app.pid, newcomers))
        used = size_on_disk(temporary)
        stop(app, number)
        left = [path.name for path in temporary.iterdir() if path.is_dir()]
        parts.append(
            Part(
                number.name,
                max((size for _, size in measures.memory), default=0),
                size_on_disk(folder / "runs"),
                used,
                left,
                measures.wrong,
            )
        )
        print(parts[-1].line(len(parts)), flush=True)
    return parts


def faults(parts: list[Part]) -> list[str]:
    """List the faults that a soak has shown."""
    found = [fault for part in parts for fault in part.wrong]
    found += [f"left after SIGTERM: {p.left}" for p in parts if p.left and p.ended_by == "SIGTERM"]
    half = len(parts) // 2
    first, second = parts[:half], parts[half:]
    if first and max(p.memory for p in second) > MAX_GROWTH * max(p.memory for p in first):
        found.append("memory grows")
    if any(len(part.left) > 1 for part in parts):
        found.append("folders of killed apps stay")
    if parts and parts[-1].runs > 1e9 * MAX_RUNS_GB:
        found.append(f"the runs take more than {MAX_RUNS_GB:g} GB")
    return found


def main() -> int:
    parser = argparse.ArgumentParser("tests.benchmarks.soak", description=__doc__.split("\n")[0])
    parser.add_argument("--hours", type=float, default=2)
    parser.add_argument("--part", type=float, default=8, metavar="MINUTES", help="between restarts")
    parser.add_argument("--visitors", type=int, default=10)
    parser.add_argument("--geometry", choices=GEOMETRIES, help="serve a random base of these sizes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        base, zips = random_base(folder, options.geometry) if options.geometry else (None, ())
        crowd = Crowd(
            options.visitors,
            options.part,
            mixed=True,
            learns=False,
            adapters=zips,
            most_tokens=RANDOM_TOKENS if base else 128,
        )
        print("part  ended by   memory MB     runs MB temporary MB")
        found = faults(soak(folder, base, crowd, options.hours))
    print(*(found or ["nothing wrong"]), sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
