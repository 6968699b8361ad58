"""An app for load tests: started as a user does, with `mini` or with a random base of any size."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from lora_demo.checkpoints.embedded import EMBEDDED_FOLDER
from tests.benchmarks.workload import GEOMETRIES, prepare

START_SECONDS = 600
RANDOM_ADAPTERS = ("r4", "r8")


def random_base(folder: Path, geometry: str) -> tuple[Path, tuple[Path, ...]]:
    """Write a random base with the tokenizer of `mini`, and zips of two adapters for it.

    Args:
        folder: An empty folder.
        geometry: A name of `GEOMETRIES`.

    Returns:
        The folder of the base, and the zips.
    """
    from lora_demo.service.archives import pack

    prepare(folder / "random", GEOMETRIES[geometry], EMBEDDED_FOLDER)
    zips = tuple(pack(folder / "random" / name, name) for name in RANDOM_ADAPTERS)
    return folder / "random" / "base", zips


@contextmanager
def served(
    folder: Path, base: Path | None = None, fresh_cache: bool = False, port: int | None = None
) -> Iterator[tuple[subprocess.Popen, str]]:
    """Give an app whose model is ready, and its address; end it afterwards.

    Args:
        folder: For its runs, its log and its cache.
        base: Folder of its base; None for `mini`.
        fresh_cache: Begin without compiled programs of earlier apps.
        port: The port that it listens on; None for a free one.
    """
    app, url = start_app(folder, base, fresh_cache, port)
    try:
        yield app, url
    finally:
        stop(app)


def start_app(
    folder: Path, base: Path | None, fresh_cache: bool, port: int | None = None
) -> tuple[subprocess.Popen, str]:
    """Start an app and wait until its model is ready; the arguments are those of `served`."""
    from tests.browser.conftest import free_port

    port = port or free_port()
    command = [sys.executable, "app.py", "--port", str(port), "--runs", str(folder / "runs")]
    command += ["--base", str(base)] if base else []
    environment = os.environ | {"HF_HUB_OFFLINE": "1"}
    if fresh_cache:
        environment["LORA_DEMO_CACHE"] = str(folder / "cache")
    log = folder / "log.txt"
    with open(log, "ab") as output:
        app = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
    url = f"http://127.0.0.1:{port}"
    until = time.monotonic() + START_SECONDS
    while not _is_ready(url):
        if app.poll() is not None or time.monotonic() > until:
            app.kill()
            raise SystemExit(f"The app did not start: {log.read_text()[-2000:]}")
        time.sleep(0.5)
    return app, url


def stop(app: subprocess.Popen, number: int = signal.SIGTERM) -> None:
    """End an app with a signal, and wait for its end."""
    app.send_signal(number)
    app.wait(120)


def _is_ready(url: str) -> bool:
    try:
        answer = httpx.get(f"{url}/gradio_api/health", timeout=10).json()
    except (httpx.HTTPError, ValueError):
        return False
    return bool(answer["status"] == "ready")


def resident(pid: int) -> int:
    """Return the bytes of memory that a process and its children use."""
    pages = os.sysconf("SC_PAGE_SIZE")
    return sum(int(_read(each, "statm").split()[1]) * pages for each in _family(pid))


def _family(pid: int) -> list[int]:
    children = [int(word) for word in _read(pid, f"task/{pid}/children").split()]
    return [pid, *(each for child in children for each in _family(child))]


def _read(pid: int, name: str) -> str:
    """Read a file of a process; zeros for one that has ended."""
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except OSError:
        return "0 0" if name == "statm" else ""
