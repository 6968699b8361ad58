"""Measure how long `python app.py` takes to serve the page and to give the first translation.

`python -m tests.benchmarks.start TREE...` measures several checkouts in turns, for example one
from before a change and one from after it, and beside them `python -c "import gradio, tensorflow"`.
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from statistics import median
from urllib.error import URLError
from urllib.request import urlopen

from gradio_client import Client

from tests.benchmarks.first_and_second import measure_first_and_second

ROOT = Path(__file__).parents[2]
TEXT = "Wo ist der Bahnhof?"
PATIENCE = 600
"""Seconds until a start is given up."""


def measure_start(rounds: int) -> list[dict]:
    """Measure medians of first starts (empty compilation cache) and of second starts."""
    return measure_first_and_second(
        rounds, _start, "start", ("to the page", "to the first translation")
    )


def compare_starts(trees: list[Path], rounds: int) -> dict[str, list[float]]:
    """Measure the bare imports, then a first and a second start of each tree, round by round.

    Args:
        trees: Checkouts of this repository.
        rounds: Number of rounds.

    Returns:
        The seconds of each measurement in each round, by its name.
    """
    samples: dict[str, list[float]] = {}
    for i in range(rounds):
        _add(samples, "imports", import_seconds())
        for tree in trees if i % 2 == 0 else trees[::-1]:
            with tempfile.TemporaryDirectory() as folder:
                for which in ("first", "second"):
                    page, translation = _start(Path(folder), tree)
                    _add(samples, f"{tree.name}: page at {which} start", page)
                    _add(samples, f"{tree.name}: translation at {which} start", translation)
        _add(samples, "imports", import_seconds())
        print(_summary(samples), flush=True)
    return samples


def _add(samples: dict[str, list[float]], name: str, seconds: float):
    samples.setdefault(name, []).append(seconds)


def import_seconds() -> float:
    """Measure the bare imports of Gradio and TensorFlow, one after the other."""
    began = time.monotonic()
    code = "import gradio, tensorflow"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return time.monotonic() - began


def _summary(samples: dict[str, list[float]]) -> str:
    imports = median(samples["imports"])
    lines = [f"{len(samples['imports']) // 2} rounds, medians:"]
    for name, seconds in sorted(samples.items()):
        lines.append(f"{median(seconds):7.2f} s  {median(seconds) / imports:5.2f}  {name}")
    return "\n".join(lines)


def _start(folder: Path, tree: Path = ROOT) -> tuple[float, float]:
    """Seconds from the call to the page and to the first translation."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"LORA_DEMO_CACHE": str(folder / "cache"), "PYTHONPATH": str(tree)}
    began = time.monotonic()
    with open(folder / "log.txt", "w") as log:
        app = subprocess.Popen(
            [sys.executable, "app.py", "--port", str(port), "--runs", str(folder / "runs")],
            cwd=tree,
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        while not _served(f"http://127.0.0.1:{port}/"):
            if app.poll() is not None or time.monotonic() - began > PATIENCE:
                raise RuntimeError(
                    "app.py did not serve: " + (folder / "log.txt").read_text()[-500:]
                )
            time.sleep(0.05)
        page = time.monotonic() - began
        Client(
            f"http://127.0.0.1:{port}/", verbose=False, httpx_kwargs={"timeout": PATIENCE}
        ).predict(TEXT, [], api_name="/compare")
        return page, time.monotonic() - began
    finally:
        app.terminate()
        app.wait()


def _served(url: str) -> bool:
    try:
        return urlopen(url, timeout=PATIENCE).status == 200
    except URLError:
        return False


if __name__ == "__main__":
    parser = argparse.ArgumentParser("python -m tests.benchmarks.start")
    parser.add_argument("trees", nargs="+", type=Path, help="checkouts to compare")
    parser.add_argument("--rounds", type=int, default=5)
    flags = parser.parse_args()
    compare_starts([tree.resolve() for tree in flags.trees], flags.rounds)
