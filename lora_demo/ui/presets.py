"""The presets of the Train tab, and the form's values as settings of a run."""

from dataclasses import dataclass

from lora_demo.model.parameters import TARGET_SETS
from lora_demo.training.config import TrainConfig

LENGTHS = ("minutes", "epochs", "steps")


@dataclass(frozen=True)
class Settings:
    """What the form holds; everything else of `TrainConfig` keeps its default.

    `length` counts what `unit`, one of LENGTHS, says.
    """

    rank: int = 8
    alpha: float = 16.0
    targets: str = "q,v"
    learning_rate: float = 2e-3
    batch_size: int = 16
    unit: str = "minutes"
    length: float = 1.0
    dropout: float = 0.0
    patience: int = 0
    seed: int = 0
    name: str = ""

    def config(self, base: str, revision: str | None, data: str) -> TrainConfig:
        """The run's settings.

        Raises:
            ValueError: naming every field that is out of range.
        """
        if self.unit not in LENGTHS:
            raise ValueError(f"unit = {self.unit!r} (wanted: {', '.join(LENGTHS)}).")
        return TrainConfig(
            base=base,
            revision=revision,
            data=data,
            rank=_whole(self.rank),
            alpha=self.alpha,
            targets=parse_targets(self.targets),
            learning_rate=self.learning_rate,
            batch_size=_whole(self.batch_size),
            dropout=self.dropout,
            patience=_whole(self.patience) or None,
            seed=_whole(self.seed),
            name=(self.name or "").strip() or None,
            **{self.unit: _whole(self.length) if self.unit == "steps" else self.length},
        )


PRESETS = {
    "60 seconds": Settings(targets="all-linear"),
    "5 minutes": Settings(rank=16, alpha=32.0, targets="all-linear", length=5.0),
    "thorough": Settings(rank=16, alpha=32.0, targets="all-linear", learning_rate=1e-3, length=20.0, dropout=0.05, patience=4),
}


def parse_targets(text: str) -> tuple[str, ...]:
    """A target set's name, or T5's names with commas between them."""
    return TARGET_SETS.get(text) or tuple(name.strip() for name in str(text).split(",") if name.strip())


def _whole(value):
    """A number of the page, where every number is a float, as a whole one; anything else is left for the config to refuse."""
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value
