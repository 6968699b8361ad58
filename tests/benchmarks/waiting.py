"""Measure how long texts of different lengths wait while their programs are being compiled.

`python -m tests.benchmarks.waiting TREE...` measures several checkouts in turns. In each, a visitor
compares 50 texts with the base and three adapters of `mini`, one text after the other, and begins
with an empty cache of compiled programs.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

TEXTS = 50
FIRST = 10
"""Texts whose processor time is measured, with that of the programs that they cause."""
MAX_SENTENCES = 8
PAUSE = 2.0
"""Seconds between two texts, in which a visitor reads."""
ADAPTERS = ("mini-r4", "mini-r8", "mini-r16")


def texts(seed: int = 0) -> list[list[str]]:
    """Return what the visitor compares: one to eight texts at a time, of one to three sentences."""
    from lora_demo.data.sources import load_dataset

    sentences = [de for de, _en in load_dataset("builtin:everyday").test]
    generator = random.Random(seed)

    def text() -> str:
        return " ".join(generator.sample(sentences, generator.choice((1, 1, 2, 3))))

    counts = [generator.choice((1, 1, 1, 2, 4, MAX_SENTENCES)) for _ in range(TEXTS)]
    return [[text() for _ in range(count)] for count in counts]


def measure() -> dict[str, float]:
    """Compare all texts in this process, which must be new and have an empty cache.

    Returns:
        Processor seconds of the first texts, the sum of their waits, and the median and the 95th
        percentile of all waits.
    """
    from lora_demo.translator import Translator

    translator = Translator("mini", compile_in_background=True)
    adapters = [Path("adapters", name) for name in ADAPTERS]
    started, waits, processor_seconds = time.process_time(), [], 0.0
    for batch in texts():
        began = time.monotonic()
        translator.compare(batch, adapters)
        waits.append(time.monotonic() - began)
        time.sleep(PAUSE)
        if len(waits) == FIRST:
            translator.decoder.programs.wait()
            processor_seconds = time.process_time() - started
    return {
        "processor seconds of ten texts": processor_seconds,
        "waiting for ten texts": sum(waits[:FIRST]),
        "median wait": median(waits),
        "95th percentile": quantiles(waits, n=20)[-1],
        "longest wait": max(waits),
    }


def measure_tree(tree: Path) -> dict[str, float]:
    """Measure a checkout in a process of its own, with this file's texts.

    Args:
        tree: A checkout of this repository.
    """
    with tempfile.TemporaryDirectory() as cache:
        environment = os.environ | {"LORA_DEMO_CACHE": cache, "PYTHONPATH": str(tree)}
        command = [sys.executable, str(Path(__file__).resolve()), "--measure"]
        ended = subprocess.run(
            command, cwd=tree, env=environment, stdout=subprocess.PIPE, check=True
        )
    return json.loads(ended.stdout.splitlines()[-1])


def compare(trees: list[Path], rounds: int) -> None:
    """Measure checkouts in turns, and print the medians of each.

    Args:
        trees: Checkouts of this repository.
        rounds: Number of rounds.
    """
    samples: dict[Path, list[dict[str, float]]] = {tree: [] for tree in trees}
    for i in range(rounds):
        for tree in trees if i % 2 == 0 else trees[::-1]:
            samples[tree].append(measure_tree(tree))
    for tree, measured in samples.items():
        print(f"{tree.name}, median of {rounds}:")
        for name in measured[0]:
            print(f"{median(sample[name] for sample in measured):8.2f} s  {name}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser("python -m tests.benchmarks.waiting")
    parser.add_argument("trees", nargs="*", type=Path, help="checkouts to compare")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    flags = parser.parse_args()
    if flags.measure:
        print(json.dumps(measure()), flush=True)
        os._exit(0)  # a thread may still be compiling
    compare([tree.resolve() for tree in flags.trees], flags.rounds)
