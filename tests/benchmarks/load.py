"""Simulate many visitors: `python -m tests.benchmarks.load --visitors 50 --minutes 5`.

Starts the app, or uses a running one, and lets visitors open the page, translate, watch their runs,
upload, train and evaluate, with a pause of some seconds after each. Every translation is compared
with the one that a single visitor got before.
It ends by itself, prints a table, and exits with 1 if an answer was wrong or missing. The load
test itself also uses CPU time of the machine.
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from lora_demo.data.sources import load_test

PAUSE = (1.0, 5.0)
"""Seconds between two things that a visitor does."""
WATCH_SECONDS = 2.0
ADAPTERS = ["mini-r4", "mini-r8"]
PAIRS = "de\ten\n" + "".join(f"Satz {i}.\tSentence {i}.\n" for i in range(40))


class RefusalError(Exception):
    """The page said no in a sentence."""


@dataclass
class Measures:
    """What was seen: seconds by kind, refusals, wrong or missing answers, memory."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    refused: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    wrong: list[str] = field(default_factory=list)
    memory: list[tuple[float, int]] = field(default_factory=list)

    async def time(self, kind: str, work):
        """Awaits the work and notes how long it took, or what went wrong."""
        began = time.monotonic()
        try:
            result = await work
        except RefusalError as refusal:
            self.refused[f"{kind}: {refusal}"] += 1
            return None
        except Exception as error:
            self.wrong.append(f"{kind}: {type(error).__name__} {error}"[:300])
            return None
        self.seconds[kind].append(time.monotonic() - began)
        return result


async def call(client: httpx.AsyncClient, name: str, *values):
    """What a named function of the page gives."""
    joined = await client.post(f"/gradio_api/call/{name}", json={"data": list(values)})
    if joined.status_code in (429, 503):
        raise RefusalError(joined.json()["detail"])
    joined.raise_for_status()
    kind = ""
    async with client.stream(
        "GET", f"/gradio_api/call/{name}/{joined.json()['event_id']}"
    ) as stream:
        async for line in stream.aiter_lines():
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            elif line.startswith("data: ") and kind in ("complete", "error"):
                document = json.loads(line.removeprefix("data: "))
                if kind == "complete":
                    return document[0]
                raise RefusalError((document or {}).get("error") or "no reason given")
    raise RuntimeError("the answer broke off")


async def page(client: httpx.AsyncClient):
    answer = await client.get("/")
    answer.raise_for_status()
    assert "gradio_config" in answer.text


class Visitor:
    """One of many: a key, sentences of their own, and what they like to do."""

    def __init__(self, number: int, seed: int, client: httpx.AsyncClient, measures: Measures):
        self.random, self.client, self.measures = (
            random.Random(f"{seed} {number}"),
            client,
            measures,
        )
        self.number, self.key = number, f"visitor-{seed}-{number}-{self.random.getrandbits(64):x}"
        sentences = [de for de, _ in load_test("builtin", 1000)]
        self.texts = [
            "\n".join(self.random.sample(sentences, self.random.randint(1, 3))) for _ in range(3)
        ]
        self.expected: dict[str, list] = {}

    async def learn(self):
        """Return what the page answers to a single visitor."""
        for text in self.texts:
            self.expected[text] = await self.ask(text)

    async def ask(self, text: str) -> list:
        answer = await call(self.client, "compare", text, ADAPTERS, 1, self.key)
        return [column["texts"] for column in answer["columns"]]

    async def live(self, until: float):
        """Does one thing after the other, and watches beside."""
        await self.measures.time("page", page(self.client))
        watching = asyncio.create_task(self.watch(until))
        await self.measures.time("upload", self.upload()) if self.number % 7 == 3 else None
        await self.measures.time("train", self.train()) if self.number % 5 == 1 else None
        while time.monotonic() < until:
            await self.translate()
            await asyncio.sleep(self.random.uniform(*PAUSE))
            if self.number % 11 == 5:
                await self.measures.time(
                    "evaluate",
                    call(self.client, "evaluate", ADAPTERS[:1], "builtin:weather", 8, 1, self.key),
                )
            if self.random.random() < 0.1:
                await self.measures.time("page", page(self.client))
        await watching

    async def watch(self, until: float):
        while time.monotonic() < until:
            status = await self.measures.time("status", call(self.client, "train_status", self.key))
            if status and status["state"] == "failed":
                self.measures.wrong.append(f"run: {status['message']}")
            await asyncio.sleep(WATCH_SECONDS)

    async def translate(self):
        text = self.random.choice(self.texts)
        found = await self.measures.time("translate", self.ask(text))
        if found is not None and found != self.expected[text]:
            self.measures.wrong.append(
                f"translate: {text!r} gave {found}, alone it gave {self.expected[text]}"[:300]
            )

    async def upload(self):
        sent = await self.client.post(
            "/gradio_api/upload",
            files={
                "files": (
                    f"pairs-{self.number}.tsv",
                    PAIRS + f"Ich bin {self.number}.\tI am {self.number}.\n",
                    "text/plain",
                )
            },
        )
        sent.raise_for_status()
        kept = await call(
            self.client,
            "train_upload",
            {"path": sent.json()[0], "meta": {"_type": "gradio.FileData"}},
            self.key,
        )
        look = await call(self.client, "train_preview", self.key, kept["data"])
        assert kept["pairs"] == look["train"] + look["eval"] + look["test"] == 41, look

    async def train(self):
        status = await call(
            self.client,
            "train_start",
            self.key,
            "builtin:weather",
            2,
            4.0,
            "q,v",
            2e-3,
            4,
            "steps",
            20.0,
        )
        assert status["state"] in ("waiting", "starting", "running"), status


async def observe(pid: int | None, measures: Measures, until: float):
    """Notes the app's memory every few seconds."""
    while pid and time.monotonic() < until:
        measures.memory.append((time.monotonic(), resident(pid)))
        await asyncio.sleep(5)


def resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def run(url: str, pid: int | None, visitors: int, minutes: float, seed: int) -> Measures:
    """Everything, against an app that is ready."""
    measures, limits = (
        Measures(),
        httpx.Limits(max_connections=None, max_keepalive_connections=4 * visitors),
    )
    async with httpx.AsyncClient(base_url=url, timeout=300, limits=limits) as client:
        crowd = [Visitor(number, seed, client, measures) for number in range(visitors)]
        for visitor in crowd:
            await visitor.learn()
        until = time.monotonic() + 60 * minutes
        await asyncio.gather(
            observe(pid, measures, until), *(visitor.live(until) for visitor in crowd)
        )
    return measures


def table(measures: Measures) -> str:
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


def start_app(folder: Path, arguments: list[str]) -> tuple[subprocess.Popen, str]:
    """A fresh app, as a user starts it, once its model is ready."""
    from tests.browser.conftest import free_port

    port = free_port()
    with open(folder / "log.txt", "wb") as log:
        app = subprocess.Popen(
            [
                sys.executable,
                "app.py",
                "--port",
                str(port),
                "--runs",
                str(folder / "runs"),
                *arguments,
            ],
            stdout=log,
            stderr=log,
            env=os.environ | {"HF_HUB_OFFLINE": "1"},
        )
    url = f"http://127.0.0.1:{port}"
    until = time.monotonic() + 300
    while True:
        try:
            if httpx.get(f"{url}/gradio_api/health", timeout=10).json()["status"] == "ready":
                return app, url
        except httpx.HTTPError:
            pass
        if app.poll() is not None or time.monotonic() > until:
            app.kill()
            raise SystemExit(f"The app did not start: {(folder / 'log.txt').read_text()[-2000:]}")
        time.sleep(0.5)


def main() -> int:
    parser = argparse.ArgumentParser("tests.benchmarks.load", description=__doc__.split("\n")[0])
    parser.add_argument("--visitors", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--url",
        help="of an app that runs; without it a fresh one is started, and its memory measured",
    )
    parser.add_argument("--json", type=Path, help="also write every measure there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        app, url = (None, options.url.rstrip("/")) if options.url else start_app(Path(folder), [])
        try:
            measures = asyncio.run(
                run(url, app.pid if app else None, options.visitors, options.minutes, options.seed)
            )
        finally:
            if app:
                app.terminate()
                app.wait(60)
    print(table(measures))
    if options.json:
        options.json.write_text(
            json.dumps(
                {
                    "seconds": measures.seconds,
                    "refused": measures.refused,
                    "wrong": measures.wrong,
                    "memory": measures.memory,
                }
            )
        )
    return 1 if measures.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
