"""The settings of a LoRA run: one frozen dataclass that checks itself and is its own JSON."""

import re
import shlex
from dataclasses import asdict, dataclass, fields
from reprlib import repr

from lora_demo.model.parameters import MAX_RANK

MAX_TEXT = 4000
"""Characters of a path or an id."""
CONTROL = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
PRECISIONS = ("auto", "float32", "bfloat16")
DECAYS = ("linear", "cosine", "constant")


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides a run; the defaults are chosen for short runs of minutes on two cores.

    Args:
        base, revision: the base model, as `find_base` takes it.
        data: a source of pairs, as `load_dataset` takes it.
        rank, alpha: of the adapter. alpha = 2 * rank is the usual choice; 8 and 16 are PEFT's rank and twice it.
        dropout: on the adapter's input; 0, since a short run ends before it overfits.
        targets: T5's names of the matrices, or a set; q and v are PEFT's choice for T5.
        use_rslora: scale by 1/sqrt(rank), worth it above rank 32.
        learning_rate: 2e-3; LoRA wants about ten times the rate of full training, and short runs the upper end.
        warmup: share of the steps over which the rate rises, so that AdamW's moments settle first.
        decay: what the rate does after that; linear to zero gives a short run its best end.
        batch_size: pairs per batch, on average, as they are packed into rows; 16 keeps two cores busy at a sentence's length.
        accumulation: batches per update, for larger updates than memory allows.
        clip: largest norm of the gradient; weight_decay: 0, since an adapter is small already.
        label_smoothing: 0, so that the loss is a likelihood.
        steps, epochs, minutes: how long; exactly one is given. Minutes are of training: loading and compiling come on
            top, and the number of steps is fixed from the measured speed before the first one.
        eval_every: steps between evaluations; None: ten of them in a run.
        patience: stop after so many evaluations without a better loss; None: never.
        seed: of the split, the order of the data, the adapter's start and dropout.
        precision: `auto` is the faster one: bfloat16 on a GPU and, for FLAN-T5, on a CPU with instructions for it. A and B, norms,
            softmax, loss and optimizer are float32 in either.
        max_length: tokens of a sentence, beyond which it is cut; 128 is far above a sentence's length.
        max_pairs: read no more than these pairs; None: all (of a Hub data set, 100,000).
        watch: a further set, as `evaluate --data` takes it, whose chrF is followed beside that of trained pairs: so a
            curve shows overfitting and forgetting. It decides nothing.
        name: of the adapter; None: made from base, rank and data.
    Raises:
        ValueError: naming every field that is out of range.
    """

    base: str = "mini"
    revision: str | None = None
    data: str = "builtin"
    rank: int = 8
    alpha: float = 16.0
    dropout: float = 0.0
    targets: tuple[str, ...] = ("q", "v")
    use_rslora: bool = False
    learning_rate: float = 2e-3
    warmup: float = 0.06
    decay: str = "linear"
    batch_size: int = 16
    accumulation: int = 1
    clip: float = 1.0
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    steps: int | None = None
    epochs: float | None = None
    minutes: float | None = None
    eval_every: int | None = None
    patience: int | None = None
    seed: int = 0
    precision: str = "auto"
    max_length: int = 128
    max_pairs: int | None = None
    watch: str | None = None
    name: str | None = None

    def __post_init__(self):
        problems = [
            *(_text(self, name) for name in ("base", "data")),
            *(
                _whole(self, name, 1, most)
                for name, most in (("rank", MAX_RANK), ("batch_size", 4096), ("accumulation", 1024))
            ),
            *(
                _whole(self, name, 1, 10**9, optional=True)
                for name in ("steps", "eval_every", "patience", "max_pairs")
            ),
            _whole(self, "seed", 0, 2**31 - 1),
            _whole(self, "max_length", 8, 480),
            *(
                _number(self, name, low, high)
                for name, low, high in (
                    ("alpha", 1e-6, 1e6),
                    ("dropout", 0, 0.99),
                    ("learning_rate", 1e-9, 10),
                    ("warmup", 0, 1),
                    ("clip", 1e-6, 1e9),
                    ("weight_decay", 0, 1),
                    ("label_smoothing", 0, 0.99),
                )
            ),
            *(
                _number(self, name, 1e-3, high, optional=True)
                for name, high in (("epochs", 1e4), ("minutes", 1e5))
            ),
            *(
                _choice(self, name, allowed)
                for name, allowed in (("decay", DECAYS), ("precision", PRECISIONS))
            ),
            *self._other_problems(),
        ]
        if problems := [problem for problem in problems if problem]:
            raise ValueError("Training settings: " + "; ".join(problems) + ".")

    def _other_problems(self):
        given = [name for name in ("steps", "epochs", "minutes") if getattr(self, name) is not None]
        if len(given) != 1:
            yield f"give exactly one of steps, epochs and minutes (given: {', '.join(given) or 'none'})"
        if (
            not isinstance(self.targets, tuple)
            or not self.targets
            or not all(isinstance(t, str) and t for t in self.targets)
        ):
            yield f"targets = {repr(self.targets)} (wanted: names such as q, v)"
        yield from (
            _text(self, name) for name in ("revision", "watch") if getattr(self, name) is not None
        )
        if not isinstance(self.use_rslora, bool):
            yield f"use_rslora = {repr(self.use_rslora)} (wanted: true or false)"
        if self.name is not None and not _plain_name(self.name):
            yield f"name = {repr(self.name)} (wanted: letters, digits, '-', '_' and '.', at most 64)"

    @property
    def adapter_name(self) -> str:
        """The name that was given, or one made of base, rank and data."""
        plain = lambda text: "".join(
            c if c.isalnum() or c in "-_." else "-" for c in text.rsplit("/", 1)[-1]
        ).strip("-.")
        data = (
            self.data.split(":")[-1]
            .removesuffix(".tsv")
            .removesuffix(".csv")
            .removesuffix(".jsonl")
        )
        return self.name or f"{plain(self.base)}-{plain(data)}-r{self.rank}"[-64:].lstrip("-.")

    def to_json(self) -> dict:
        """A JSON document that `from_json` reads back."""
        return asdict(self) | {"targets": list(self.targets)}

    @classmethod
    def from_json(cls, document: dict) -> "TrainConfig":
        """Raises ValueError for unknown keys, too."""
        known = {f.name for f in fields(cls)}
        if unknown := sorted(set(document) - known):
            raise ValueError(
                f"Training settings: unknown {', '.join(repr(key) for key in unknown[:10])}; known are {', '.join(sorted(known))}."
            )
        targets = document.get("targets", ("q", "v"))
        return cls(
            **document
            | {"targets": tuple(targets) if isinstance(targets, (list, tuple)) else targets}
        )

    def command(self) -> str:
        """The command line that repeats the run."""
        words = ["python", "-m", "lora_demo", "train"]
        for f in fields(self):
            value = getattr(self, f.name)
            if value != f.default:
                flag = "--" + f.name.replace("_", "-")
                words += (
                    [flag]
                    if value is True
                    else [flag, ",".join(value) if isinstance(value, tuple) else str(value)]
                )
        return shlex.join(words)


def _text(config, name):
    value = getattr(config, name)
    return (
        None
        if isinstance(value, str)
        and value.strip()
        and len(value) <= MAX_TEXT
        and not CONTROL.search(value)
        else f"{name} = {repr(value)} (wanted: a text)"
    )


def _whole(config, name, low, high, optional=False):
    value = getattr(config, name)
    if (
        optional
        and value is None
        or isinstance(value, int)
        and not isinstance(value, bool)
        and low <= value <= high
    ):
        return None
    return f"{name} = {repr(value)} (wanted: a whole number from {low} to {high})"


def _number(config, name, low, high, optional=False):
    value = getattr(config, name)
    if optional and value is None:
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high:
        return None
    return f"{name} = {repr(value)} (wanted: a number from {low:g} to {high:g})"


def _choice(config, name, allowed):
    value = getattr(config, name)
    return None if value in allowed else f"{name} = {repr(value)} (wanted: {', '.join(allowed)})"


def _plain_name(name) -> bool:
    return (
        isinstance(name, str)
        and 0 < len(name) <= 64
        and len(name.encode("utf-8", "replace")) <= 128
        and name[0] not in ".-"
        and all(c.isalnum() or c in "-_." for c in name)
    )
