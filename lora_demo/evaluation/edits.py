"""Edit counts for TER, by far the slowest part of scoring, in as many processes as there are cores.

A pair of texts is counted once, no matter how many systems wrote it. The counting is sacreBLEU's
own, in pure Python. Its processes are new ones and use pipes, because forking a process in
which TensorFlow runs is not safe.
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

from sacrebleu import TER

from lora_demo.evaluation.sacrebleu_internals import count_statistics
from lora_demo.language import _
from lora_demo.processes import lower_priority

Job = tuple[str, tuple[str, ...]]
"""An output and its references."""
EditCounts = dict[Job, list[float]]
"""For each job [edits, mean length of the references]."""
Result = tuple[Job, list[float]]
WORK_PER_PROCESS = 4_000_000
"""Amount of `work` that takes about two seconds; for less, starting a process does not pay."""


def count_edits(
    jobs: Iterable[Job], stop: Callable[[], bool] = lambda: False, processes: int | None = None
) -> Iterator[Result]:
    """Count the edits of each distinct job.

    Args:
        jobs: Outputs with their references.
        stop: Checked all the time; when it returns True, the remaining jobs are left out.
        processes: Number of processes, 0 to count in this process; None: as many as the work is
            worth, at most one per core.

    Yields:
        Each distinct job with [edits, mean length of the references], in random order, so that
        the results before a stop are a fair sample.
    """
    distinct = sorted(set(jobs))
    random.Random(0).shuffle(distinct)
    if processes is None:
        processes = sum(map(work, distinct)) // WORK_PER_PROCESS
    processes = min(processes, os.cpu_count() or 1, len(distinct))
    if processes:
        yield from _count_in_processes(distinct, processes, stop)
        return
    count = _counter()
    for job in distinct:
        if stop():
            return
        yield job, count(job)


def work(job: Job) -> int:
    """Estimate the work of a job: characters of the output times those of the references.

    Args:
        job: An output and its references.
    """
    output, references = job
    return len(output) * sum(map(len, references))


def _counter() -> Callable[[Job], list[float]]:
    metric = TER()

    def count(job: Job) -> list[float]:
        output, references = job
        (statistics,) = count_statistics(metric, [output], [[text] for text in references])
        return statistics

    return count


def _count_in_processes(
    jobs: Sequence[Job], processes: int, stop: Callable[[], bool]
) -> Iterator[Result]:
    waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
    done: queue.SimpleQueue[Result | Exception] = queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)
    servers = [_start_server() for _unused in range(processes)]
    for server in servers:
        threading.Thread(target=_feed, args=(server, waiting, done), daemon=True).start()
    try:
        for _unused in jobs:
            result = _wait_for(done, stop)
            if result is None:
                return
            if isinstance(result, Exception):
                raise result
            yield result
    finally:
        for server in servers:
            server.kill()
            server.wait()


def _wait_for(
    done: "queue.SimpleQueue[Result | Exception]", stop: Callable[[], bool]
) -> Result | Exception | None:
    """Wait for the next result; None if a stop comes first."""
    while not stop():
        try:
            result = done.get(timeout=0.2)
        except queue.Empty:
            continue
        return None if stop() else result
    return None


def _start_server() -> subprocess.Popen:
    package_parent = str(Path(__file__).parents[2])
    path = os.pathsep.join([package_parent, os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    process = subprocess.Popen(
        [sys.executable, "-m", "lora_demo.evaluation.edits"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": path},
        start_new_session=True,
    )
    lower_priority(process.pid)
    return process


def _feed(
    server: subprocess.Popen,
    waiting: "queue.SimpleQueue[Job]",
    done: "queue.SimpleQueue[Result | Exception]",
) -> None:
    """Send jobs to a process, one at a time, until none is waiting."""
    assert server.stdin
    assert server.stdout
    try:
        while True:
            job = waiting.get_nowait()
            server.stdin.write(json.dumps(job).encode() + b"\n")
            server.stdin.flush()
            done.put((job, json.loads(server.stdout.readline())))
    except queue.Empty:
        pass
    except (OSError, ValueError):
        done.put(
            RuntimeError(
                _(
                    "A process that counts edits for TER ended early. It may have run out of "
                    "memory: free some memory and try again."
                )
            )
        )


def _serve() -> None:
    """Read one job a line from standard input and write its counts to standard output."""
    count = _counter()
    for line in sys.stdin:
        output, references = json.loads(line)
        print(json.dumps(count((output, tuple(references)))), flush=True)


if __name__ == "__main__":
    _serve()
