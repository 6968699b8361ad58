"""Score translations with COMET in a process of its own."""

import json
import math
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, Any

from lora_demo.evaluation.comet.environment import (
    MIN_TORCH,
    CometPython,
    describe_failed_import,
    worker_command,
    worker_environment,
)
from lora_demo.evaluation.comet.model import CometModel
from lora_demo.language import _
from lora_demo.process_limits import RUN_OOM_SCORE
from lora_demo.processes import lower_priority

BATCH_SIZE = 16
"""Translations that the model scores at a time; COMET's own default."""
CHUNK = 8 * BATCH_SIZE
"""Translations after which the process reports; it sorts those of a chunk by length."""
POLL_SECONDS = 0.2
END_SECONDS = 60
"""Time to end for a process that has closed its output."""
MAX_LOG_BYTES = 20_000
"""End of the process's log in which the last line is searched."""
MAX_MESSAGE = 200

Row = tuple[str, str, str]
"""Source, translation and reference."""
Reply = dict[str, Any] | None
"""A line of the process; None once it has closed its output."""


class CometError(ValueError):
    """COMET gave no scores; the message says why and what to do."""


@dataclass(frozen=True)
class CometScores:
    """The scores of translations.

    Attributes:
        values: A score for each row, higher is better.
        signature: Model and versions, by which the scores can be compared with others.
        uses_references: False for a model that compares source and translation only.
    """

    values: list[float]
    signature: str
    uses_references: bool


@dataclass(frozen=True)
class CometScorer:
    """A COMET model and the Python that runs it.

    Attributes:
        python: The Python.
        model: The model.
        trusts_checkpoint: Load everything in the checkpoint, which can run code that it holds;
            False: only weights and plain values.
    """

    python: CometPython
    model: CometModel
    trusts_checkpoint: bool = False

    def __post_init__(self) -> None:
        if not (self.trusts_checkpoint or self.python.loads_safely):
            raise ValueError(
                _(
                    "{path} has torch {version}, which may run code from a checkpoint. Install "
                    "torch {minimum} or newer in its environment.",
                    path=self.python.path,
                    version=self.python.versions["torch"],
                    minimum=".".join(map(str, MIN_TORCH)),
                )
            )

    def score(
        self, rows: Sequence[Row], stop: Callable[[], bool] = lambda: False
    ) -> Generator[tuple[int, int], None, CometScores | None]:
        """Score translations. Equal rows are scored once.

        Args:
            rows: The translations.
            stop: Checked several times a second; when it returns True, the process is ended.

        Yields:
            The number of different rows scored so far, and the number of all.

        Returns:
            The scores; None after a stop.

        Raises:
            CometError: If there are no scores.
        """
        distinct = list(dict.fromkeys(rows))
        with tempfile.TemporaryFile() as log, self._start(log) as process:
            replies: SimpleQueue[Reply] = SimpleQueue()
            threading.Thread(target=_read, args=(process, replies), daemon=True).start()
            self._send(process, distinct)
            first: dict[str, Any] | None = None
            values: list[float] = []
            while first is None or len(values) < len(distinct):
                reply = _next(replies, stop)
                if stop():
                    return None
                if reply is None:
                    raise CometError(_describe_end(process, log))
                if "error" in reply:
                    raise CometError(self._describe_error(reply))
                first = first or reply
                values += _scores_of(reply)
                yield len(values), len(distinct)
        by_row = dict(zip(distinct, values, strict=False))
        uses_references = bool(first.get("uses_references", True))
        return CometScores([by_row[row] for row in rows], self._signature(first), uses_references)

    @contextmanager
    def _start(self, log: IO[bytes]) -> Generator["subprocess.Popen[str]", None, None]:
        """Start the process, and end it with the block. It also ends with this process."""
        try:
            process = subprocess.Popen(
                worker_command(self.python.path),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=worker_environment() | self._loading(),
                encoding="ascii",
                start_new_session=True,
            )
        except OSError as error:
            raise CometError(
                _(
                    "{path} could not be started: {problem}. Name another Python with "
                    "--comet-python.",
                    path=self.python.path,
                    problem=error.strerror,
                )
            ) from None
        try:
            with suppress(OSError):
                lower_priority(process.pid)
                # When memory runs out, Linux first ends this process.
                Path(f"/proc/{process.pid}/oom_score_adj").write_text(str(RUN_OOM_SCORE))
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):
                    assert pipe is not None
                    pipe.close()

    def _loading(self) -> dict[str, str]:
        """Return the variables that decide what torch loads from a checkpoint."""
        if self.trusts_checkpoint:
            return {"TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "1"}
        return {"TORCH_FORCE_WEIGHTS_ONLY_LOAD": "1"}

    def _send(self, process: "subprocess.Popen[str]", rows: Sequence[Row]) -> None:
        """Write the settings and the rows. The pipe stays open, because its end ends the process.

        The process reads all rows before it writes anything, so neither waits for the other.
        """
        settings = {
            "checkpoint": str(self.model.checkpoint),
            "rows": len(rows),
            "batch_size": BATCH_SIZE,
            "chunk": CHUNK,
        }
        assert process.stdin is not None
        with suppress(OSError):  # the process has ended; its output says why
            print(json.dumps(settings), file=process.stdin)
            for row in rows:
                record = dict(zip(("src", "mt", "ref"), row, strict=True))
                print(json.dumps(record), file=process.stdin)
            process.stdin.flush()

    def _signature(self, loaded: dict[str, Any]) -> str:
        versions = loaded.get("versions") or self.python.versions
        numbers = "|".join(f"{name}:{version}" for name, version in versions.items())
        return f"model:{self.model.name}|{numbers}"

    def _describe_error(self, reply: dict[str, Any]) -> str:
        """Describe an error that the process itself reported."""
        message = " ".join(str(reply.get("message", "")).split())[:MAX_MESSAGE].rstrip(".")
        values = {"model": self.model.name, "problem": message}
        if reply["error"] == "memory":
            return _out_of_memory()
        if reply["error"] == "import":
            return describe_failed_import(self.python.path, message)
        if reply["error"] == "unsafe":
            return _(
                "The checkpoint of {model} holds more than weights ({problem}), and loading it "
                "can run code. It was not loaded. If you trust its source, use --comet-trust.",
                **values,
            )
        return _(
            "COMET could not score with {model}: {problem}. Download the model again, or use "
            "another one.",
            **values,
        )


def _read(process: "subprocess.Popen[str]", replies: "SimpleQueue[Reply]") -> None:
    """Put what the process writes into a queue, and None at its end."""
    assert process.stdout is not None
    with suppress(OSError):
        for line in process.stdout:
            replies.put(_parse(line))
    replies.put(None)


def _parse(line: str) -> dict[str, Any]:
    """Parse a line of the process; one that is not of the protocol becomes an error."""
    with suppress(ValueError):
        reply = json.loads(line)
        if isinstance(reply, dict):
            return reply
    return {"error": "other", "message": _("its process wrote {line!r}", line=line[:60])}


def _next(replies: "SimpleQueue[Reply]", stop: Callable[[], bool]) -> Reply:
    """Wait for a line of the process, or for a stop."""
    while not stop():
        with suppress(Empty):
            return replies.get(timeout=POLL_SECONDS)
    return None


def _scores_of(reply: dict[str, Any]) -> list[float]:
    values: list[float] = reply.get("scores", [])
    if not all(isinstance(value, float) and math.isfinite(value) for value in values):
        raise CometError(
            _("The COMET model gives a score that is not a number. Use another model.")
        )
    return values


def _describe_end(process: "subprocess.Popen[str]", log: IO[bytes]) -> str:
    """Describe the end of a process that gave neither all scores nor an error."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(END_SECONDS)
    status = process.returncode
    if status == -signal.SIGKILL:
        return _out_of_memory()
    log.seek(max(0, log.seek(0, os.SEEK_END) - MAX_LOG_BYTES))
    lines = [line.strip() for line in log.read().decode("utf-8", "replace").splitlines()]
    last = next((line for line in reversed(lines) if line), _("it wrote nothing"))
    return _(
        "The COMET process ended with status {status} before it returned all scores: {problem}. "
        "Try again, or use another model.",
        status=status,
        problem=last[:MAX_MESSAGE].rstrip("."),
    )


def _out_of_memory() -> str:
    return _(
        "The COMET process ended, most likely because memory ran out. Use a smaller COMET model, "
        "or a machine with more memory."
    )
