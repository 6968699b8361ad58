"""The settings of a LoRA run: one frozen dataclass that checks itself and is its own JSON."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from lora_demo.data.readers import FORMATS, GZIP
from lora_demo.data.readers.columns import parse_columns
from lora_demo.language import _
from lora_demo.model.checks import (
    choice_problem,
    flag_problem,
    number_problem,
    problem,
    text_problem,
    unknown_keys_problem,
    whole_problem,
)
from lora_demo.model.parameters import MAX_RANK, PARTS, parse_layers
from lora_demo.training.probes import probes_problem
from lora_demo.training.settings_error import SettingsError

LENGTHS = ("steps", "epochs", "minutes")
PRECISIONS = ("auto", "float32", "bfloat16")
INITIALISATIONS = ("lora", "pissa", "olora")
DECAYS = ("linear", "cosine", "constant")
WHOLE_NUMBERS = (
    ("rank", 1, MAX_RANK),
    ("batch_size", 1, 4096),
    ("accumulation", 1, 1024),
    ("seed", 0, 2**31 - 1),
    ("max_length", 8, 480),
)
"""Fields with their lowest and highest values."""
NUMBERS = (
    ("alpha", 1e-6, 1e6),
    ("dropout", 0, 0.99),
    ("learning_rate", 1e-9, 10),
    ("warmup", 0, 1),
    ("clip", 1e-6, 1e9),
    ("weight_decay", 0, 1),
    ("label_smoothing", 0, 0.99),
    ("sampled_share", 0, 1),
    ("replay", 0, 0.99),
)
REPLAY_TARGETS = ("corpus", "model")
KEPT = ("best", "last")
OPTIONS = {"parent": "from", "probes": "probe"}
"""Options of the command line that have another name than their field."""
REPEATED = ("probes",)
"""Fields whose option is given once for each value."""
NOT_IN_COMMAND = ("parent_sha256",)
OF_PARENT = ("rank", "alpha", "targets", "use_rslora")
"""Settings of a run that are its parent's, if it has one."""
OF_NEW_ADAPTER = ("use_dora", "init", "layers", "part")
"""Settings that a run with a parent cannot have."""


@dataclass(frozen=True)
class TrainConfig:
    """The settings of a run. The defaults suit short runs of minutes on two cores.

    Args:
        base: The base model, as `find_base` takes it.
        revision: Branch, tag or commit of a base on the Hub.
        data: A source of pairs, as `load_dataset` takes it.
        rank: Rank of the adapter; 8 is PEFT's default.
        alpha: The update is scaled by alpha / rank; twice the rank is the usual choice.
        dropout: Rate on the adapter's input; 0, since a short run ends before it overfits.
        targets: T5's names of the matrices; q and v are PEFT's choice for T5.
        use_rslora: Scale by 1/sqrt(rank), which pays off above rank 32.
        use_dora: Train the length of each output apart from its direction (DoRA).
        init: Start of A and B: `lora` is PEFT's default; `pissa` and `olora` take them from the
            matrix itself, and the adapter is saved as plain LoRA of twice the rank.
        layers: Numbers of the blocks to adapt, such as `0-3,7`; None means all.
        part: Part of the model to adapt: all, encoder, decoder or cross-attention.
        learning_rate: The highest rate. LoRA needs about ten times the rate of full training, and
            short runs want the upper end of that.
        warmup: Share of the steps over which the rate rises, so that AdamW's moments settle first.
        decay: Course of the rate after that; linear to zero gives a short run its best end.
        batch_size: Mean number of pairs in a batch, since pairs are packed into rows; 16 keeps two
            cores busy at a sentence's length.
        accumulation: Batches per update, for larger updates than memory allows.
        clip: Largest norm of the gradient.
        weight_decay: Weight decay of AdamW; 0, since an adapter is small already.
        label_smoothing: 0, so that the loss is a likelihood.
        sampled_share: Share of the German texts that are cut into sampled pieces at each pass
            instead of the likeliest ones, so that long runs learn rare words from their parts.
        steps: Length of the run. Exactly one of steps, epochs and minutes is given.
        epochs: Length of the run in passes over the pairs.
        minutes: Length of the training alone. Loading and compiling come on top, and the number of
            steps is fixed from the measured speed before the first one.
        eval_every: Steps between evaluations; None means ten evaluations in a run.
        patience: Stop after this number of evaluations without a better loss; None means never.
        keep: `best` keeps the adapter with the lowest loss on the held-out pairs, `last` the one of
            the last step. Label smoothing raises this loss even where translations get better.
        seed: Seed of the split, the order of the data, the adapter's start and dropout.
        precision: `auto` takes the faster one: bfloat16 on a GPU and, for FLAN-T5, on a CPU with
            instructions for it. A and B, norms, softmax, loss and optimizer are always float32.
        max_length: Tokens of a sentence, beyond which it is cut; 128 is far above the usual length.
        columns: Names of the columns of `data`, such as `de=Deutsch,en=Englisch`, and of `watch`
            and `replay_data` if these have such columns; None to find them.
        max_pairs: The largest number of pairs to read; None means all (of a Hub data set, 100,000).
        watch: Another set, as `evaluate --data` takes it. Its chrF is measured beside that of some
            trained pairs, so that a curve shows forgetting and overfitting. It decides nothing.
        parent: The adapter to start from: a folder, or the name of a shipped one. Rank, alpha,
            targets and use_rslora must be its own; `parent.complete_settings` fills them in.
        parent_sha256: Hash of its weights; a new run records it, and refuses another adapter.
        replay: Share of the tokens of every batch that comes from general pairs, so that the
            adapter does not forget everyday sentences; 0 to 0.99.
        replay_data: The source of the general pairs, as `load_dataset` takes it.
        replay_targets: `corpus` for the pairs' own English, `model` for the translations of the
            model that the run starts from (self-distillation).
        name: Name of the adapter; None means a name made from base, data and rank.
        attribution: Source of the pairs and their terms, in one line for the model card; None
            for the sources that the card knows.
        probes: Up to five German sentences that are translated at every evaluation, beside those of
            the data. They decide nothing, and are not trained on.

    Raises:
        ValueError: Naming every field that is out of range.
    """

    base: str = "mini"
    revision: str | None = None
    data: str = "builtin"
    rank: int = 8
    alpha: float = 16.0
    dropout: float = 0.0
    targets: tuple[str, ...] = ("q", "v")
    use_rslora: bool = False
    use_dora: bool = False
    init: str = "lora"
    layers: str | None = None
    part: str = "all"
    learning_rate: float = 2e-3
    warmup: float = 0.06
    decay: str = "linear"
    batch_size: int = 16
    accumulation: int = 1
    clip: float = 1.0
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    sampled_share: float = 0.0
    steps: int | None = None
    epochs: float | None = None
    minutes: float | None = None
    eval_every: int | None = None
    patience: int | None = None
    keep: str = "best"
    seed: int = 0
    precision: str = "auto"
    max_length: int = 128
    columns: str | None = None
    max_pairs: int | None = None
    watch: str | None = None
    name: str | None = None
    parent: str | None = None
    parent_sha256: str | None = None
    replay: float = 0.0
    replay_data: str = "builtin:general"
    replay_targets: str = "corpus"
    attribution: str | None = None
    probes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        checks = [
            text_problem("base", self.base),
            text_problem("data", self.data),
            text_problem("replay_data", self.replay_data),
            *self._whole_problems(),
            *self._number_problems(),
            choice_problem("decay", self.decay, DECAYS),
            choice_problem("precision", self.precision, PRECISIONS),
            choice_problem("replay_targets", self.replay_targets, REPLAY_TARGETS),
            choice_problem("keep", self.keep, KEPT),
            flag_problem("use_rslora", self.use_rslora),
            flag_problem("use_dora", self.use_dora),
            choice_problem("init", self.init, INITIALISATIONS),
            choice_problem("part", self.part, tuple(PARTS)),
            *self._other_problems(),
        ]
        problems = [check for check in checks if check]
        if problems:
            raise SettingsError(problems)

    def _whole_problems(self) -> Iterator[str | None]:
        for name, low, high in WHOLE_NUMBERS:
            yield whole_problem(name, getattr(self, name), low, high)
        for name in ("steps", "eval_every", "patience", "max_pairs"):
            if getattr(self, name) is not None:
                yield whole_problem(name, getattr(self, name), 1, 10**9)

    def _number_problems(self) -> Iterator[str | None]:
        for name, low, high in NUMBERS:
            yield number_problem(name, getattr(self, name), low, high)
        for name, high in (("epochs", 1e4), ("minutes", 1e5)):
            if getattr(self, name) is not None:
                yield number_problem(name, getattr(self, name), 1e-3, high)

    def _kind_problems(self) -> Iterator[str | None]:
        """Check what does not go together."""
        if self.layers is not None:
            try:
                parse_layers(str(self.layers))
            except ValueError as error:
                yield str(error).rstrip(".")
        if self.use_dora and self.init != "lora":
            yield problem("init", self.init, _("lora with use_dora"))
        is_new_kind = self.use_dora or self.init != "lora" or self.layers or self.part != "all"
        if self.parent and is_new_kind:
            yield _(
                "use_dora, init, layers and part are for a new adapter, not for one that a run "
                "starts from"
            )

    def _other_problems(self) -> Iterator[str | None]:
        yield from self._kind_problems()
        lengths = [name for name in LENGTHS if getattr(self, name) is not None]
        if len(lengths) != 1:
            given = ", ".join(lengths) or _("none")
            yield _("give exactly one of steps, epochs and minutes (given: {given})", given=given)
        targets = self.targets
        if not isinstance(targets, tuple) or not targets or not all(map(_is_word, targets)):
            yield problem("targets", targets, _("names such as q, v"))
        yield probes_problem(self.probes)
        if self.columns is not None:
            yield text_problem("columns", self.columns) or _columns_problem(self.columns)
        for name in ("revision", "watch", "parent", "parent_sha256", "attribution"):
            if getattr(self, name) is not None:
                yield text_problem(name, getattr(self, name))
        if self.name is not None and not is_plain_name(self.name):
            yield problem("name", self.name, _("at most 64 letters, digits, '-', '_' and '.'"))

    @property
    def adapter_name(self) -> str:
        """The given name, or one made from base, data and rank."""
        if self.name:
            return self.name
        base = _plain(self.base.rsplit("/", 1)[-1])
        data = _plain(_data_name(self.data))
        return f"{base}-{data}-r{self.rank}"[-64:].lstrip("-.")

    def to_json(self) -> dict[str, Any]:
        """Return a JSON document that `from_json` reads back."""
        lists = {"targets": list(self.targets), "probes": list(self.probes)}
        return asdict(self) | lists

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "TrainConfig":
        """Build a config from its JSON document.

        Args:
            document: A document that `to_json` returned. Absent keys have their defaults.

        Returns:
            The validated config.

        Raises:
            ValueError: For unknown keys and for values out of range.
        """
        known = {field.name for field in fields(cls)}
        if unknown := unknown_keys_problem(document, known):
            raise SettingsError([unknown])
        return cls(**with_tuples(document))

    def command(self) -> str:
        """Return the command line that repeats the run."""
        words = ["python", "-m", "lora_demo", "train"]
        implied = (*NOT_IN_COMMAND, *OF_PARENT) if self.parent else NOT_IN_COMMAND
        for field in fields(self):
            value = getattr(self, field.name)
            if value == field.default or field.name in implied:
                continue
            option = "--" + OPTIONS.get(field.name, field.name).replace("_", "-")
            if field.name in REPEATED:
                words += [f"{option}={each}" for each in value]
            elif value is True:  # a flag takes no value
                words.append(option)
            else:
                words += [option, ",".join(value) if isinstance(value, tuple) else str(value)]
        return shlex.join(words)


def with_tuples(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings whose lists, as JSON has them, are the tuples of `TrainConfig`.

    Args:
        settings: Some of its fields.
    """
    lists = {name: settings[name] for name in ("targets", "probes") if name in settings}
    tuples = {name: tuple(value) for name, value in lists.items() if isinstance(value, list)}
    return {**settings, **tuples}


def _columns_problem(columns: str) -> str | None:
    try:
        parse_columns(columns)
    except ValueError:
        return problem("columns", columns, "de=NAME,en=NAME")
    return None


def _plain(text: str) -> str:
    """The text as a part of a plain name."""
    return "".join(c if _is_plain(c) else "-" for c in text).strip("-.")


def _data_name(source: str) -> str:
    """The domain of the built-in corpus, a file without its suffix, or the name of a data set."""
    name, _colon, rest = source.partition(":")
    if name == "builtin":
        return rest or name
    if "[" in rest or rest.count(":"):
        return name.rsplit("/", 1)[-1]
    return _without_suffix(source.split(":")[-1]).rsplit("/", 1)[-1]


def _without_suffix(name: str) -> str:
    name = name.removesuffix(GZIP)
    for suffix in FORMATS:
        name = name.removesuffix(suffix)
    return name


def _is_word(value: object) -> bool:
    return isinstance(value, str) and value != ""


def is_plain_name(name: object) -> bool:
    """Check that a name can be a folder on every system.

    Args:
        name: Any value. A valid one is a text of 1 to 64 letters, digits and `-_.` that does not
            begin with a dot or a hyphen.
    """
    if not isinstance(name, str) or not 0 < len(name) <= 64:
        return False
    if name[0] in ".-" or len(name.encode("utf-8", "replace")) > 128:
        return False
    return all(_is_plain(character) for character in name)


def _is_plain(character: str) -> bool:
    return character.isalnum() or character in "-_."
