"""Counts TER's edits, by far the slowest part of scoring, in as many processes as there are cores.

A pair of texts is counted once, however many systems wrote it. The counting is sacreBLEU's own; its processes are
plain ones that talk through pipes, since forking a process in which TensorFlow runs is not safe.
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

Job = tuple[str, tuple[str, ...]]
WORTH_A_PROCESS = 8_000_000
"""Characters squared, since the time grows so: about two seconds' work; below, starting a process does not pay."""


def count_edits(jobs: Iterable[Job], stop: Callable[[], bool] = lambda: False, processes: int | None = None) -> Iterator[tuple[Job, list[float]]]:
    """Yields each distinct (output, references) with [edits, mean length of the references], in an order that has nothing to do with theirs.

    Args:
        stop: asked between sentences; once it says True the rest is left out.
        processes: how many; None: as many as the work is worth, at most one a core.
    """
    distinct = sorted(set(jobs))
    random.Random(0).shuffle(distinct)  # so that what is done when somebody stops is a fair sample
    size = sum(len(output) * len(references[0]) for output, references in distinct)
    processes = min(processes or size // WORTH_A_PROCESS, os.cpu_count() or 1, len(distinct))
    if processes > 1:
        yield from _in_processes(distinct, processes, stop)
        return
    count = _counter()
    for job in distinct:
        if stop():
            return
        yield job, count(job)


def _counter() -> Callable[[Job], list[float]]:
    from sacrebleu import TER

    metric = TER()
    return lambda job: metric._extract_corpus_statistics([job[0]], [[text] for text in job[1]])[0]


def _in_processes(jobs: Sequence[Job], processes: int, stop: Callable[[], bool]) -> Iterator[tuple[Job, list[float]]]:
    waiting, done, ended = queue.SimpleQueue(), queue.SimpleQueue(), threading.Event()
    for job in jobs:
        waiting.put(job)
    threads = [threading.Thread(target=_feed, args=(waiting, done, ended), daemon=True) for _ in range(processes)]
    for thread in threads:
        thread.start()
    try:
        for _ in jobs:
            while (result := _next(done)) is None:
                if stop():
                    return
            if isinstance(result, Exception):
                raise result
            yield result
    finally:
        ended.set()


def _next(done: queue.SimpleQueue):
    try:
        return done.get(timeout=0.2)
    except queue.Empty:
        return None


def _feed(waiting: queue.SimpleQueue, done: queue.SimpleQueue, ended: threading.Event):
    """Hands jobs to one process of its own, one at a time."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)}
    process = subprocess.Popen([sys.executable, "-m", "lora_demo.evaluation.edits"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, start_new_session=True)
    try:
        while not ended.is_set() and not waiting.empty():
            job = waiting.get_nowait()
            process.stdin.write(json.dumps(job).encode() + b"\n")
            process.stdin.flush()
            done.put((job, json.loads(process.stdout.readline())))
    except queue.Empty:
        pass
    except (OSError, ValueError):
        done.put(RuntimeError("A process that counts TER's edits ended early; is memory short?"))
    finally:
        process.kill()
        process.wait()


def _serve():
    """What such a process does: a job a line on standard input, its count a line on standard output."""
    count = _counter()
    for line in sys.stdin:
        hypothesis, references = json.loads(line)
        print(json.dumps(count((hypothesis, tuple(references)))), flush=True)


if __name__ == "__main__":
    _serve()
