"""Speed of runs on this machine, kept next to the compiled programs, and estimates from it.

An estimate needs a measured run of the same base.
"""

import json
import math
import re
import resource
from dataclasses import asdict, dataclass
from pathlib import Path

from lora_demo.files import write_json
from lora_demo.model import compile_cache
from lora_demo.training.config import TrainConfig
from lora_demo.training.schedule import EVALUATIONS, count_steps

FILE = "speed.json"
MAX_KEPT = 50
"""Measurements in the file."""


@dataclass(frozen=True)
class Measured:
    """The measurement of one run.

    Args:
        time: Time of the measurement, in seconds since the epoch.
        base: The base model.
        targets: T5's names of the adapted matrices.
        rank: Rank of the adapter.
        rows: Pairs of an update.
        device: Name of the device that it trained on.
        step_seconds: Duration of an update.
        tokens: Number of tokens that an update computes, padding included.
        evaluation_seconds: Duration of one evaluation.
        start_seconds: Time from the beginning to the first step.
        peak_bytes: Most memory of its process.
    """

    time: float
    base: str
    targets: tuple[str, ...]
    rank: int
    rows: int
    device: str
    step_seconds: float
    tokens: int
    evaluation_seconds: float
    start_seconds: float
    peak_bytes: int


@dataclass(frozen=True)
class Estimate:
    """The estimate of a run.

    Args:
        seconds: Duration of the whole run.
        steps: Its length in updates.
        step_seconds: Duration of an update.
        peak_bytes: Most memory of its process.
        basis: The measurement behind it.
    """

    seconds: float
    steps: int
    step_seconds: float
    peak_bytes: int
    basis: Measured


def remember(measured: Measured) -> None:
    """Add a measurement. It is lost if its folder cannot be made or the disk is full.

    Args:
        measured: The measurement; the oldest one is dropped if there are more than MAX_KEPT.
    """
    path = _path()
    if path is None:
        return
    runs = [asdict(run) for run in (*recall(), measured)]
    try:
        write_json(path, {"runs": runs[-MAX_KEPT:]})
    except OSError:
        return


def recall() -> list[Measured]:
    """Return all measurements of this machine, the newest last."""
    path = _path()
    try:
        records = json.loads(path.read_text(encoding="utf-8"))["runs"] if path else []
        return [Measured(**record | {"targets": tuple(record["targets"])}) for record in records]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def estimate(
    config: TrainConfig,
    targets: tuple[str, ...],
    tokens: int,
    batches: int,
    evaluations: int = EVALUATIONS,
) -> Estimate | None:
    """Estimate a run from the measured run that is most similar, scaled by tokens.

    Args:
        config: Settings of the run.
        targets: T5's names of the adapted matrices.
        tokens: Number of tokens that a batch computes, padding included.
        batches: Number of batches in an epoch.
        evaluations: Number of evaluations in the run, unless `eval_every` says otherwise.

    Returns:
        The estimate; None without a measured run of this base.
    """
    known = [measured for measured in recall() if measured.base == config.base]
    if not known or not batches:
        return None

    def similarity(measured: Measured) -> tuple[bool, float, float]:
        rank_distance = abs(math.log(measured.rank / config.rank))
        return set(measured.targets) == set(targets), -rank_distance, measured.time

    basis = max(known, key=similarity)
    step_seconds = basis.step_seconds / basis.tokens * tokens * config.accumulation
    replaying_batches = math.ceil(batches / (1 - config.replay))
    steps = count_steps(config, replaying_batches, step_seconds, basis.evaluation_seconds)
    if config.minutes:
        training_seconds = 60 * config.minutes
    else:
        count = min(evaluations, steps)
        if config.eval_every:
            count = math.ceil(steps / config.eval_every)
        training_seconds = steps * step_seconds + count * basis.evaluation_seconds
    seconds = basis.start_seconds + training_seconds
    return Estimate(seconds, steps, step_seconds, basis.peak_bytes, basis)


def peak_bytes() -> int:
    """Return the most memory that this process has had.

    Where only `getrusage` is available, this includes the process that started it, up to then.
    """
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        status = ""
    match = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    if match:
        return 1024 * int(match[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _path() -> Path | None:
    folder = compile_cache.cache_folder()
    return folder.with_name(f"{folder.name}-{FILE}") if folder else None
