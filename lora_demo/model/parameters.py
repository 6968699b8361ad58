"""Exact parameter counts of a T5 and of its LoRA adapters from a config alone: no weights, no backend.

The closed formula of LoRA (Hu et al. 2021, https://arxiv.org/abs/2106.09685): a matrix of shape (d_in, d_out) gets
A (d_in, r) and B (r, d_out), so r * (d_in + d_out) trainable parameters.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields, replace
from reprlib import repr

ACTIVATIONS = ("relu", "gelu", "gelu_new", "silu")
TARGET_SETS = {
    "q,v": ("q", "v"),
    "attention": ("q", "k", "v", "o"),
    "all-linear": ("q", "k", "v", "o", "wi_0", "wi_1", "wo"),
}
"""Names for lists of targets; in a model without gates, `all-linear` takes `wi` for `wi_0` and `wi_1`."""
MAX_LAYERS, MAX_TARGETS = 256, 1000
"""Blocks of a stack, and names in a list: each block is written down, so a stranger's config must not have billions."""


@dataclass(frozen=True)
class T5Config:
    """The geometry of a T5, with the field names of Hugging Face's `config.json`.

    Args:
        d_model: width of the residual stream; d_kv: width of one head; d_ff: inner width of the feed-forward layer.
        num_layers, num_decoder_layers: blocks of encoder and decoder, which may differ.
        feed_forward_proj: `gated-gelu` (T5 v1.1 and FLAN; it means the tanh approximation), `relu` (v1.0), or another
            of `relu`, `gelu`, `gelu_new`, `silu`, plain or with `gated-` before it.
        tie_word_embeddings: the head is the embedding, transposed.
        scale_decoder_outputs: the logits are multiplied by d_model^-0.5 (T5 v1.0).
    Raises:
        ValueError: naming every field that is out of range.
    """

    vocab_size: int
    d_model: int
    d_kv: int
    d_ff: int
    num_layers: int
    num_decoder_layers: int
    num_heads: int
    relative_attention_num_buckets: int = 32
    relative_attention_max_distance: int = 128
    layer_norm_epsilon: float = 1e-6
    feed_forward_proj: str = "gated-gelu"
    tie_word_embeddings: bool = False
    scale_decoder_outputs: bool = False
    pad_token_id: int = 0
    eos_token_id: int = 1
    decoder_start_token_id: int = 0

    def __post_init__(self):
        problems = [
            f"{name} = {repr(getattr(self, name))} (wanted: {wanted})"
            for name, fine, wanted in _checks(self)
            if not fine
        ]
        if problems:
            raise ValueError(
                "The model's config is not a T5 that this package knows: "
                + "; ".join(problems)
                + "."
            )

    @property
    def gated(self) -> bool:
        return self.feed_forward_proj.startswith("gated-")

    @property
    def activation(self) -> str:
        """The activation's name; `gated-gelu` is `gelu_new`, the tanh approximation, by T5's convention."""
        name = str(self.feed_forward_proj).removeprefix("gated-")
        return "gelu_new" if self.feed_forward_proj == "gated-gelu" else name

    @property
    def inner_dim(self) -> int:
        """Width of all heads together, H * K; FLAN-T5-small's is 384, not its d_model of 512."""
        return self.num_heads * self.d_kv

    @classmethod
    def from_json(cls, document: dict) -> "T5Config":
        """Reads a Hugging Face `config.json`; transformers 5 writes the truth on the head as `scale_decoder_outputs`."""
        if not isinstance(document, dict) or document.get("model_type") not in ("t5", "mt5"):
            kind = (
                document.get("model_type")
                if isinstance(document, dict)
                else type(document).__name__
            )
            raise ValueError(
                f"config.json describes a {repr(kind)}, not a T5 (model_type 't5' or 'mt5')."
            )
        known = {f.name: document[f.name] for f in fields(cls) if document.get(f.name) is not None}
        missing = [
            name
            for name in ("vocab_size", "d_model", "d_kv", "d_ff", "num_layers", "num_heads")
            if name not in known
        ]
        if missing:
            raise ValueError(f"config.json lacks {', '.join(missing)}: is it a T5's?")
        tied = document.get("tie_word_embeddings", True) is not False
        known["tie_word_embeddings"] = tied
        known.setdefault("scale_decoder_outputs", tied)
        known.setdefault("num_decoder_layers", known["num_layers"])
        known.setdefault("feed_forward_proj", "relu")
        known.setdefault("decoder_start_token_id", known.get("pad_token_id", 0))
        if isinstance(known.get("eos_token_id"), list):
            known["eos_token_id"] = next(iter(known["eos_token_id"]), None)
        return cls(**known)

    def to_json(self) -> dict:
        """A `config.json` that transformers reads as this model."""
        return {
            "architectures": ["T5ForConditionalGeneration"],
            "model_type": "t5",
            "is_encoder_decoder": True,
            **asdict(self),
        }


def _checks(config: T5Config) -> Iterator[tuple[str, bool, str]]:
    """(field, whether it is right, what is wanted)."""
    sizes = {f.name: getattr(config, f.name) for f in fields(config)[:9]}
    yield from ((name, _positive(size), "a positive whole number") for name, size in sizes.items())
    if all(map(_positive, sizes.values())):
        buckets = config.relative_attention_num_buckets
        yield (
            "num_layers",
            max(config.num_layers, config.num_decoder_layers) <= MAX_LAYERS,
            f"at most {MAX_LAYERS} blocks in each stack",
        )
        yield (
            "relative_attention_num_buckets",
            buckets >= 4,
            "at least 4, a near and a far one in both directions",
        )
        yield (
            "relative_attention_max_distance",
            config.relative_attention_max_distance > buckets // 2,
            "more than half the buckets",
        )
        for name in ("pad_token_id", "eos_token_id", "decoder_start_token_id"):
            id = getattr(config, name)
            yield (
                name,
                id == 0 or _positive(id) and id < config.vocab_size,
                "a token's id, from 0 to vocab_size - 1",
            )
    for name in ("tie_word_embeddings", "scale_decoder_outputs"):
        yield name, isinstance(getattr(config, name), bool), "true or false"
    epsilon = config.layer_norm_epsilon
    yield (
        "layer_norm_epsilon",
        isinstance(epsilon, float) and 0 < epsilon < 1,
        "a fraction such as 1e-6",
    )
    yield (
        "feed_forward_proj",
        config.activation in ACTIVATIONS,
        f"{', '.join(ACTIVATIONS)}, with or without 'gated-'",
    )


def _positive(value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31


def _flan(d_model, d_ff, layers, heads) -> T5Config:
    return T5Config(32128, d_model, 64, d_ff, layers, layers, heads)


FLAN_T5 = {
    "google/flan-t5-small": _flan(512, 1024, 8, 6),
    "google/flan-t5-base": _flan(768, 2048, 12, 12),
    "google/flan-t5-large": _flan(1024, 2816, 24, 16),
    "google/flan-t5-xl": _flan(2048, 5120, 24, 32),
    "google/flan-t5-xxl": _flan(4096, 10240, 24, 64),
}
"""The geometries of the five FLAN-T5 checkpoints, so that counting needs no Hub."""


def dense_shapes(config: T5Config) -> dict[str, tuple[int, int]]:
    """Every matrix that LoRA can adapt: T5's own module path -> (d_in, d_out), in the order of the blocks."""
    d, inner, ff = config.d_model, config.inner_dim, config.d_ff
    attention = {"q": (d, inner), "k": (d, inner), "v": (d, inner), "o": (inner, d)}
    feed_forward = (
        {"wi_0": (d, ff), "wi_1": (d, ff), "wo": (ff, d)}
        if config.gated
        else {"wi": (d, ff), "wo": (ff, d)}
    )
    parts = {
        "encoder": (
            config.num_layers,
            {"layer.0.SelfAttention": attention, "layer.1.DenseReluDense": feed_forward},
        ),
        "decoder": (
            config.num_decoder_layers,
            {
                "layer.0.SelfAttention": attention,
                "layer.1.EncDecAttention": attention,
                "layer.2.DenseReluDense": feed_forward,
            },
        ),
    }
    return {
        f"{stack}.block.{i}.{layer}.{name}": shape
        for stack, (blocks, layers) in parts.items()
        for i in range(blocks)
        for layer, matrices in layers.items()
        for name, shape in matrices.items()
    }


def weight_shapes(config: T5Config) -> dict[str, tuple[int, ...]]:
    """Every weight of the model: T5's own module path -> shape, matrices as (d_out, d_in), as checkpoints have them; the tied head is not counted twice."""
    shapes = {"shared": (config.vocab_size, config.d_model)} | {
        path: shape[::-1] for path, shape in dense_shapes(config).items()
    }
    for stack, blocks, layers in (
        ("encoder", config.num_layers, 2),
        ("decoder", config.num_decoder_layers, 3),
    ):
        shapes[f"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias"] = (
            config.relative_attention_num_buckets,
            config.num_heads,
        )
        shapes |= {
            f"{stack}.block.{i}.layer.{j}.layer_norm": (config.d_model,)
            for i in range(blocks)
            for j in range(layers)
        }
        shapes[f"{stack}.final_layer_norm"] = (config.d_model,)
    if not config.tie_word_embeddings:
        shapes["lm_head"] = (config.vocab_size, config.d_model)
    return shapes


def total_parameters(config: T5Config) -> int:
    """Number of weights of the base model, each counted once."""
    return sum(_product(shape) for shape in weight_shapes(config).values())


def resolve_targets(targets: str | Iterable[str], config: T5Config) -> tuple[str, ...]:
    """A target set's name or a list of T5's matrix names -> the names that this model has.

    Raises:
        ValueError: naming what matches no matrix, and what there is.
    """
    paths = dense_shapes(config)
    names = list(dict.fromkeys(path.rsplit(".", 1)[1] for path in paths))
    sets = TARGET_SETS | {"all-linear": tuple(names)}
    given = targets.split(",") if isinstance(targets, str) else targets
    wanted = dict.fromkeys(
        target for name in given for target in sets.get(name.strip(), (name.strip(),)) if target
    )
    if len(wanted) > MAX_TARGETS:
        raise ValueError(
            f"targets: {len(wanted):,} names are given, more than a model has matrices."
        )
    unmatched = [
        target[:80] for target in wanted if not any(is_target(path, (target,)) for path in paths)
    ]
    if unmatched or not wanted:
        raise ValueError(
            f"targets: {', '.join(map(repr, unmatched)) or 'nothing given'} matches no matrix of this model; it has {', '.join(names)}, or a set: {' | '.join(TARGET_SETS)}."
        )
    return tuple(wanted)


def is_target(path: str, targets: Iterable[str]) -> bool:
    """PEFT's rule: a target is a module's whole path or the end of it at a dot."""
    return any(path == target or path.endswith("." + target) for target in targets)


@dataclass(frozen=True)
class AdapterCount:
    """One row of the parameter table, all numbers exact but the file size, which is the tensors' bytes.

    `percent` is 100 * trainable / (total + trainable), as PEFT prints it. `adapter_bytes` counts float32 tensors.
    `optimizer_bytes` is what AdamW keeps while training: two float32 moments and the gradient for each trained parameter.
    """

    rank: int
    targets: tuple[str, ...]
    trainable: int
    percent: float
    adapter_bytes: int
    optimizer_bytes: int


def count_adapter(
    config: T5Config, rank: int, targets: str | Iterable[str] = "q,v"
) -> AdapterCount:
    """Counts a LoRA adapter: the sum of r * (d_in + d_out) over the target matrices.

    Raises:
        ValueError: for a rank outside 1..4096 or targets that the model has not.
    """
    if not _positive(rank) or rank > MAX_RANK:
        raise ValueError(f"rank = {repr(rank)}: wanted a whole number from 1 to {MAX_RANK}.")
    targets = resolve_targets(targets, config)
    trainable = sum(
        rank * (d_in + d_out)
        for path, (d_in, d_out) in dense_shapes(config).items()
        if is_target(path, targets)
    )
    total = total_parameters(config)
    return AdapterCount(
        rank,
        targets,
        trainable,
        100 * trainable / (total + trainable),
        4 * trainable,
        12 * trainable,
    )


MAX_RANK = 4096


def activation_bytes(config: T5Config, pairs: int = 16, source: int = 32, target: int = 32) -> int:
    """An estimate of what a float32 training step keeps for its way back, for a batch of pairs of so many tokens.

    Counted are the inputs of each matrix, of each norm and activation, attention's weights twice, and the logits three
    times (themselves, their softmax, their gradient). LoRA needs them as a full fine-tune does. Measured on the embedded
    base, from 64 pairs of 64 tokens to 128, a step's peak grew by 17 % more than this.
    """
    d, inner, wide = config.d_model, config.inner_dim, (4 if config.gated else 2) * config.d_ff
    encoder = config.num_layers * (4 * d + 4 * inner + wide + 2 * config.num_heads * source)
    decoder = (
        config.num_decoder_layers
        * (6 * d + 6 * inner + wide + 2 * config.num_heads * (source + target))
        + 3 * config.vocab_size
    )
    cross = config.num_decoder_layers * 2 * inner
    return 4 * pairs * (source * (encoder + cross) + target * decoder)


def training_bytes(config: T5Config, trainable: int, **batch: int) -> int:
    """An estimate of a float32 training step's memory: weights, gradients and AdamW's moments of the trained ones, activations."""
    added = 0 if trainable == total_parameters(config) else trainable
    return (
        4 * (total_parameters(config) + added) + 12 * trainable + activation_bytes(config, **batch)
    )


def matrix_formulas(
    config: T5Config, targets: str | Iterable[str]
) -> list[tuple[str, int, int, int]]:
    """For each kind of target matrix: (name, how many, d_in, d_out); a rank's count is the sum of many * r * (d_in + d_out)."""
    targets = resolve_targets(targets, config)
    kinds: dict[tuple[str, int, int], int] = {}
    for path, (d_in, d_out) in dense_shapes(config).items():
        if is_target(path, targets):
            name = re.sub(r"^(encoder|decoder)\.block\.\d+\.layer\.\d+\.", "", path)
            kinds[name, d_in, d_out] = kinds.get((name, d_in, d_out), 0) + 1
    return [(name, many, d_in, d_out) for (name, d_in, d_out), many in kinds.items()]


def untied(config: T5Config) -> T5Config:
    """The same model with a head of its own."""
    return replace(config, tie_word_embeddings=False)


def _product(shape: tuple[int, ...]) -> int:
    result = 1
    for size in shape:
        result *= size
    return result
