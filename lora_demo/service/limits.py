"""Limits for visitors, narrow on a Space and wide elsewhere; environment variables change them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields

from lora_demo.environment import read_limit
from lora_demo.language import N_, _
from lora_demo.training.config import TrainConfig

MAX_ACCUMULATION = 8
"""The pairs of one update may be this many times the `batch_size` limit."""
RUNS, EVALUATIONS = N_("runs"), N_("evaluations")
"""Nouns for queued work in messages."""


@dataclass(frozen=True)
class Limits:
    """Limits of a visitor's runs and evaluations, of the queues and of the disk; None: no limit.

    Each is set by an environment variable, LORA_DEMO_MAX_MINUTES and so on; 0 removes it.

    Args:
        minutes: The duration of a run or an evaluation.
        steps: The steps of a run.
        batch_size: The pairs of a step.
        upload_mb: The size of a file of pairs or translations.
        waiting: Queued runs of all visitors. Evaluations have their own queue with this limit.
        own: Queued and running runs of one visitor; the same for evaluations.
        jobs: Runs on Hugging Face Jobs that this app follows, of all visitors.
        days: Time for which the folder of an absent visitor is kept.
        disk_gb: The disk space of all visitors' folders, and the same for Gradio's temporary files.
    """

    minutes: float | None = None
    steps: float | None = None
    batch_size: float | None = None
    upload_mb: float | None = None
    waiting: float | None = None
    own: float | None = None
    jobs: float | None = None
    days: float | None = None
    disk_gb: float | None = None

    def check_run(self, config: TrainConfig) -> None:
        """Check the duration, steps and batch size of a run.

        Args:
            config: The run.

        Raises:
            ValueError: Naming the limit that it exceeds.
        """
        for name in ("minutes", "steps", "batch_size"):
            value, limit = getattr(config, name), getattr(self, name)
            if value and limit and value > limit:
                raise ValueError(
                    _(
                        "{name} = {value:,g} is over the limit of {limit:,g} here. Choose a "
                        "smaller value, choose another machine, or run the command on your own "
                        "machine.",
                        name=name.replace("_", " "),
                        value=value,
                        limit=limit,
                    )
                )
        if not self.batch_size:
            return
        # A run checks for a stop request between updates, so an update must not take long.
        max_pairs = MAX_ACCUMULATION * self.batch_size
        if config.batch_size * config.accumulation > max_pairs:
            raise ValueError(
                _(
                    "Pairs per batch times batches per update ({batch_size} × {accumulation}) is "
                    "over the limit of {max_pairs:,g} pairs per update here. Choose smaller "
                    "values.",
                    batch_size=config.batch_size,
                    accumulation=config.accumulation,
                    max_pairs=max_pairs,
                )
            )

    def check_queue(self, waiting: int, own: int, new: int, noun: str = RUNS) -> None:
        """Check that a queue has room.

        Args:
            waiting: Number of queued items of all visitors.
            own: Number of queued and running items of this visitor.
            new: Number of items to add.
            noun: Noun for the message: RUNS or EVALUATIONS.

        Raises:
            ValueError: Naming the limit that would be exceeded.
        """
        if self.own and own + new > self.own:
            raise ValueError(
                _(
                    "You would have {own} {noun} queued or running, and the limit here is "
                    "{limit:g}. Wait for one to finish, or stop one.",
                    own=own + new,
                    noun=_(noun),
                    limit=self.own,
                )
            )
        if self.waiting and waiting + new > self.waiting:
            raise ValueError(
                _(
                    "Queued {noun}: {waiting}; the limit here is {limit:g}. Try again later, or "
                    "run it on your own machine.",
                    waiting=waiting,
                    noun=_(noun),
                    limit=self.waiting,
                )
            )

    def check_jobs(self, followed: int) -> None:
        """Check that one more run on Hugging Face Jobs can be followed.

        Args:
            followed: Number of Jobs that are followed now.

        Raises:
            ValueError: If the limit is reached.
        """
        if self.jobs and followed >= self.jobs:
            raise ValueError(
                _(
                    "Runs on Jobs that this page follows: {followed}; the limit is {jobs:g}. Try "
                    "again later, or start the run on your own machine.",
                    followed=followed,
                    jobs=self.jobs,
                )
            )

    def check_upload(self, size: int) -> None:
        """Check the size of a file.

        Args:
            size: Size in bytes.

        Raises:
            ValueError: If the file is too large.
        """
        if self.upload_mb and size > self.upload_mb * 1e6:
            raise ValueError(
                _(
                    "The file has {size:.1f} MB, and the limit here is {upload_mb:g} MB. Upload "
                    "a part of it.",
                    size=size / 1000000.0,
                    upload_mb=self.upload_mb,
                )
            )


NO_LIMITS = Limits()
PUBLIC = Limits(
    minutes=30,
    steps=20_000,
    batch_size=128,
    upload_mb=20,
    waiting=20,
    own=3,
    jobs=8,
    days=7,
    disk_gb=10,
)
"""For unknown visitors, on a Space with two cores."""
HOME = Limits(upload_mb=200, waiting=200, own=50)
"""For the owner of the machine. They are reached only by mistake, and nothing expires."""


def read_limits(environment: Mapping[str, str] = os.environ, public: bool = False) -> Limits:
    """Read the limits from environment variables.

    Args:
        environment: The variables.
        public: Start from `PUBLIC`, as on a Space, instead of `HOME`.

    Raises:
        ValueError: Naming a variable that is not a number.
    """
    defaults = PUBLIC if public or environment.get("SPACE_ID") else HOME
    values = {}
    for field in fields(Limits):
        default = getattr(defaults, field.name)
        variable = f"LORA_DEMO_MAX_{field.name.upper()}"
        values[field.name] = read_limit(variable, default, environment)
    return Limits(**values)
