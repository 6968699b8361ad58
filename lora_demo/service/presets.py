"""The presets of the Train tab, and the form's values as settings of one run, or of one for each rank."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from reprlib import repr

from lora_demo.data.sources import builtin_tests
from lora_demo.model.parameters import TARGET_SETS
from lora_demo.training.config import TrainConfig

LENGTHS = ("minutes", "epochs", "steps")
MOST_RANKS = 6


@dataclass(frozen=True)
class Settings:
    """What the form holds: everything that decides a run but base and data.

    `rank` may be several, "4, 8, 16", for a sweep; `alpha` 0 is twice the rank; `length` counts what `unit`, one of
    LENGTHS, says; `watch` is a test set of the built-in corpus to follow beside the held-out pairs; 0 in `patience`, `eval_every` and `max_pairs` is never, ten in a run, and all.
    """

    rank: int | str = 8
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
    warmup: float = TrainConfig.warmup
    decay: str = TrainConfig.decay
    weight_decay: float = TrainConfig.weight_decay
    label_smoothing: float = TrainConfig.label_smoothing
    clip: float = TrainConfig.clip
    accumulation: int = TrainConfig.accumulation
    eval_every: int = 0
    max_length: int = TrainConfig.max_length
    max_pairs: int = 0
    use_rslora: bool = TrainConfig.use_rslora
    watch: str = ""
    precision: str = TrainConfig.precision

    @property
    def ranks(self) -> list[int]:
        """One rank, or those of a sweep.

        Raises:
            ValueError: for what is no list of whole numbers.
        """
        words = str(self.rank).replace(",", " ").split()
        ranks = [
            _whole(float(word)) if word.replace(".", "", 1).isdecimal() else None for word in words
        ]
        if not 1 <= len(set(ranks)) <= MOST_RANKS or not all(
            isinstance(rank, int) for rank in ranks
        ):
            raise ValueError(
                f"rank = {str(self.rank)[:40]!r}: wanted a whole number such as 8, or up to {MOST_RANKS} for a sweep: 4, 8, 16."
            )
        return list(dict.fromkeys(ranks))

    def configs(
        self, base: str, revision: str | None, data: str, names: Sequence[str]
    ) -> list[TrainConfig]:
        """The settings of each rank's run, in rising order; several are as long as each other in steps.

        Args:
            names: of the adapters, one for each rank.
        Raises:
            ValueError: naming every field that is out of range.
        """
        ranks = self.ranks
        if len(ranks) > 1 and self.unit == "minutes":
            raise ValueError(
                "A sweep compares ranks after equally many steps, so count its length in steps or epochs, not minutes."
            )
        return [self._config(base, revision, data, rank, name) for rank, name in zip(ranks, names)]

    def _config(
        self, base: str, revision: str | None, data: str, rank: int, name: str
    ) -> TrainConfig:
        if self.unit not in LENGTHS:
            raise ValueError(f"unit = {repr(self.unit)} (wanted: {', '.join(LENGTHS)}).")
        same = (
            "learning_rate",
            "dropout",
            "warmup",
            "decay",
            "weight_decay",
            "label_smoothing",
            "clip",
            "use_rslora",
            "precision",
        )
        return TrainConfig(
            base=base,
            revision=revision,
            data=data,
            rank=rank,
            alpha=self.alpha or 2.0 * rank,
            targets=parse_targets(self.targets),
            name=name or None,
            watch=_watched(self.watch),
            **{field: getattr(self, field) for field in same},
            **{
                field: _whole(getattr(self, field))
                for field in ("batch_size", "seed", "accumulation", "max_length")
            },
            **{
                field: _whole(getattr(self, field)) or None
                for field in ("patience", "eval_every", "max_pairs")
            },
            **{self.unit: _whole(self.length) if self.unit == "steps" else self.length},
        )


PRESETS = {
    "60 seconds": Settings(targets="all-linear"),
    "5 minutes": Settings(rank=16, alpha=32.0, targets="all-linear", length=5.0),
    "thorough": Settings(
        rank=16,
        alpha=32.0,
        targets="all-linear",
        learning_rate=1e-3,
        length=20.0,
        dropout=0.05,
        patience=4,
    ),
    "rank sweep": Settings(
        rank="4, 8, 16", alpha=0.0, targets="all-linear", unit="steps", length=300.0
    ),
}
FIELDS = [f.name for f in fields(Settings)]
FILLED = [name for name in FIELDS if name not in ("seed", "name")]
"""What choosing a preset sets; seed and name stay."""


def parse_targets(text: str) -> tuple[str, ...]:
    """A target set's name, or T5's names with commas between them."""
    return TARGET_SETS.get(text) or tuple(
        name.strip() for name in str(text).split(",") if name.strip()
    )


def _watched(text: str) -> str | None:
    """A test set of the built-in corpus, or none; no path of this machine."""
    allowed = [f"builtin:{name}" for name in builtin_tests()]
    if text and text not in allowed:
        raise ValueError(f"watch = {str(text)[:60]!r} (wanted: nothing, {', '.join(allowed)}).")
    return text or None


def _whole(value):
    """A number of the page, where every number is a float, as a whole one; anything else is left for the config to refuse."""
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value
