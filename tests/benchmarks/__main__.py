"""Measure this package and every installed peer: `python -m tests.benchmarks --help`.

Each contender runs in its own process. Outputs are compared first: a contender that computes
something else is not counted.
Then they take turns, round by round, so that other work on the machine affects all of them.
Ratios are medians over the rounds.
"""

import argparse
import contextlib
import json
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, replace
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from lora_demo.model.processor import cpu_has_bfloat16
from tests.benchmarks.table import agreement, rows_of, table
from tests.benchmarks.tasks import TASKS, Contender, Task
from tests.benchmarks.workload import GEOMETRIES, Workload, prepare

PACKAGES = (
    "keras",
    "tensorflow",
    "jax",
    "torch",
    "transformers",
    "peft",
    "keras-hub",
    "ctranslate2",
)
COMMANDS = ("start", "evaluate")
"""Tasks that call the app and the command line as users do, without contenders."""
PAUSE = 0.3
"""Seconds between turns, until threads of the last one have stopped spinning."""


class Worker:
    """A contender's process."""

    def __init__(self, contender: Contender, workload: Workload):
        workload = replace(workload, compute_type=contender.compute_type)
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115  (closed with the process)
        command = [
            sys.executable,
            "-m",
            "tests.benchmarks.worker",
            contender.module,
            contender.function,
            json.dumps(asdict(workload)),
        ]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True
        )

    def answer(self) -> dict:
        """Return the next line; RuntimeError with the last line of the log if the process ended."""
        if line := self.process.stdout.readline():
            return json.loads(line)
        self.log.seek(0)
        raise RuntimeError(
            (self.log.read().strip().splitlines() or ["it ended without a word"])[-1]
        )

    def round(self) -> dict:
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.answer()

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.log.close()


def measure(task: Task, workload: Workload, rounds: int) -> dict:
    """Run every contender's rounds, compare outputs with the first one's, measure the machine."""
    contenders = {
        c.name: c
        for c in task.contenders
        if all(find_spec(package) for package in c.needs)
        and (c.compute_type != "bfloat16" or cpu_has_bfloat16())
    }
    workers, computed, notes = {}, {}, {}
    try:
        for name, contender in contenders.items():
            say(f"{task.name}: {name} gets ready")
            worker = Worker(contender, replace(workload, **task.settings))
            try:
                computed[name] = worker.answer()["ready"]
                workers[name] = worker
            except RuntimeError as error:
                notes[name] = f"failed: {error}"
                worker.close()
        results = {name: [] for name in workers}
        for i in range(rounds):
            say(f"{task.name}: round {i + 1} of {rounds}")
            for name, worker in workers.items():
                time.sleep(PAUSE)
                results[name].append(worker.round())
    finally:
        for worker in workers.values():
            worker.close()
    expected = computed.get(task.contenders[0].name)
    agreements = {
        name: agreement(expected, output)
        for name, output in computed.items()
        if expected and output
    }
    return {"task": task.name, "rounds": results, "agreement": agreements, "notes": notes}


def say(text: str):
    print(text, file=sys.stderr, flush=True)


def parse() -> argparse.Namespace:
    names = [*(task.name for task in TASKS), *COMMANDS]
    parser = argparse.ArgumentParser(
        "python -m tests.benchmarks", description=__doc__.split("\n")[0]
    )
    parser.add_argument(
        "--tasks",
        nargs="+",
        default=names,
        metavar="TASK",
        help=f"names or their beginnings, of {', '.join(names)}",
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument(
        "--geometry",
        choices=GEOMETRIES,
        default="small",
        help="FLAN-T5's small or base, or a tiny one to try (%(default)s)",
    )
    parser.add_argument(
        "--pairs", default="builtin", help="real pairs, as `train --data` takes them (%(default)s)"
    )
    parser.add_argument(
        "--tokenizer",
        type=Path,
        default=Path("lora_demo/assets/mini"),
        metavar="DIR",
        help="that cuts them into tokens (%(default)s)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every round here")
    flags = parser.parse_args()
    flags.chosen = [name for name in names if name.startswith(tuple(flags.tasks))]
    if unknown := [
        task for task in flags.tasks if not any(name.startswith(task) for name in names)
    ]:
        parser.error(f"--tasks {', '.join(unknown)} (must be among {', '.join(names)})")
    if flags.rounds < 1:
        parser.error("--rounds: at least 1")
    return flags


def main():
    flags = parse()
    config, measured = GEOMETRIES[flags.geometry], []
    with tempfile.TemporaryDirectory() as folder:
        if not set(flags.chosen) <= set(COMMANDS):
            say("writing a checkpoint of random weights")
            prepare(Path(folder), config, flags.tokenizer)
        for task in TASKS:
            if task.name in flags.chosen:
                measured.append(measure(task, Workload(folder, flags.pairs), flags.rounds))
                say(table(rows_of(measured[-1], task, config)))
    tasks = {task.name: task for task in TASKS}
    rows = [row for result in measured for row in rows_of(result, tasks[result["task"]], config)]
    if "start" in flags.chosen:
        from tests.benchmarks.start import measure_start

        say("start")
        rows += measure_start(flags.rounds)
    if "evaluate" in flags.chosen:
        from tests.benchmarks.evaluation import measure_evaluation

        say("evaluate")
        rows += measure_evaluation(flags.rounds, flags.pairs)
    print(table(rows))
    if flags.json:
        about = {
            "geometry": flags.geometry,
            "pairs": Path(flags.pairs).name,
            "platform": platform.platform(),
            "python": platform.python_version(),
            "versions": versions(),
        }
        flags.json.write_text(
            json.dumps(about | {"rows": rows, "measured": measured}, indent=1) + "\n"
        )


def versions() -> dict[str, str]:
    """Return the versions of the installed packages."""
    found = {}
    for package in PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


if __name__ == "__main__":
    main()
