"""Counts TER's edits, by far the slowest part of scoring, in as many processes as there are cores.

A pair of texts is counted once, however many systems wrote it. The counting is sacreBLEU's own, in pure Python; its
processes are plain ones that talk through pipes, since forking a process in which TensorFlow runs is not safe.
"""

import json
import os
import queue
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from lora_demo.processes import step_back

Job = tuple[str, tuple[str, ...]]
WORTH_A_PROCESS = 4_000_000
"""Of `work`: about two seconds; below, starting a process does not pay."""


def count_edits(
    jobs: Iterable[Job], stop: Callable[[], bool] = lambda: False, processes: int | None = None
) -> Iterator[tuple[Job, list[float]]]:
    """Yields each distinct (output, references) with [edits, mean length of the references], in an order that has nothing to do with theirs.

    Args:
        stop: asked all the time; once it says True the rest is left out.
        processes: how many, 0 for this one; None: as many as the work is worth, at most one a core.
    """
    distinct = sorted(set(jobs))
    random.Random(0).shuffle(distinct)  # so that what is done when somebody stops is a fair sample
    worth = sum(map(work, distinct)) // WORTH_A_PROCESS if processes is None else processes
    if processes := min(worth, os.cpu_count() or 1, len(distinct)):
        yield from _in_processes(distinct, processes, stop)
        return
    count = _counter()
    for job in distinct:
        if stop():
            return
        yield job, count(job)


def work(job: Job) -> int:
    """Characters of the output times those of the references, since the time grows so."""
    return len(job[0]) * sum(map(len, job[1]))


def _counter() -> Callable[[Job], list[float]]:
    from sacrebleu import TER

    metric = TER()
    return lambda job: metric._extract_corpus_statistics([job[0]], [[text] for text in job[1]])[0]


def _in_processes(
    jobs: Sequence[Job], processes: int, stop: Callable[[], bool]
) -> Iterator[tuple[Job, list[float]]]:
    waiting, done = queue.SimpleQueue(), queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)
    servers = [_start() for _ in range(processes)]
    for server in servers:
        threading.Thread(target=_feed, args=(server, waiting, done), daemon=True).start()
    try:
        for _ in jobs:
            while not stop() and (result := _next(done)) is None:
                pass
            if stop():
                return
            if isinstance(result, Exception):
                raise result
            yield result
    finally:
        for server in servers:
            server.kill()
            server.wait()


def _next(done: queue.SimpleQueue):
    try:
        return done.get(timeout=0.2)
    except queue.Empty:
        return None


def _start() -> subprocess.Popen:
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(
            [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
        ).rstrip(os.pathsep)
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "lora_demo.evaluation.edits"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )
    step_back(process.pid)
    return process


def _feed(server: subprocess.Popen, waiting: queue.SimpleQueue, done: queue.SimpleQueue):
    """Hands jobs to a process, one at a time."""
    try:
        while True:
            job = waiting.get_nowait()
            server.stdin.write(json.dumps(job).encode() + b"\n")
            server.stdin.flush()
            done.put((job, json.loads(server.stdout.readline())))
    except queue.Empty:
        pass
    except (OSError, ValueError):
        done.put(RuntimeError("A process that counts TER's edits ended early; is memory short?"))


def _serve():
    """What such a process does: a job a line on standard input, its count a line on standard output."""
    count = _counter()
    for line in sys.stdin:
        hypothesis, references = json.loads(line)
        print(json.dumps(count((hypothesis, tuple(references)))), flush=True)


if __name__ == "__main__":
    _serve()
