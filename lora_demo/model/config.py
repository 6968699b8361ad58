"""The geometry of a T5, as Hugging Face's `config.json` states it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from reprlib import repr as short_repr
from typing import Any

from lora_demo.model.checks import is_whole, problem
from lora_demo.model.messages import _

ACTIVATIONS = ("relu", "gelu", "gelu_new", "silu")
MODEL_TYPES = ("t5", "mt5")
SIZES = (
    "vocab_size",
    "d_model",
    "d_kv",
    "d_ff",
    "num_layers",
    "num_decoder_layers",
    "num_heads",
    "relative_attention_num_buckets",
    "relative_attention_max_distance",
)
REQUIRED = ("vocab_size", "d_model", "d_kv", "d_ff", "num_layers", "num_heads")
ALIASES = {
    "hidden_size": "d_model",
    "num_attention_heads": "num_heads",
    "num_hidden_layers": "num_layers",
    "head_dim": "d_kv",
}
"""Other names of sizes, which come first in transformers (its `T5Config.attribute_map`)."""
TOKENS = ("pad_token_id", "eos_token_id", "decoder_start_token_id")
MAX_LAYERS = 256
"""Blocks of a stack; a config from a stranger must not make us list billions of matrices."""
MAX_SIZE = 2**31 - 1


@dataclass(frozen=True)
class T5Config:
    """The geometry of a T5, with the field names of Hugging Face's `config.json`.

    Args:
        vocab_size: Rows of the embedding.
        d_model: Width of the residual stream.
        d_kv: Width of one head.
        d_ff: Inner width of the feed-forward layer.
        num_layers: Blocks of the encoder.
        num_decoder_layers: Blocks of the decoder.
        num_heads: Heads of each attention.
        relative_attention_num_buckets: Buckets of relative positions.
        relative_attention_max_distance: Distance from which all positions share a bucket.
        layer_norm_epsilon: Added to the mean square in each norm.
        feed_forward_proj: `relu` (T5 v1.0), `gated-gelu` (T5 v1.1 and FLAN; it means the tanh
            approximation), or another of `ACTIVATIONS`, with or without `gated-`.
        tie_word_embeddings: True if the head is the transposed embedding.
        scale_decoder_outputs: True if the logits are multiplied by d_model^-0.5 (T5 v1.0).
        pad_token_id: Token that fills rows.
        eos_token_id: Token that ends a text.
        decoder_start_token_id: First input of the decoder.

    Raises:
        ValueError: Naming every field that is out of range.
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

    def __post_init__(self) -> None:
        problems = [
            problem(name, getattr(self, name), requirement)
            for name, is_valid, requirement in _checks(self)
            if not is_valid
        ]
        if problems:
            raise ValueError(
                _(
                    "The model's config is not a supported T5: {problems}.",
                    problems="; ".join(problems),
                )
            )

    @property
    def gated(self) -> bool:
        """True if the feed-forward layer multiplies two projections."""
        return self.feed_forward_proj.startswith("gated-")

    @property
    def activation(self) -> str:
        """The activation's name; by T5's convention, `gated-gelu` means `gelu_new`."""
        if self.feed_forward_proj == "gated-gelu":
            return "gelu_new"
        return str(self.feed_forward_proj).removeprefix("gated-")

    @property
    def inner_dim(self) -> int:
        """Width of all heads together, H * K; for FLAN-T5-small 384, while d_model is 512."""
        return self.num_heads * self.d_kv

    @classmethod
    def from_json(cls, document: Any) -> "T5Config":
        """Read a Hugging Face `config.json`.

        transformers 5 writes `tie_word_embeddings: true` for every T5, so a missing value means
        tied, and `checkpoints.base` compares the weights. mT5 is a T5 v1.1: it never
        scales its logits, and its feed-forward layers are gated.

        Args:
            document: The parsed file.

        Raises:
            ValueError: If it does not describe a whole T5, lacks sizes, or a value is out of range.
        """
        if not isinstance(document, dict):
            raise ValueError(
                _("config.json holds a {type}, not a JSON object.", type=type(document).__name__)
            )
        if document.get("model_type") not in MODEL_TYPES:
            raise ValueError(
                _(
                    "config.json describes a {type}, not a T5 (model_type 't5' or 'mt5'). Use T5 "
                    "1.0 or 1.1, FLAN-T5, mT5, ByT5 or UL2.",
                    type=short_repr(document.get("model_type")),
                )
            )
        if document.get("is_encoder_decoder") is False:
            # transformers mixes the caches of such a model, so that its logits depend on them.
            raise ValueError(
                _(
                    "config.json has is_encoder_decoder false, so it describes a T5 encoder "
                    "without a decoder. Use a whole T5, or set it to true if the weights have a "
                    "decoder."
                )
            )
        known = _known_fields(document)
        is_mt5 = document["model_type"] == "mt5"
        tied = document.get("tie_word_embeddings", not is_mt5) is not False
        known["tie_word_embeddings"] = tied
        known.setdefault("scale_decoder_outputs", tied)
        if is_mt5:
            known["scale_decoder_outputs"] = False
        known["feed_forward_proj"] = _projection(document, "gated-gelu" if is_mt5 else "relu")
        known.setdefault("decoder_start_token_id", known.get("pad_token_id", 0))
        if isinstance(known.get("eos_token_id"), list):
            known["eos_token_id"] = next(iter(known["eos_token_id"]), None)
        return cls(**known)

    def to_json(self) -> dict[str, Any]:
        """Return a `config.json` that transformers reads as this model."""
        return {
            "architectures": ["T5ForConditionalGeneration"],
            "model_type": "t5",
            "is_encoder_decoder": True,
            **asdict(self),
        }


def _known_fields(document: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of `T5Config` that a `config.json` has, under either of their names."""
    names = [field.name for field in fields(T5Config)]
    known = {name: document[name] for name in names if document.get(name) is not None}
    # transformers takes the decoder's blocks from `num_layers` before `num_hidden_layers`.
    decoder_blocks = known.get("num_decoder_layers", known.get("num_layers"))
    for alias, name in ALIASES.items():
        if document.get(alias) is not None:
            known[name] = document[alias]
    if decoder_blocks is not None:
        known["num_decoder_layers"] = decoder_blocks
    needed = list(REQUIRED)
    if "num_layers" in known:
        needed.append("num_decoder_layers")
    missing = [name for name in needed if name not in known]
    if missing:
        raise ValueError(
            _("config.json lacks {missing}, which every T5 has.", missing=", ".join(missing))
        )
    return known


def _projection(document: dict[str, Any], default: str) -> str:
    """Return `feed_forward_proj` with the activation and the gate that transformers uses.

    `dense_act_fn` and `is_gated_act` come first there. `swish` is another name of `silu`.
    """
    projection = str(document.get("feed_forward_proj") or default)
    name = projection.removeprefix("gated-")
    stated = "gelu_new" if projection == "gated-gelu" else name
    activation = document.get("dense_act_fn") or stated
    has_gate = projection.startswith("gated-")
    is_gated = document.get("is_gated_act")
    is_gated = is_gated if isinstance(is_gated, bool) else has_gate
    gate = "gated-" if is_gated else ""
    if activation == stated and is_gated == has_gate:
        return f"{gate}silu" if name == "swish" else projection
    if gate and activation == "gelu":
        raise ValueError(
            _(
                "config.json has dense_act_fn 'gelu' and feed_forward_proj {projection!r}; GELU "
                "with gates is supported only as its tanh approximation (dense_act_fn 'gelu_new').",
                projection=projection[:40],
            )
        )
    return f"{gate}{activation}".replace("swish", "silu")


Check = tuple[str, bool, str]
"""A field's name, whether its value is valid, and what it must be."""


def _checks(config: T5Config) -> Iterator[Check]:
    sizes = {name: getattr(config, name) for name in SIZES}
    for name, size in sizes.items():
        yield name, _is_size(size), _("a positive whole number")
    if all(_is_size(size) for size in sizes.values()):
        yield from _range_checks(config)
    for name in ("tie_word_embeddings", "scale_decoder_outputs"):
        yield name, isinstance(getattr(config, name), bool), _("true or false")
    epsilon = config.layer_norm_epsilon
    is_fraction = isinstance(epsilon, float) and 0 < epsilon < 1
    yield "layer_norm_epsilon", is_fraction, _("a fraction such as 1e-6")
    allowed = _(
        "one of {activations}, with or without 'gated-'", activations=", ".join(ACTIVATIONS)
    )
    yield "feed_forward_proj", config.activation in ACTIVATIONS, allowed


def _range_checks(config: T5Config) -> Iterator[Check]:
    """Check what depends on several sizes, all of which are positive."""
    blocks = max(config.num_layers, config.num_decoder_layers)
    yield (
        "num_layers",
        blocks <= MAX_LAYERS,
        _("at most {limit} blocks in each stack", limit=MAX_LAYERS),
    )
    buckets = config.relative_attention_num_buckets
    enough = _("at least 4, for near and far keys in both directions")
    yield "relative_attention_num_buckets", buckets >= 4, enough
    distance = config.relative_attention_max_distance
    yield (
        "relative_attention_max_distance",
        distance > buckets // 2,
        _("more than half the buckets"),
    )
    for name in TOKENS:
        is_token = is_whole(getattr(config, name), 0, config.vocab_size - 1)
        yield name, is_token, _("a token's id, from 0 to vocab_size - 1")


def _is_size(value: Any) -> bool:
    return is_whole(value, 1, MAX_SIZE)


def _flan(d_model: int, d_ff: int, layers: int, heads: int) -> T5Config:
    return T5Config(32128, d_model, 64, d_ff, layers, layers, heads)


FLAN_T5 = {
    "google/flan-t5-small": _flan(512, 1024, 8, 6),
    "google/flan-t5-base": _flan(768, 2048, 12, 12),
    "google/flan-t5-large": _flan(1024, 2816, 24, 16),
    "google/flan-t5-xl": _flan(2048, 5120, 24, 32),
    "google/flan-t5-xxl": _flan(4096, 10240, 24, 64),
}
"""The geometries of the five FLAN-T5 checkpoints; counting them needs no download."""
