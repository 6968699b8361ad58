"""What runs on this machine took, kept beside the compiled programs, and what a run to come will take by that.

Nothing is guessed: without a measured run of the same base there is no estimate.
"""

import json
import math
import os
import re
import resource
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from lora_demo.files import write_json
from lora_demo.model import compile_cache

FILE = "speed.json"
MOST = 50


@dataclass(frozen=True)
class Measured:
    """What one run took.

    Args:
        rows: pairs of an update; step_seconds: of an update; tokens: that it computes, padding and all.
        evaluation_seconds: of one evaluation.
        start_seconds: from the beginning to the first step; peak_bytes: the most memory of its process.
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
    """What a run will take, and the measurement that says so."""

    seconds: float
    steps: int
    step_seconds: float
    peak_bytes: int
    basis: Measured


def remember(measured: Measured):
    """Adds a measurement; where there is no cache folder, it is lost."""
    path = _path()
    if path is None:
        return
    try:
        write_json(path, {"runs": [asdict(m) for m in (*recall(), measured)][-MOST:]})
    except OSError:
        return


def recall() -> list[Measured]:
    """All measurements of this machine, the newest last."""
    path = _path()
    try:
        records = json.loads(path.read_text(encoding="utf-8"))["runs"] if path else []
        return [Measured(**r | {"targets": tuple(r["targets"])}) for r in records]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def estimate(
    config, targets: tuple[str, ...], tokens: int, batches: int, evaluations: int
) -> Estimate | None:
    """What a run will take, scaled by tokens from the measured run that is most like it; None if none is of this base.

    Args:
        tokens: that a batch computes, padding and all; batches: of an epoch.
    """
    known = [m for m in recall() if m.base == config.base]
    if not known or not batches:
        return None
    basis = max(
        known,
        key=lambda m: (
            set(m.targets) == set(targets),
            -abs(math.log(m.rank / config.rank)),
            m.time,
        ),
    )
    step = basis.step_seconds / basis.tokens * tokens * config.accumulation
    training, steps = _length(config, batches, step, basis.evaluation_seconds, evaluations)
    return Estimate(basis.start_seconds + training, steps, step, basis.peak_bytes, basis)


def _length(config, batches: int, step: float, evaluation: float, most: int) -> tuple[float, int]:
    """Seconds of training and steps."""
    if config.minutes:
        count = min(most, max(1, int(0.3 * 60 * config.minutes / max(evaluation, 1e-3))))
        return 60 * config.minutes, max(1, int((60 * config.minutes - count * evaluation) / step))
    steps = config.steps or max(1, round(config.epochs * max(1, batches // config.accumulation)))
    count = -(-steps // config.eval_every) if config.eval_every else min(most, steps)
    return steps * step + count * evaluation, steps


def peak_bytes() -> int:
    """The most memory that this process has had; where only `getrusage` tells, also what had the one that started it, up to then."""
    try:
        return 1024 * int(
            re.search(r"^VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)[1]
        )
    except (OSError, TypeError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def total_bytes() -> int:
    """The memory of this machine, or of the container if that is less."""
    own = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        return min(own, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    except (OSError, ValueError):
        return own


def now() -> float:
    """Seconds since the epoch, rounded as in a run's events."""
    return round(time.time(), 3)


def _path() -> Path | None:
    folder = compile_cache.cache_folder()
    return folder.with_name(f"{folder.name}-{FILE}") if folder else None
