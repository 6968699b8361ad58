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
    """Answer in JSON, one line each. Standard error gets what libraries print.

    Args:
        module: A module of this folder.
        function: A function of it.
        workload: The arguments of `Workload` as JSON.
    """
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    prepare = getattr(importlib.import_module(f"tests.benchmarks.{module}"), function)
    computed, run = prepare(Workload(**json.loads(workload)))
    print(json.dumps({"ready": computed}), file=answers)
    for _ in sys.stdin:
        began, began_cpu = time.perf_counter(), time.process_time()
        measured = run()
        answer = {
            "seconds": time.perf_counter() - began,
            "cpu_seconds": time.process_time() - began_cpu,
            "peak_bytes": peak_bytes(),
        }
        print(json.dumps(answer | measured), file=answers)


if __name__ == "__main__":
    main(*sys.argv[1:])
