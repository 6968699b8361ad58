"""A visitor's choices for a training run: one keyed, validated request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from lora_demo.data.sources import builtin_tests
from lora_demo.language import _
from lora_demo.model.checks import choice_problem, problem, to_whole, unknown_keys_problem
from lora_demo.model.config import T5Config
from lora_demo.model.parameters import TARGET_SETS
from lora_demo.training.config import OF_PARENT, TrainConfig
from lora_demo.training.probes import split_probes
from lora_demo.training.settings import make_config
from lora_demo.training.settings_error import SettingsError

UNITS = ("minutes", "epochs", "steps")
DEFAULT_REPLAY = 0.5
"""Share of general pairs in a run that starts from an adapter."""
MAX_RANKS = 6
"""Runs of a sweep."""
WHOLE_NUMBERS = (
    "batch_size",
    "patience",
    "seed",
    "accumulation",
    "eval_every",
    "max_length",
    "max_pairs",
)
"""Fields that a web form sends as floats."""


@dataclass(frozen=True)
class TrainRequest:
    """The settings of one run, or of a sweep with one run for each rank, without the data.

    The names and defaults are those of `TrainConfig`, with differences that a form can show:

    Args:
        rank: One rank, or several for a sweep, as in "4, 8, 16".
        alpha: 0 means twice the rank.
        targets: A target set such as "q,v", or T5's names with commas between them.
        unit: Unit of `length`: one of UNITS.
        length: Length of the run, in `unit`.
        patience: 0 means never stop early.
        eval_every: 0 means ten evaluations in a run.
        max_pairs: 0 means all pairs.
        name: "" means a name made from base, data and rank.
        watch: "" or a test set of the built-in corpus such as "builtin:everyday".
        base: "" or the name of a base that the page offers; `configs` takes its id.
        parent: "" or the id of an adapter to start from. Rank, alpha, targets and use_rslora are
            then its own; see `configs`.
        replay: None means DEFAULT_REPLAY if there is a parent, else 0.
        layers: "" means all blocks.
        probes: German sentences to follow, one a line.

    Raises:
        ValueError: Naming what is out of range and what is allowed.
    """

    rank: int | str = 8
    alpha: float = 16.0
    targets: str = "q,v"
    learning_rate: float = TrainConfig.learning_rate
    batch_size: int = TrainConfig.batch_size
    unit: str = "minutes"
    length: float = 1.0
    dropout: float = TrainConfig.dropout
    patience: int = 0
    seed: int = TrainConfig.seed
    name: str = ""
    warmup: float = TrainConfig.warmup
    decay: str = TrainConfig.decay
    weight_decay: float = TrainConfig.weight_decay
    label_smoothing: float = TrainConfig.label_smoothing
    sampled_share: float = TrainConfig.sampled_share
    clip: float = TrainConfig.clip
    accumulation: int = TrainConfig.accumulation
    eval_every: int = 0
    max_length: int = TrainConfig.max_length
    max_pairs: int = 0
    use_rslora: bool = TrainConfig.use_rslora
    watch: str = ""
    precision: str = TrainConfig.precision
    base: str = ""
    parent: str = ""
    replay: float | None = None
    replay_targets: str = TrainConfig.replay_targets
    use_dora: bool = TrainConfig.use_dora
    init: str = TrainConfig.init
    layers: str = ""
    part: str = TrainConfig.part
    probes: str = ""
    keep: str = TrainConfig.keep

    def __post_init__(self) -> None:
        ranks = self.ranks
        if unit := choice_problem("unit", self.unit, UNITS):
            raise SettingsError([unit])
        if len(ranks) > 1 and self.unit == "minutes":
            raise ValueError(
                _(
                    "A sweep compares ranks after the same number of steps. Give its length in "
                    "steps or epochs, not minutes."
                )
            )
        _check_watch(self.watch)
        for rank in ranks:
            make_config(self._settings(rank))  # names every field that is out of range

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> "TrainRequest":
        """Build a request from a form's or a client's values by name.

        Args:
            values: Any of the fields; absent ones have their defaults. A whole number may come as a
                float or a text.

        Returns:
            The validated request.

        Raises:
            ValueError: For unknown fields and for values out of range.
        """
        if unknown := unknown_keys_problem(values, FIELDS):
            raise SettingsError([unknown])
        whole = {name: to_whole(values[name]) for name in WHOLE_NUMBERS if name in values}
        return cls(**{**values, **whole})

    @classmethod
    def from_config(
        cls, config: TrainConfig, ranks: Sequence[int] = (), parent: str = "", base: str = ""
    ) -> "TrainRequest":
        """Build the request that `configs` turns into a given config.

        Args:
            config: The settings of a run, or of the first run of a sweep.
            ranks: Ranks of a sweep; empty for a single run.
            parent: Id of the adapter to start from.
            base: Name of the base on the page.

        Returns:
            The request, without what a request does not hold: the data, and the settings of
            NOT_IN_REQUEST.

        Raises:
            ValueError: If a request does not allow a setting.
        """
        unit = next(name for name in UNITS if getattr(config, name) is not None)
        same = {name: getattr(config, name) for name in SAME}
        optional: dict[str, Any] = {name: getattr(config, name) or 0 for name in NONE_IF_ZERO}
        return cls(
            **same,
            **optional,
            rank=", ".join(map(str, ranks)) or config.rank,
            alpha=config.alpha,
            targets=format_targets(config.targets),
            unit=unit,
            length=getattr(config, unit),
            name=config.name or "",
            watch=config.watch or "",
            base=base,
            parent=parent,
            replay=config.replay,
            layers=config.layers or "",
            probes="\n".join(config.probes),
        )

    @property
    def replay_share(self) -> float:
        """The share of general pairs in a batch."""
        if self.replay is None:
            return DEFAULT_REPLAY if self.parent else 0.0
        return self.replay

    @property
    def ranks(self) -> list[int]:
        """The rank, or every rank of a sweep once, in the given order.

        Raises:
            ValueError: If `rank` is not a list of whole numbers.
        """
        words = str(self.rank).replace(",", " ").split()
        ranks = list(dict.fromkeys(map(_parse_rank, words)))
        if None in ranks or not 1 <= len(ranks) <= MAX_RANKS:
            raise ValueError(
                _(
                    "rank = {rank!r} (must be a whole number such as 8, or up to {limit} of them "
                    "for a sweep: 4, 8, 16).",
                    rank=str(self.rank)[:40],
                    limit=MAX_RANKS,
                )
            )
        return [rank for rank in ranks if rank is not None]

    def configs(
        self,
        base: str,
        revision: str | None,
        data: str,
        parent: str | None = None,
        model: T5Config | None = None,
    ) -> list[TrainConfig]:
        """Return the settings of each rank's run.

        Args:
            base: The base model, as `find_base` takes it.
            revision: Branch, tag or commit of a base on the Hub.
            data: A source of pairs, as `load_dataset` takes it.
            parent: The adapter to start from, as `TrainConfig` takes it. Its rank, alpha,
                targets and use_rslora replace those that have their defaults here.
            model: Geometry of the base, if it is known.

        Returns:
            One config for each rank, in the order of `ranks`.

        Raises:
            ValueError: Naming every field that is out of range or contradicts the parent.
        """
        run = {"base": base, "revision": revision, "data": data, "parent": parent}
        all_settings = [self._settings(rank) for rank in self.ranks]
        if parent:
            open_fields = {name for name in OF_PARENT if self._is_left_open(name)}
            for settings in all_settings:
                for name in open_fields & settings.keys():
                    del settings[name]
        return [make_config(settings | run, model) for settings in all_settings]

    def _settings(self, rank: int) -> dict[str, Any]:
        """The settings of one rank's run, without base, data and parent."""
        values = {
            "name": str(self.name or "").strip() or None,
            "rank": rank,
            "targets": self.targets,
            "watch": self.watch or None,
            "replay": self.replay_share,
            "layers": str(self.layers or "").strip() or None,
            "probes": split_probes(str(self.probes or "")),
            self.unit: to_whole(self.length) if self.unit == "steps" else self.length,
        }
        if self.alpha:
            values["alpha"] = self.alpha
        same = {name: getattr(self, name) for name in SAME}
        optional = {name: getattr(self, name) or None for name in NONE_IF_ZERO}
        return {**same, **optional, **values}

    def _is_left_open(self, name: str) -> bool:
        """Check whether a setting has its default; an alpha of 0 stands for the default too."""
        if name == "rank":
            return self.ranks == [TrainRequest.rank]
        value = getattr(self, name)
        return value == getattr(TrainRequest, name) or (name == "alpha" and value == 0)


FIELDS = tuple(field.name for field in fields(TrainRequest))
"""Names of a request's fields, in their order."""
NONE_IF_ZERO = ("patience", "eval_every", "max_pairs")
"""Fields whose 0 is None in a config."""
CONVERTED = (
    "rank",
    "alpha",
    "targets",
    "unit",
    "length",
    "name",
    "watch",
    "base",
    "parent",
    "replay",
    "layers",
    "probes",
)
"""Fields that a config has in another form."""
SAME = tuple(name for name in FIELDS if name not in (*NONE_IF_ZERO, *CONVERTED))
"""Fields that are the same in a request and in a config."""
NOT_IN_REQUEST = tuple(
    field.name for field in fields(TrainConfig) if field.name not in (*FIELDS, *UNITS)
)
"""Settings of a config that a request does not hold."""


def format_targets(targets: Sequence[str]) -> str:
    """Return the name of a target set if there is one, else the names with commas between them.

    Args:
        targets: Names of matrices, as in `TrainConfig.targets`.
    """
    names = (name for name, members in TARGET_SETS.items() if set(members) == set(targets))
    return next(names, ",".join(targets))


def _parse_rank(word: str) -> int | None:
    """A whole number, also as 8.0; None for anything else."""
    if not word.replace(".", "", 1).isdecimal():
        return None
    number = float(word)
    return int(number) if number.is_integer() else None


def _check_watch(watch: str) -> None:
    """Allow only built-in test sets: a visitor must not read paths of this machine."""
    allowed = [f"builtin:{name}" for name in builtin_tests()]
    if watch and watch not in allowed:
        requirement = _("empty or one of {choices}", choices=", ".join(allowed))
        raise ValueError(f"{problem('watch', watch, requirement)}.")
