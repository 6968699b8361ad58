"""Simulate many visitors: `python -m tests.benchmarks.load --visitors 50 --minutes 5`.

Starts the app, or uses a running one. Visitors open the page, translate, watch their runs, upload,
train and evaluate, with a pause of some seconds after each. Every translation is compared with the
one that a single visitor got before. Prints a table, and exits with 1 if an answer was wrong or
missing. The visitors run on the same machine, so they also use its CPU time.

`--geometry small` serves a random base with the sizes of FLAN-T5-small and two random adapters,
whose translations all have `RANDOM_TOKENS` tokens. `--mixed` uses texts of one word to twenty
sentences. `--fresh` begins with an empty compilation cache and without translations for comparison.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from lora_demo.data.sources import load_test
from tests.benchmarks.load_table import table
from tests.benchmarks.served_app import random_base, resident, served
from tests.benchmarks.workload import GEOMETRIES

PAUSE = (1.0, 5.0)
"""Seconds between two actions of a visitor."""
WATCH_SECONDS = 2.0
ADAPTERS = ["mini-r4", "mini-r8"]
RANDOM_TOKENS = 32
"""Tokens of each translation by a random base, which never chooses to end."""
MIXED_SENTENCES = (1, 1, 1, 2, 3, 5, 8, 20)
"""Sentences of a mixed text; a text of one sentence is cut to a few words half of the time."""
PAIRS = "de\ten\n" + "".join(f"Satz {i}.\tSentence {i}.\n" for i in range(40))


class RefusalError(Exception):
    """The page refused a call and gave the reason."""


@dataclass
class Measures:
    """Measurements: seconds by kind, refusals, wrong or missing answers, memory."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    refused: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    wrong: list[str] = field(default_factory=list)
    memory: list[tuple[float, int]] = field(default_factory=list)

    async def time(self, kind: str, work):
        """Await work, and record its time or its error. Return its result, or None."""
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
    """Call a named function of the page, and return its result."""
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
    raise RuntimeError("the answer is incomplete")


async def open_page(client: httpx.AsyncClient):
    answer = await client.get("/")
    answer.raise_for_status()
    assert "gradio_config" in answer.text


@dataclass(frozen=True)
class Crowd:
    """The settings of the visitors.

    Args:
        visitors: Their number.
        minutes: Duration of their visits.
        seed: Seed of their choices.
        mixed: Use texts of very different lengths.
        learns: Translate every text alone before the visits, to compare with.
        adapters: Zips to upload for each visitor, in place of the shipped adapters.
        most_tokens: Limit of a translation.
    """

    visitors: int
    minutes: float
    seed: int = 0
    mixed: bool = False
    learns: bool = True
    adapters: tuple[Path, ...] = ()
    most_tokens: int = 128


class Visitor:
    """One visitor, with a key, texts and random choices of their own."""

    def __init__(
        self,
        number: int,
        crowd: "Crowd",
        client: httpx.AsyncClient,
        measures: Measures,
    ):
        self.crowd, self.client, self.measures = crowd, client, measures
        self.random = random.Random(f"{crowd.seed} {number}")
        self.number = number
        self.key = f"visitor-{crowd.seed}-{number}-{self.random.getrandbits(64):x}"
        self.adapters = list(ADAPTERS)
        sentences = [de for de, _ in load_test("builtin", 1000)]
        self.texts = [self._text(sentences) for _ in range(3)]
        self.expected: dict[str, list] = {}

    def _text(self, sentences: list[str]) -> str:
        if not self.crowd.mixed:
            return "\n".join(self.random.sample(sentences, self.random.randint(1, 3)))
        count = self.random.choice(MIXED_SENTENCES)
        text = " ".join(self.random.sample(sentences, count))
        is_short = count == 1 and self.random.random() < 0.5
        return " ".join(text.split()[: self.random.randint(1, 4)]) if is_short else text

    async def bring_adapters(self):
        """Upload the adapters of a random base."""
        self.adapters = []
        for file in self.crowd.adapters:
            sent = await self.client.post(
                "/gradio_api/upload", files={"files": (file.name, file.read_bytes())}
            )
            sent.raise_for_status()
            data = [{"path": sent.json()[0], "meta": {"_type": "gradio.FileData"}}]
            kept = await call(self.client, "adapter_upload", data, self.key)
            self.adapters.append(kept["id"])

    async def learn(self):
        """Record the translations that a single visitor gets."""
        for text in self.texts:
            self.expected[text] = await self.ask(text)

    async def ask(self, text: str) -> list:
        values = [text, self.adapters, 1, self.key, [], self.crowd.most_tokens]
        answer = await call(self.client, "compare", *values)
        return [column["texts"] for column in answer["columns"]]

    async def live(self, until: float):
        """Act until the end of the visit, and watch the runs meanwhile."""
        await self.measures.time("page", open_page(self.client))
        watching = asyncio.create_task(self.watch(until))
        if self.number % 7 == 3:
            await self.measures.time("upload", self.upload())
        if self.number % 5 == 1:
            await self.measures.time("train", self.train())
        while time.monotonic() < until:
            await self.translate()
            await asyncio.sleep(self.random.uniform(*PAUSE))
            if self.number % 11 == 5:
                await self.measures.time("evaluate", self.evaluate())
            if self.random.random() < 0.1:
                await self.measures.time("page", open_page(self.client))
        await watching

    async def evaluate(self):
        values = [self.adapters[:1], "builtin:weather", 8, 1, self.key]
        return await call(self.client, "evaluate", *values)

    async def watch(self, until: float):
        while time.monotonic() < until:
            status = await self.measures.time("status", call(self.client, "train_status", self.key))
            if status and status["state"] == "failed":
                self.measures.wrong.append(f"run: {status['message']}")
            await asyncio.sleep(WATCH_SECONDS)

    async def translate(self):
        text = self.random.choice(self.texts)
        found = await self.measures.time("translate", self.ask(text))
        if found is not None and found != self.expected.setdefault(text, found):
            self.measures.wrong.append(
                f"translate: {text!r} gave {found}, alone it gave {self.expected[text]}"[:300]
            )

    async def upload(self):
        pairs = PAIRS + f"Ich bin {self.number}.\tI am {self.number}.\n"
        file = (f"pairs-{self.number}.tsv", pairs, "text/plain")
        sent = await self.client.post("/gradio_api/upload", files={"files": file})
        sent.raise_for_status()
        uploaded = {"path": sent.json()[0], "meta": {"_type": "gradio.FileData"}}
        kept = await call(self.client, "train_upload", uploaded, self.key)
        preview = await call(self.client, "train_preview", self.key, kept["data"])
        count = preview["train"] + preview["eval"] + preview["test"]
        assert kept["pairs"] == count == 41, preview

    async def train(self):
        settings = [2, 4.0, "q,v", 2e-3, 4, "steps", 20.0]
        status = await call(self.client, "train_start", self.key, "builtin:weather", *settings)
        assert status["state"] in ("waiting", "starting", "running"), status


async def observe(pid: int | None, measures: Measures, until: float):
    """Record the app's memory every few seconds."""
    while pid and time.monotonic() < until:
        measures.memory.append((time.monotonic(), resident(pid)))
        await asyncio.sleep(5)


async def run(url: str, pid: int | None, crowd: Crowd) -> Measures:
    """Let the visitors use an app that is ready, and return the measurements."""
    measures = Measures()
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=4 * crowd.visitors)
    async with httpx.AsyncClient(base_url=url, timeout=600, limits=limits) as client:
        visitors = [Visitor(n, crowd, client, measures) for n in range(crowd.visitors)]
        for visitor in visitors:
            if crowd.adapters:
                await visitor.bring_adapters()
            if crowd.learns:
                await visitor.learn()
        until = time.monotonic() + 60 * crowd.minutes
        await asyncio.gather(
            observe(pid, measures, until), *(visitor.live(until) for visitor in visitors)
        )
    return measures


def main() -> int:
    parser = argparse.ArgumentParser("tests.benchmarks.load", description=__doc__.split("\n")[0])
    parser.add_argument("--visitors", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--geometry", choices=GEOMETRIES, help="serve a random base of these sizes")
    parser.add_argument("--mixed", action="store_true", help="texts of very different lengths")
    parser.add_argument("--fresh", action="store_true", help="with an empty compilation cache")
    parser.add_argument("--url", help="of a running app; without it a fresh one is started")
    parser.add_argument("--json", type=Path, help="also write every measure there")
    options = parser.parse_args()
    if options.url and (options.geometry or options.fresh):
        parser.error("--geometry and --fresh are for an app that is started here")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        base, adapters = random_base(folder, options.geometry) if options.geometry else (None, ())
        crowd = Crowd(
            options.visitors,
            options.minutes,
            options.seed,
            options.mixed,
            not options.fresh,
            adapters,
            RANDOM_TOKENS if base else 128,
        )
        if options.url:
            measures = asyncio.run(run(options.url.rstrip("/"), None, crowd))
        else:
            with served(folder, base, fresh_cache=options.fresh) as (app, url):
                measures = asyncio.run(run(url, app.pid, crowd))
    print(table(measures))
    if options.json:
        options.json.write_text(json.dumps(vars(measures)))
    return 1 if measures.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
