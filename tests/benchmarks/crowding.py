"""A visitor with 500 requests beside one with one: `python -m tests.benchmarks.crowding`.

The second visitor translates one sentence alone, and again while all requests of the first one are
sent at once. The page queues a few requests of each visitor, refuses the rest at once, and takes
turns between visitors. So the second one should wait for the request that runs and its own.
"""

import argparse
import asyncio
import tempfile
import time
from collections import Counter
from pathlib import Path

import httpx

from tests.benchmarks.load import RANDOM_TOKENS, RefusalError, call
from tests.benchmarks.served_app import random_base, served
from tests.benchmarks.workload import GEOMETRIES

TEXT = "Morgen wird es im Norden kalt und windig."
HEAD_START_SECONDS = 2.0
ROUNDS = 5


async def ask(client: httpx.AsyncClient, key: str, number: int) -> str:
    """Translate a sentence that nobody else translates; return what came of it."""
    try:
        text = f"{TEXT} {number}."
        await call(client, "compare", text, [], 1, key, [], RANDOM_TOKENS)
    except RefusalError as refusal:
        return str(refusal)
    except (httpx.HTTPError, RuntimeError) as error:
        return type(error).__name__
    return "translated"


async def timed(client: httpx.AsyncClient, key: str, number: int) -> tuple[float, str]:
    """Return the seconds until the answer, and what came of the request."""
    began = time.monotonic()
    result = await ask(client, key, number)
    return time.monotonic() - began, result


async def measure(url: str, requests: int) -> list[str]:
    """Return the lines of the report."""
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=url, timeout=900, limits=limits) as client:
        await ask(client, "the-modest-visitor-0", 0)  # compiles
        alone = [await timed(client, "the-modest-visitor-0", n) for n in range(1, ROUNDS + 1)]
        many = [
            asyncio.create_task(ask(client, "the-greedy-visitor-0", 1000 + n))
            for n in range(requests)
        ]
        await asyncio.sleep(HEAD_START_SECONDS)
        beside = [await timed(client, "the-modest-visitor-0", 100 + n) for n in range(ROUNDS)]
        is_busy = not all(task.done() for task in many)
        counts = Counter(await asyncio.gather(*many))
    lines = [_line("alone", alone), _line(f"beside {requests} requests", beside)]
    if not is_busy:
        lines.append("! All requests had ended before the second visitor was done.")
    return [*lines, *(f"{count:>6} x {what}" for what, count in counts.most_common())]


def _line(name: str, results: list[tuple[float, str]]) -> str:
    seconds = sorted(second for second, _ in results)
    kinds = ", ".join(sorted({result for _, result in results}))
    return f"{name:24} {seconds[0]:7.2f} to {seconds[-1]:.2f} s  {kinds}"


def main() -> None:
    parser = argparse.ArgumentParser(
        "tests.benchmarks.crowding", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--requests", type=int, default=500)
    parser.add_argument("--geometry", choices=GEOMETRIES, help="serve a random base of these sizes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        base = random_base(folder, options.geometry)[0] if options.geometry else None
        with served(folder, base) as (_, url):
            print(*asyncio.run(measure(url, options.requests)), sep="\n")


if __name__ == "__main__":
    main()
