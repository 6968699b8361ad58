"""Measure how long `python app.py` takes to serve the page and to give the first translation."""

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

ROOT = Path(__file__).parents[2]
TEXT = "Wo ist der Bahnhof?"
PATIENCE = 600
"""Seconds until a start is given up."""


def measure_start(rounds: int) -> list[dict]:
    """Measure medians of first starts (empty compilation cache) and of second starts."""
    samples = {"first": [], "second": []}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            for starts in samples.values():
                starts.append(_start(Path(folder)))

    def row(which, event, seconds):
        return {
            "task": f"{which} start",
            "contender": f"to the {event}",
            "seconds": median(seconds),
        }

    return [
        row(which, event, seconds)
        for which, starts in samples.items()
        for event, seconds in zip(
            ("page", "first translation"), zip(*starts, strict=False), strict=False
        )
    ]


def _start(folder: Path) -> tuple[float, float]:
    """Seconds from the call to the page and to the first translation."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"LORA_DEMO_CACHE": str(folder / "cache")}
    began = time.monotonic()
    with open(folder / "log.txt", "w") as log:
        app = subprocess.Popen(
            [sys.executable, "app.py", "--port", str(port), "--runs", str(folder / "runs")],
            cwd=ROOT,
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
