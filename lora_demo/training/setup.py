"""The parts of a run before its first step, as frozen values: data, model, compiled programs."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lora_demo.checkpoints.base import Base, find_base, load_model
from lora_demo.checkpoints.download import cancel_when
from lora_demo.checkpoints.sampling_tokenizer import SamplingTokenizer
from lora_demo.checkpoints.tokenizer import Tokenizer
from lora_demo.data.pairs import Pair
from lora_demo.data.sources import (
    Dataset,
    builtin_domains,
    load_dataset,
    load_test,
    probe_pairs,
    public_source,
    with_columns,
)
from lora_demo.language import _
from lora_demo.model.config import T5Config
from lora_demo.model.lora_config import LoraConfig
from lora_demo.model.parameters import is_target, resolve_targets, select_layers
from lora_demo.training.batches import make_batch
from lora_demo.training.config import TrainConfig
from lora_demo.training.examples import ExampleEncoder, RunExamples
from lora_demo.training.parent import Parent, read_parent
from lora_demo.training.probes import own_probes
from lora_demo.training.replay import (
    load_general_pairs,
    read_translated_pairs,
    translate_general_pairs,
)
from lora_demo.training.scoring import EVERYDAY, PROBES, Scorer

if TYPE_CHECKING:
    from lora_demo.model.batch_decoder import Decoder
    from lora_demo.model.dense import LoraDense
    from lora_demo.model.lora_initialization import Factors
    from lora_demo.model.t5 import T5
    from lora_demo.training.steps import Stepper

EVERYDAY_SET = "builtin:everyday"
"""Sentences that every run follows, so that forgetting shows."""
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
        base: The base model, on this disk.
        targets: T5's names of the adapted matrices.
        parent: The adapter to start from; None for a new one.
        dataset: All pairs, with the held-out part.
        scored: Pairs that are translated at every evaluation, by the name of their score: PROBES
            are only shown, `chrf` are the held-out pairs, EVERYDAY are everyday sentences,
            `train_chrf` and `watch_chrf` exist if a set is watched.
        replayed: General pairs with the English of their source; empty without replay.
    """

    base: Base
    targets: tuple[str, ...]
    parent: Parent | None
    dataset: Dataset
    scored: Mapping[str, list[Pair]]
    replayed: list[Pair]

    @property
    def eval_pairs(self) -> list[Pair]:
        """The held-out pairs of an evaluation."""
        return self.scored["chrf"]


@dataclass(frozen=True)
class RunModel:
    """The base with the adapter to train.

    Args:
        model: The base, with a bank of one slot in each adapted matrix.
        tokenizer: The base's tokenizer.
        lora: Settings of the adapter.
        layers: The adapted matrices by path.
        scales: Factor of each matrix's update.
        starts: The part of each matrix that PiSSA or OLoRA moved to its adapter; empty for others.
        encoder: Makes token ids of the run's pairs.
        device: Name of the device that it trains on, for a reader.
        precision: float32 or bfloat16.
    """

    model: "T5"
    tokenizer: Tokenizer
    lora: LoraConfig
    layers: Mapping[str, "LoraDense"]
    scales: Mapping[str, float]
    starts: Mapping[str, "Factors"]
    encoder: ExampleEncoder
    device: str
    precision: str


@dataclass(frozen=True)
class RunPrograms:
    """The compiled parts of a run.

    Args:
        stepper: One update of the adapter.
        scorer: One evaluation.
        step_seconds: Measured time of an update.
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
    examples: RunExamples
    programs: RunPrograms


def read_data(config: TrainConfig, folder: Path, stop: Callable[[], bool]) -> RunData:
    """Find the base and read the pairs; wrong settings show here, before anything slow.

    Args:
        config: The settings.
        folder: The run folder, with the copy of the parent.
        stop: Ends the download of a base once it returns True.

    Raises:
        ValueError: For a base, targets or data that cannot be used.
    """
    base = find_base(config.base, config.revision, cancel_when(stop, config.base))
    targets = resolve_targets(config.targets, base.config)
    targets = select_layers(targets, config.layers, config.part, base.config)
    parent = read_parent(config, folder, base)
    dataset = load_dataset(config.data, config.max_pairs, config.seed, config.columns)
    if not dataset.train or not dataset.eval:
        raise ValueError(
            _(
                "{source} has no pairs to train on. The built-in domains are {domains}.",
                source=public_source(config.data),
                domains=", ".join(builtin_domains()),
            )
        )
    scored = {
        PROBES: [*own_probes(config.probes), *probe_pairs(config.data, dataset)],
        "chrf": _spread(dataset.eval, MAX_EVAL_PAIRS),
        EVERYDAY: _spread(load_test(EVERYDAY_SET), MAX_WATCHED_PAIRS),
    }
    watched: list[Pair] = []
    if config.watch:
        read = partial(load_test, config.watch, MAX_WATCHED_READ)
        watched = with_columns(read, config.columns)
        scored["train_chrf"] = _spread(dataset.train, MAX_WATCHED_PAIRS)
        scored["watch_chrf"] = _spread(watched, MAX_WATCHED_PAIRS)
    replayed = load_general_pairs(config, dataset, watched)
    return RunData(base, targets, parent, dataset, scored, replayed)


def load_run_model(config: TrainConfig, data: RunData) -> RunModel:
    """Load the base, and add a new adapter or the parent.

    Args:
        config: The settings.
        data: Gives the base, the targets and the parent.
    """
    from lora_demo.model.backend import device_name, use_all_devices

    devices = use_all_devices()
    device = device_name()
    precision = config.precision
    if precision == "auto":
        precision = _faster_precision(data.base.config)
    lora = LoraConfig(
        config.rank,
        config.alpha,
        config.dropout,
        data.targets,
        config.use_rslora,
        config.use_dora,
    )
    model = load_model(data.base, precision)
    tokenizer = Tokenizer(data.base.folder)
    layers = {
        path: layer for path, layer in model.lora_layers().items() if is_target(path, data.targets)
    }
    scales = dict.fromkeys(layers, lora.scale)
    starts: Mapping[str, Factors] = {}
    if data.parent:
        scales = _begin_with_parent(layers, data.parent)
    else:
        starts = _begin_anew(layers, lora.scale, config)

    sampling = SamplingTokenizer(data.base.folder) if config.sampled_share else None
    encoder = ExampleEncoder(config, tokenizer, sampling, devices, data.base.config.pad_token_id)
    return RunModel(model, tokenizer, lora, layers, scales, starts, encoder, device, precision)


def _begin_anew(
    layers: Mapping[str, "LoraDense"], scale: float, config: TrainConfig
) -> Mapping[str, "Factors"]:
    """Write a new adapter into the layers; return what it took from their weights."""
    from lora_demo.model.lora_initialization import initialize, initialize_from_weights

    for layer in layers.values():
        layer.allocate(1, config.rank, scale=scale)
    if config.init != "lora":
        return initialize_from_weights(layers, config.init)
    if config.use_dora:
        _allocate_dora(layers, config.rank, scale)
    initialize(layers, config.seed)
    return {}


def _allocate_dora(layers: Mapping[str, "LoraDense"], rank: int, scale: float) -> None:
    """Give each layer a bank with magnitudes; they begin as the norms of the base's outputs."""
    from lora_demo.model.dora import DoraBank, output_norms

    for layer in layers.values():
        bank = DoraBank(layer.d_in, layer.d_out, rank, scale)
        bank.magnitude.assign(output_norms(layer.matrix())[None])
        layer.bank = bank


def _begin_with_parent(layers: Mapping[str, "LoraDense"], parent: Parent) -> dict[str, float]:
    """Write the parent's matrices into the layers; return the scale of each."""
    scales = {}
    for path, layer in layers.items():
        A, B, scale = parent.adapter.matrices[path]
        layer.allocate(1, A.shape[1], scale=scale)
        bank: Any = layer.bank
        bank.write(0, A, B)
        scales[path] = scale
    return scales


def translate_replayed(
    data: RunData, run: RunModel, folder: Path, stop: Callable[[], bool]
) -> None:
    """Translate the general pairs with the starting model, and keep the result in the run folder.

    Args:
        data: The pairs.
        run: The model as it starts.
        folder: The run folder.
        stop: Ends the translation once it returns True; then nothing is kept.
    """
    german = run.encoder.encode_sources(de for de, _en in data.replayed)
    decoder = _make_decoder(run, german.values())

    def translate(sentences: Sequence[str]) -> list[str]:
        sources = [german[de] for de in sentences]
        limit = max(map(len, sources))
        decoded = decoder.decode(sources, [0] * len(sources), max_new_tokens=limit)
        return run.tokenizer.decode(decoded)

    translate_general_pairs(data.replayed, folder, translate, stop)


def encode_run(config: TrainConfig, data: RunData, run: RunModel, folder: Path) -> RunExamples:
    """Encode all pairs of the run, general ones with the English that the settings choose.

    Args:
        config: The settings.
        data: The pairs.
        run: Gives the encoder.
        folder: The run folder, with translated general pairs if replay_targets is `model`.
    """
    replayed = data.replayed
    if replayed and config.replay_targets == "model":
        replayed = read_translated_pairs(folder)
    scored = [pair for pairs in data.scored.values() for pair in pairs]
    return run.encoder.encode(data.dataset.train, data.eval_pairs, scored, replayed)


def compile_programs(
    config: TrainConfig, data: RunData, run: RunModel, examples: RunExamples
) -> RunPrograms:
    """Compile the update and the evaluation, and measure the update.

    Args:
        config: The settings.
        data: Gives the scored pairs.
        run: The model as it starts; measuring does not change it.
        examples: The pairs as token ids, which give the shapes.
    """
    from lora_demo.training.steps import Stepper

    banks: list[Any] = [layer.bank for layer in run.layers.values()]
    stepper = Stepper(
        run.model,
        trained=[variable for bank in banks for variable in bank.trained],
        read=run.model.variables,
        lora_dropout=config.dropout,
        label_smoothing=config.label_smoothing,
        clip=config.clip,
        weight_decay=config.weight_decay,
    )
    decoder = _make_decoder(run, examples.sources.values())
    scorer = Scorer(stepper, decoder, run.tokenizer, data.scored, examples)
    empty = make_batch([], examples.train.shape, data.base.config.pad_token_id)
    step_seconds = stepper.warm_up(empty, config.accumulation) * config.accumulation
    scorer.warm_up()
    return RunPrograms(stepper, scorer, step_seconds)


def _make_decoder(run: RunModel, sources: Iterable[list[int]]) -> "Decoder":
    from lora_demo.model.batch_decoder import Decoder

    longest = max(map(len, sources))
    return Decoder(run.model, rows=(EVAL_ROWS,), lengths=(_next_multiple_of_8(longest),))


def _faster_precision(config: T5Config) -> str:
    """Return the faster precision; on a CPU, casts cost narrow models more than they gain."""
    from lora_demo.model.backend import has_bfloat16, has_gpu

    is_faster = has_gpu() or (has_bfloat16() and config.d_model >= WIDE)
    return "bfloat16" if is_faster else "float32"


def _spread(pairs: list[Pair], count: int) -> list[Pair]:
    """Return at most `count` pairs, from all over the list."""
    stride = max(1, math.ceil(len(pairs) / count))
    return pairs[::stride]


def _next_multiple_of_8(tokens: int) -> int:
    return math.ceil(tokens / 8) * 8
