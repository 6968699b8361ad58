"""Run one contender in its own process: get ready, report its output, run a round per line read.

`python -m tests.benchmarks.worker MODULE FUNCTION WORKLOAD`: the function warms up, returns what it
computed (losses, or rows of ids) and a function that runs a round and returns what it measured,
such as its tokens.
"""

import importlib
import json
import os
import sys
import time

from lora_demo.training.speed import peak_bytes
from tests.benchmarks.workload import Workload


def main(module: str, function: str, workload: str):
    """Answers in JSON, one line each; whatever libraries print goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    computed, run = getattr(importlib.import_module(f"tests.benchmarks.{module}"), function)(
        Workload(**json.loads(workload))
    )
    print(json.dumps({"ready": computed}), file=answers)
    for _ in sys.stdin:
        began, began_cpu = time.perf_counter(), time.process_time()
        measured = run()
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - began_cpu
        print(
            json.dumps(
                {
                    "seconds": seconds,
                    "cpu_seconds": cpu_seconds,
                    "peak_bytes": peak_bytes(),
                    **measured,
                }
            ),
            file=answers,
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
