"""What a visitor may use: on a Space there are narrow limits, elsewhere wide ones; environment variables move them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields

from lora_demo.training.config import TrainConfig

MOST_ACCUMULATED = 8
"""Times `batch_size`: the pairs of one update."""


@dataclass(frozen=True)
class Limits:
    """Of one visitor's run, or evaluation, and of the line; None: no limit.

    Each is set by an environment variable, LORA_DEMO_MAX_MINUTES and so on; 0 takes it away.

    Args:
        minutes: that a run may train, and an evaluation go on; steps: that it may do; batch_size: pairs a step.
        upload_mb: of a file of pairs or translations; waiting: runs in line, of everybody; own: runs in line and training, of
            one visitor. Evaluations have a line of their own, with the same limits.
        jobs: runs on Hugging Face Jobs that are followed, of everybody.
        days: that what a visitor made is kept after they last were here; disk_gb: of all visitors together, and again of files on their way.
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

    def check_run(self, config: TrainConfig):
        """Raises ValueError, naming the limit, for a run that is longer or wider than allowed."""
        for name in ("minutes", "steps", "batch_size"):
            value, most = getattr(config, name), getattr(self, name)
            if value and most and value > most:
                raise ValueError(
                    f"{name.replace('_', ' ')} = {value:,g}: here a run may have {most:,g} at most. Take fewer, choose another machine, or run it on your own by its command."
                )
        if (
            self.batch_size
            and config.batch_size * config.accumulation > MOST_ACCUMULATED * self.batch_size
        ):  # a run is asked to stop between updates
            raise ValueError(
                f"{config.batch_size} pairs a batch and {config.accumulation} batches an update: here an update may have {MOST_ACCUMULATED * self.batch_size:,g} pairs at most."
            )

    def check_line(
        self, waiting: int, own: int, new: int, what: str = "runs", doing: str = "training"
    ):
        """Raises ValueError if the line has no room for so many new ones."""
        if self.own and own + new > self.own:
            raise ValueError(
                f"You would have {own + new} {what} in line or {doing}; {self.own:g} are allowed here. Wait for one to end, or stop it."
            )
        if self.waiting and waiting + new > self.waiting:
            raise ValueError(
                f"{waiting} {what} are in line, and {self.waiting:g} fit. Come back in a while, or run it on your own machine."
            )

    def check_jobs(self, followed: int):
        """Raises ValueError if one more run on Jobs would be too many to follow."""
        if self.jobs and followed >= self.jobs:
            raise ValueError(
                f"{followed} runs on Jobs are followed already, and {self.jobs:g} may be. Come back in a while, or start it on your own machine."
            )

    def check_upload(self, size: int):
        """Raises ValueError for a file that is too large."""
        if self.upload_mb and size > self.upload_mb * 1e6:
            raise ValueError(
                f"The file has {size / 1e6:.1f} MB; {self.upload_mb:g} MB are allowed here. Upload a part of it."
            )


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
"""What strangers may use on a Space of two cores."""
HOME = Limits(upload_mb=200, waiting=200, own=50)
"""What nobody at home reaches but a program that has gone wild; nothing expires there."""


def read_limits(environment: Mapping[str, str] = os.environ, public: bool = False) -> Limits:
    """PUBLIC on a Space and wherever else others can reach the page, HOME elsewhere, changed by the environment.

    Raises:
        ValueError: naming a variable that is no number.
    """
    usual = PUBLIC if public or environment.get("SPACE_ID") else HOME
    return Limits(
        **{
            f.name: _number(f"LORA_DEMO_MAX_{f.name.upper()}", environment, getattr(usual, f.name))
            for f in fields(Limits)
        }
    )


def _number(name: str, environment: Mapping[str, str], usual: float | None) -> float | None:
    text = environment.get(name, "").strip()
    if not text:
        return usual
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"{name} = {text!r}: wanted a number, 0 for no limit.") from None
    if not 0 <= number < 1e12:
        raise ValueError(f"{name} = {text!r}: wanted a number, 0 for no limit.")
    return number or None
