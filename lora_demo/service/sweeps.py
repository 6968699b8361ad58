"""Sweeps over one setting: the requests of the runs, and what their scores say."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lora_demo.language import N_, _, format_number
from lora_demo.training.config import TrainConfig
from lora_demo.training.progress import RunProgress
from lora_demo.training.request import TrainRequest, format_targets
from lora_demo.training.run import Run

MAX_RUNS = 12
MAX_SEEDS = 4
MAX_NAME = 24
"""Characters of the given name that the names of the runs begin with."""
SEED = "seed"
NOT_A_NUMBER = N_("Values of the sweep: {value!r} is not a number.")
TOO_MANY = N_("Runs in this sweep: {count}. Give at least 2 and at most {maximum}.")
NO_MINUTES = N_(
    "A sweep compares runs of the same length. Give it in steps or epochs, not minutes."
)


@dataclass(frozen=True)
class Sweepable:
    """A setting that a sweep can vary.

    Args:
        label: Its name for a reader.
        example: Values as a visitor types them.
        apply: Puts a value into a request.
        read: Returns the value in the settings of a run, as text for a reader.
        short: Stands before the value in the name of a run.
    """

    label: str
    example: str
    apply: Callable[[TrainRequest, str], TrainRequest]
    read: Callable[[TrainConfig], str]
    short: str = ""


def _number(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise ValueError(_(NOT_A_NUMBER, value=value[:40])) from None


def _whole(value: str) -> int:
    number = _number(value)
    if not number.is_integer():
        raise ValueError(_(NOT_A_NUMBER, value=value[:40]))
    return int(number)


SETTINGS = {
    "learning_rate": Sweepable(
        N_("Learning rate"),
        "0.0005; 0.001; 0.002",
        lambda request, value: replace(request, learning_rate=_number(value)),
        lambda config: format_number(config.learning_rate, "g"),
        "lr",
    ),
    "batch_size": Sweepable(
        N_("Batch size"),
        "8; 16; 32",
        lambda request, value: replace(request, batch_size=_whole(value)),
        lambda config: str(config.batch_size),
        "batch",
    ),
    "epochs": Sweepable(
        N_("Epochs"),
        "1; 2; 4",
        lambda request, value: replace(request, unit="epochs", length=_number(value)),
        lambda config: format_number(config.epochs, "g") if config.epochs else "–",
        "epochs",
    ),
    "targets": Sweepable(
        N_("Matrices"),
        "q,v; attention; all-linear",
        lambda request, value: replace(request, targets=value),
        lambda config: format_targets(config.targets),
    ),
    "rank": Sweepable(
        N_("Rank"),
        "4; 8; 16",
        lambda request, value: replace(request, rank=_whole(value), alpha=0.0),
        lambda config: str(config.rank),
        "r",
    ),
    SEED: Sweepable(
        N_("Seed"),
        "0; 1; 2",
        lambda request, value: replace(request, seed=_whole(value)),
        lambda config: str(config.seed),
        "seed",
    ),
}
"""The settings by their names."""


def sweep_requests(
    request: TrainRequest, setting: str, values: str, seeds: int = 1
) -> list[TrainRequest]:
    """Return the request of each run of a sweep: for each value, one run for each seed.

    Args:
        request: All other settings.
        setting: A key of SETTINGS.
        values: With semicolons between them.
        seeds: Runs of each value, with the seeds from the request's on; 1 for a sweep over seeds.

    Raises:
        ValueError: If a value is out of range, or there are too few or too many runs.
    """
    swept = SETTINGS[setting]
    chosen = list(dict.fromkeys(value.strip() for value in values.split(";") if value.strip()))
    numbers = range(1 if setting == SEED else max(1, min(int(seeds), MAX_SEEDS)))
    count = len(chosen) * len(numbers)
    if not 2 <= count <= MAX_RUNS:
        raise ValueError(_(TOO_MANY, count=count, maximum=MAX_RUNS))
    if request.unit == "minutes" and setting != "epochs":
        raise ValueError(_(NO_MINUTES))
    return [
        replace(
            swept.apply(request, value),
            seed=_seed(request, setting, value, number),
            name=_name(request, swept, value, number if len(numbers) > 1 else None),
        )
        for value in chosen
        for number in numbers
    ]


def _seed(request: TrainRequest, setting: str, value: str, number: int) -> int:
    return _whole(value) if setting == SEED else request.seed + number


def _name(request: TrainRequest, swept: Sweepable, value: str, number: int | None) -> str:
    plain = re.sub(r"[^\w.]+", "-", f"{swept.short}{value}").strip("-.")
    given = (request.name or "sweep")[:MAX_NAME].rstrip("-. ")
    return f"{given}-{plain}" + (f"-s{request.seed + number}" if number is not None else "")


@dataclass(frozen=True)
class SweptValue:
    """The runs of one value.

    Args:
        value: As text.
        scores: Best held-out chrF of each finished run.
        unfinished: Number of runs that were stopped, failed or have not ended.
    """

    value: str
    scores: tuple[float, ...]
    unfinished: int

    @property
    def mean(self) -> float:
        """Mean score; only where there are scores."""
        return sum(self.scores) / len(self.scores)


@dataclass(frozen=True)
class SweepOutcome:
    """The result of a sweep.

    Args:
        label: Name of the setting.
        values: In the order of the sweep.
    """

    label: str
    values: list[SweptValue]

    @property
    def is_complete(self) -> bool:
        """True if all runs have finished."""
        return not any(value.unfinished for value in self.values)

    @property
    def has_seeds(self) -> bool:
        """True if each value has several finished runs."""
        return all(len(value.scores) > 1 for value in self.values)

    @property
    def winner(self) -> SweptValue | None:
        """The value whose worst seed is better than the best seed of each other value, if any."""
        if not self.is_complete or not self.has_seeds or len(self.values) < 2:
            return None
        best = max(self.values, key=lambda value: value.mean)
        others = [value for value in self.values if value is not best]
        is_beyond = all(min(best.scores) > max(other.scores) for other in others)
        return best if is_beyond else None


def read_outcome(runs: Sequence[Run]) -> SweepOutcome | None:
    """Read the scores of a sweep.

    Args:
        runs: Runs that were started together, in their order.

    Returns:
        The outcome; None if they differ in their rank alone, or in several settings beside seeds.
    """
    configs = [run.config for run in runs]
    setting = _swept_setting(configs)
    if setting is None:
        return None
    swept = SETTINGS[setting]
    groups: dict[str, list[Run]] = {}
    for run, config in zip(runs, configs, strict=True):
        groups.setdefault(swept.read(config), []).append(run)
    if setting == "rank" and len(groups) == len(runs):
        return None  # the comparison of ranks shows more
    return SweepOutcome(swept.label, [_value(value, group) for value, group in groups.items()])


def _swept_setting(configs: Sequence[TrainConfig]) -> str | None:
    """Return the setting in which runs differ; seeds may differ beside another one."""
    differing = [
        name for name, swept in SETTINGS.items() if len({swept.read(each) for each in configs}) > 1
    ]
    main: list[Any] = [name for name in differing if name != SEED] or differing
    return main[0] if len(main) == 1 else None


def _value(value: str, runs: Sequence[Run]) -> SweptValue:
    scores = []
    for run in runs:
        best = RunProgress.from_events(run.events()).best
        if run.state == "done" and best:
            scores.append(best.chrf)
    return SweptValue(value, tuple(scores), len(runs) - len(scores))
