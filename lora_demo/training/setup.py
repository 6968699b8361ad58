"""The parts of a run before its first step, as frozen values: data, model, compiled programs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lora_demo.checkpoints.base import Base, find_base, load_model
from lora_demo.checkpoints.download import cancel_when
from lora_demo.checkpoints.tokenizer import Tokenizer
from lora_demo.data.encoding import Example, encode_pairs
from lora_demo.data.packing import pack, plan_shape
from lora_demo.data.pairs import Pair
from lora_demo.data.sources import (
    Dataset,
    builtin_domains,
    load_dataset,
    load_test,
    probe_pairs,
    public_source,
)
from lora_demo.model.config import T5Config
from lora_demo.model.parameters import is_target, resolve_targets
from lora_demo.training.batches import Batch, Batches, make_batch
from lora_demo.training.config import TrainConfig
from lora_demo.training.scoring import PROBES, Scorer

if TYPE_CHECKING:
    from lora_demo.model.lora import LoraConfig, LoraDense
    from lora_demo.model.t5 import T5
    from lora_demo.training.steps import Stepper

MAX_EVAL_PAIRS = 200
MAX_WATCHED_PAIRS = 120
MAX_WATCHED_READ = 10_000
"""Pairs to read of a watched set, from all over which MAX_WATCHED_PAIRS are taken."""
EVAL_ROWS = 64
"""Sentences that are translated at a time."""
WIDE = 512
"""Width of a model from which bfloat16 is faster on a CPU with instructions for it."""


@dataclass(frozen=True)
class RunData:
    """The base and the pairs of a run, read but not encoded.

    Args:
        base: the base model, on this disk.
        targets: T5's names of the adapted matrices.
        dataset: all pairs, with the held-out part.
        scored: pairs that are translated at every evaluation, by the name of their score: PROBES
            are only shown, `chrf` are the held-out pairs, `train_chrf` and `watch_chrf` exist if a
            set is watched.
    """

    base: Base
    targets: tuple[str, ...]
    dataset: Dataset
    scored: Mapping[str, list[Pair]]

    @property
    def eval_pairs(self) -> list[Pair]:
        """The held-out pairs of an evaluation."""
        return self.scored["chrf"]


@dataclass(frozen=True)
class RunModel:
    """The base with a new adapter, and the pairs as token ids.

    Args:
        model: the base, with a bank of one slot in each adapted matrix.
        tokenizer: of the base.
        lora: settings of the adapter.
        layers: the adapted matrices by path.
        device: what it trains on, for a reader.
        precision: float32 or bfloat16.
        batches: of the pairs to train on.
        eval_batches: of the held-out pairs.
        scored_sources: token ids of the sources of all scored pairs, in their order.
    """

    model: "T5"
    tokenizer: Tokenizer
    lora: "LoraConfig"
    layers: Mapping[str, "LoraDense"]
    device: str
    precision: str
    batches: Batches
    eval_batches: Sequence[Batch]
    scored_sources: Sequence[list[int]]


@dataclass(frozen=True)
class RunPrograms:
    """The compiled parts of a run.

    Args:
        stepper: one update of the adapter.
        scorer: one evaluation.
        step_seconds: measured time of an update.
    """

    stepper: "Stepper"
    scorer: Scorer
    step_seconds: float


@dataclass(frozen=True)
class RunSetup:
    """All parts of a run."""

    config: TrainConfig
    data: RunData
    model: RunModel
    programs: RunPrograms


def read_data(config: TrainConfig, stop: Callable[[], bool]) -> RunData:
    """Find the base and read the pairs; wrong settings show here, before anything slow.

    Args:
        config: the settings.
        stop: ends the download of a base once it returns True.

    Returns:
        Base and pairs.

    Raises:
        ValueError: for a base, targets or data that cannot be used.
    """
    base = find_base(config.base, config.revision, cancel_when(stop, config.base))
    targets = resolve_targets(config.targets, base.config)
    dataset = load_dataset(config.data, config.max_pairs, config.seed)
    if not dataset.train or not dataset.eval:
        raise ValueError(
            f"{public_source(config.data)} has no pairs to train on. "
            f"The built-in domains are {', '.join(builtin_domains())}."
        )
    scored = {
        PROBES: probe_pairs(config.data, dataset),
        "chrf": _spread(dataset.eval, MAX_EVAL_PAIRS),
    }
    if config.watch:
        watched = load_test(config.watch, MAX_WATCHED_READ)
        scored["train_chrf"] = _spread(dataset.train, MAX_WATCHED_PAIRS)
        scored["watch_chrf"] = _spread(watched, MAX_WATCHED_PAIRS)
    return RunData(base, targets, dataset, scored)


def load_run_model(config: TrainConfig, data: RunData) -> RunModel:
    """Load the base, add a new adapter, encode the pairs."""
    from lora_demo.model.backend import device_name, use_all_devices
    from lora_demo.model.lora import LoraConfig, initialize

    devices, device = use_all_devices(), device_name()
    precision = config.precision
    if precision == "auto":
        precision = _faster_precision(data.base.config)
    lora = LoraConfig(config.rank, config.alpha, config.dropout, data.targets, config.use_rslora)
    model = load_model(data.base, precision)
    tokenizer = Tokenizer(data.base.folder)
    layers = {
        path: layer for path, layer in model.lora_layers().items() if is_target(path, data.targets)
    }
    for layer in layers.values():
        layer.allocate(1, config.rank)
    initialize(layers, dict.fromkeys(layers, lora.scale), config.seed)

    def encode(pairs: Sequence[Pair]) -> list[Example]:
        return encode_pairs(tokenizer, pairs, max_length=config.max_length)

    pad_id = data.base.config.pad_token_id
    eval_batches = _pack_batches(encode(data.eval_pairs), config.batch_size, devices, 0, pad_id)
    return RunModel(
        model,
        tokenizer,
        lora,
        layers,
        device,
        precision,
        _pack_batches(encode(data.dataset.train), config.batch_size, devices, config.seed, pad_id),
        [eval_batches.batch(i) for i in range(eval_batches.per_epoch)],
        [example.source for pairs in data.scored.values() for example in encode(pairs)],
    )


def compile_programs(config: TrainConfig, data: RunData, run: RunModel) -> RunPrograms:
    """Compile the update and the evaluation, and measure the update."""
    from lora_demo.model.batch_decoder import Decoder
    from lora_demo.training.steps import Stepper

    banks: list[Any] = [layer.bank for layer in run.layers.values()]
    stepper = Stepper(
        run.model,
        trained=[matrix for bank in banks for matrix in (bank.A, bank.B)],
        read=[*run.model.variables, *(bank.scale for bank in banks)],
        lora_dropout=config.dropout,
        label_smoothing=config.label_smoothing,
        clip=config.clip,
        weight_decay=config.weight_decay,
    )
    longest = max(map(len, run.scored_sources))
    decoder = Decoder(run.model, rows=(EVAL_ROWS,), lengths=(_next_multiple_of_8(longest),))
    scorer = Scorer(
        stepper, decoder, run.tokenizer, data.scored, run.scored_sources, run.eval_batches
    )
    empty = make_batch([], run.batches.shape, data.base.config.pad_token_id)
    step_seconds = stepper.warm_up(empty, config.accumulation) * config.accumulation
    scorer.warm_up()
    return RunPrograms(stepper, scorer, step_seconds)


def _pack_batches(
    examples: Sequence[Example], batch_size: int, devices: int, seed: int, pad_id: int
) -> Batches:
    shape = plan_shape(examples, batch_size, devices)
    rows = pack(examples, shape, batch_size, seed)
    return Batches(examples, rows, shape, seed, pad_id)


def _faster_precision(config: T5Config) -> str:
    """The faster one: on a CPU, narrow models lose more by casts than their products gain."""
    from lora_demo.model.backend import has_bfloat16, has_gpu

    is_faster = has_gpu() or (has_bfloat16() and config.d_model >= WIDE)
    return "bfloat16" if is_faster else "float32"


def _spread(pairs: list[Pair], count: int) -> list[Pair]:
    """At most `count` pairs, from all over the list."""
    return pairs[:: -(-len(pairs) // count)]


def _next_multiple_of_8(tokens: int) -> int:
    return -(-tokens // 8) * 8
