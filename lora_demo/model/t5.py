"""T5 (Raffel et al. 2020, https://arxiv.org/abs/1910.10683) in Keras 3: v1.0, v1.1 and FLAN, with LoRA in every matrix.

Axes: B batch, S source, T target, H heads, K d_kv, D d_model, V vocabulary. Normalisation, softmax and logits are
float32 whatever the weights are; float16 is not offered, since T5 overflows in it.
"""

import math
from dataclasses import replace

import keras
import numpy as np
from keras import ops

from lora_demo.model.backend import matmul
from lora_demo.model.compile_cache import cpu_has
from lora_demo.model.decoding import likeliest
from lora_demo.model.lora import BASE, Context, LoraDense, Typed
from lora_demo.model.parameters import T5Config, dense_shapes
from lora_demo.model.shortlist import WORTH, Shortlist

MASKED = -1e9
FEW = 16
"""Rows up to which a product takes less time by blocks than by a whole matrix, put together once a search."""
PRECISIONS = ("float32", "bfloat16")
ACTIVATIONS = {
    "relu": ops.relu,
    "silu": ops.silu,
    "gelu": lambda x: ops.gelu(x, approximate=False),
    "gelu_new": lambda x: ops.gelu(x, approximate=True),
}


class RMSNorm(Typed):
    """x / rms(x) * weight, without mean or bias (https://arxiv.org/abs/1910.07467), in float32."""

    def __init__(self, path: str, config: T5Config):
        super().__init__(name=path, dtype="float32")
        self.epsilon = config.layer_norm_epsilon
        self.weight = self.add_weight(shape=(config.d_model,), initializer="ones", name="scale")
        self.built = True

    def call(self, x):
        x32 = ops.cast(x, "float32")
        mean_square = ops.mean(ops.square(x32), axis=-1, keepdims=True)
        return ops.cast(x32 * ops.rsqrt(mean_square + self.epsilon) * self.weight, x.dtype)


class Embedding(Typed):
    """A table of vectors: the tokens' or, with one row a bucket, the relative positions'."""

    def __init__(self, path: str, rows: int, width: int, dtype):
        super().__init__(name=path, dtype=dtype)
        self.weight = self.add_weight(shape=(rows, width), initializer="zeros", name="embeddings")
        self.built = True

    def call(self, ids):
        return ops.take(self.weight, ids, axis=0)


class Attention(Typed):
    """Multi-head attention without bias terms or scaling: softmax(q k^T + bias) v, as T5 has it."""

    def __init__(self, path: str, config: T5Config, dtype):
        super().__init__(name=path, dtype=dtype)
        shapes, self.num_heads, self.d_kv = dense_shapes(config), config.num_heads, config.d_kv
        self.q, self.k, self.v, self.o = (
            LoraDense(f"{path}.{n}", *shapes[f"{path}.{n}"], dtype) for n in "qkvo"
        )
        self.built = True

    def keys_values(self, x, context: Context):
        """x (B, S, D) -> k and v, each (B, H, S, K)."""
        return self._heads(self.k(x, context=context)), self._heads(self.v(x, context=context))

    def call(self, x, k, v, bias, context: Context = BASE):
        """x (B, T, D) asks k, v (B, H, S, K); bias (1 or B, H or 1, T, S) in float32 -> (B, T, D)."""
        q = self._heads(self.q(x, context=context))
        scores = matmul(q, k, "float32", transposed=True) + bias  # (B, H, T, S)
        weights = context.drop(ops.cast(ops.softmax(scores, axis=-1), v.dtype))
        y = ops.transpose(matmul(weights, v), (0, 2, 1, 3))  # (B, T, H, K)
        return self.o(ops.reshape(y, (-1, x.shape[1], self.num_heads * self.d_kv)), context=context)

    def _heads(self, x):
        return ops.transpose(
            ops.reshape(x, (-1, x.shape[1], self.num_heads, self.d_kv)), (0, 2, 1, 3)
        )


class FeedForward(Typed):
    """act(x wi_0) * (x wi_1) wo where gated (https://arxiv.org/abs/2002.05202), act(x wi) wo where not."""

    def __init__(self, path: str, config: T5Config, dtype):
        super().__init__(name=path, dtype=dtype)
        shapes, self.activation = dense_shapes(config), ACTIVATIONS[config.activation]
        names = ("wi_0", "wi_1") if config.gated else ("wi",)
        self.wi = [LoraDense(f"{path}.{n}", *shapes[f"{path}.{n}"], dtype) for n in names]
        self.wo = LoraDense(f"{path}.wo", *shapes[f"{path}.wo"], dtype)
        self.built = True

    def call(self, x, context: Context = BASE):
        hidden = self.activation(self.wi[0](x, context=context))
        if len(self.wi) == 2:
            hidden = hidden * self.wi[1](x, context=context)
        return self.wo(context.drop(hidden), context=context)


class Block(Typed):
    """Self-attention, in the decoder attention over the source, feed-forward; each after a norm and around a residual."""

    def __init__(self, path: str, config: T5Config, dtype, decoder: bool):
        super().__init__(name=path, dtype=dtype)
        self.attention = Attention(f"{path}.layer.0.SelfAttention", config, dtype)
        self.cross = (
            Attention(f"{path}.layer.1.EncDecAttention", config, dtype) if decoder else None
        )
        self.feed_forward = FeedForward(
            f"{path}.layer.{2 if decoder else 1}.DenseReluDense", config, dtype
        )
        self.norms = [
            RMSNorm(f"{path}.layer.{i}.layer_norm", config) for i in range(3 if decoder else 2)
        ]
        self.built = True

    def call(self, x, bias, source=None, source_bias=None, context: Context = BASE):
        """x (B, T, D) -> (B, T, D); source is this block's (k, v) over the encoder's output."""
        y = self.norms[0](x)
        return self._rest(
            x,
            self.attention(y, *self.attention.keys_values(y, context), bias, context=context),
            source,
            source_bias,
            context,
        )

    def step(self, x, cache, position, bias, source, source_bias, context: Context):
        """One target position of M beams: x (B, M, D), cache (k, v) of (B, H, T * M, K), written at `position` -> (B, M, D), cache."""
        y = self.norms[0](x)
        new, start = self.attention.keys_values(y, context), position * x.shape[1]
        cache = tuple(
            ops.slice_update(old, (0, 0, start, 0), ops.cast(one, old.dtype))
            for old, one in zip(cache, new)
        )
        return self._rest(
            x, self.attention(y, *cache, bias, context=context), source, source_bias, context
        ), cache

    def _rest(self, x, attended, source, source_bias, context: Context):
        x = x + context.drop(attended)
        if self.cross is not None:
            x = x + context.drop(
                self.cross(self.norms[1](x), *source, source_bias, context=context)
            )
        return x + context.drop(self.feed_forward(self.norms[-1](x), context=context))


class Stack(Typed):
    """The encoder or the decoder: blocks that share one table of relative position biases, then a norm."""

    def __init__(self, name: str, config: T5Config, dtype, decoder: bool):
        super().__init__(name=name, dtype=dtype)
        self.config, self.decoder = config, decoder
        blocks = config.num_decoder_layers if decoder else config.num_layers
        self.relative_attention_bias = Embedding(
            f"{name}.block.0.layer.0.SelfAttention.relative_attention_bias",
            config.relative_attention_num_buckets,
            config.num_heads,
            "float32",
        )
        self.blocks = [Block(f"{name}.block.{i}", config, dtype, decoder) for i in range(blocks)]
        self.norm = RMSNorm(f"{name}.final_layer_norm", config)
        self.built = True

    def position_bias(self, length: int):
        """(1, H, length, length) in float32; in the decoder what lies ahead is masked."""
        buckets = relative_position_buckets(length, not self.decoder, self.config)
        bias = ops.transpose(
            self.relative_attention_bias(ops.convert_to_tensor(buckets)), (2, 0, 1)
        )[None]
        return (
            bias + np.triu(np.full((length, length), MASKED, "float32"), k=1)
            if self.decoder
            else bias
        )


class T5(keras.Model):
    """An encoder-decoder whose every weight is known by T5's own module path, e.g. `encoder.block.0.layer.0.SelfAttention.q`.

    Weights are zero until a checkpoint or `initialize` fills them.

    Args:
        precision: `float32` or `bfloat16`, of the matrices and the arithmetic between norms.
    """

    def __init__(self, config: T5Config, precision: str = "float32"):
        super().__init__(name="t5", dtype=precision, autocast=False)
        if precision not in PRECISIONS:
            raise ValueError(
                f"precision = {precision!r}: wanted {' or '.join(PRECISIONS)}; T5 overflows in float16."
            )
        self.config, self.precision = config, precision
        self.shared = Embedding("shared", config.vocab_size, config.d_model, precision)
        self.encoder = Stack("encoder", config, precision, decoder=False)
        self.decoder = Stack("decoder", config, precision, decoder=True)
        self.lm_head = (
            None
            if config.tie_word_embeddings
            else LoraDense("lm_head", config.d_model, config.vocab_size, precision)
        )
        self.shortlist: Shortlist | None = None
        self.built = True

    def parameters(self) -> dict[str, keras.Variable]:
        """Every weight by its path, as `parameters.weight_shapes` lists them."""
        return {
            layer.name: layer.weight
            for layer in self._flatten_layers()
            if isinstance(layer, (LoraDense, RMSNorm, Embedding))
        }

    def lora_layers(self) -> dict[str, LoraDense]:
        """Every matrix that can carry an adapter, by its path."""
        return {
            layer.name: layer
            for layer in self._flatten_layers()
            if isinstance(layer, LoraDense) and layer is not self.lm_head
        }

    def encode(self, ids, mask, context: Context = BASE, packed: bool = False):
        """ids, mask (B, S), mask 1 on tokens and 0 on padding, or the numbers of sentences packed into a row -> (B, S, D)."""
        bias = self.encoder.position_bias(ids.shape[1]) + (
            segment_bias(mask, mask) if packed else padding_bias(mask)
        )
        x = context.drop(self.shared(ids))
        for block in self.encoder.blocks:
            x = block(x, bias, context=context)
        return context.drop(self.encoder.norm(x))

    def source(self, encoded, context: Context = BASE):
        """What the decoder keeps of the encoder's output (B, S, D): a (k, v) of (B, H, S, K) for each block."""
        return [block.cross.keys_values(encoded, context) for block in self.decoder.blocks]

    def call(self, ids, mask, decoder_ids, decoder_mask=None, context: Context = BASE):
        """ids, mask (B, S), decoder_ids (B, T) -> logits (B, T, V) in float32, all target positions at once.

        Args:
            decoder_mask: (B, T) where rows hold several sentences: it and `mask` number them from 1, and each sees itself alone.
        """
        packed = decoder_mask is not None
        source = self.source(self.encode(ids, mask, context, packed), context)
        bias = self.decoder.position_bias(decoder_ids.shape[1]) + (
            segment_bias(decoder_mask, decoder_mask) if packed else 0.0
        )
        source_bias = segment_bias(decoder_mask, mask) if packed else padding_bias(mask)
        x = context.drop(self.shared(decoder_ids))
        for block, kv in zip(self.decoder.blocks, source):
            x = block(x, bias, kv, source_bias, context=context)
        return self.logits(context.drop(self.decoder.norm(x)))

    def step_function(
        self,
        source,
        mask,
        length: int,
        beams: int = 1,
        count: int | None = None,
        context: Context = BASE,
    ):
        """A decoding step over at most `length` positions, as `decoding` defines it; the beams of a row share its source.

        Args:
            source: as `source` gives it; mask: (B, S) of the source.
            count: how many of the likeliest tokens a step gives; None: two for each beam.
        Returns:
            The step and its empty cache.
        """
        positions = self.decoder.position_bias(length)  # (1, H, T, T)
        batch, source_bias, (_, heads, _, d_kv) = (
            mask.shape[0],
            padding_bias(mask),
            source[0][0].shape,
        )
        empty = tuple(
            ops.zeros((batch, heads, length * beams, d_kv), self.precision) for _ in range(2)
        )
        if batch * beams > FEW:
            context = replace(
                context,
                joined={
                    path: layer.joined()
                    for path, layer in self.lora_layers().items()
                    if layer.is_in_blocks
                },
            )

        def step(tokens, position, writers, cache):
            x = self.shared(tokens)  # (B, M, D)
            bias = ops.slice(positions, (0, 0, position, 0), (1, heads, 1, length))
            if beams > 1:
                others = ops.cast(
                    writers[..., None] != ops.arange(beams), "float32"
                )  # (B, M, T, M)
                bias = ops.reshape(
                    bias[..., None] + others[:, None] * MASKED,
                    (batch, heads, beams, length * beams),
                )
            new = []
            for block, kv, one in zip(self.decoder.blocks, source, cache):
                x, one = block.step(x, one, position, bias, kv, source_bias, context)
                new.append(one)
            return *self._likeliest(self.decoder.norm(x), count or 2 * beams), tuple(new)

        return step, tuple(empty for _ in self.decoder.blocks)

    def prepare_steps(self):
        """Makes decoding steps quicker on a CPU; afterwards the model is not to be saved or trained.

        They find their tokens by a shortlist, where the head is large, for a byte more a weight of it; and with AVX-512
        the matrices that they multiply by, few rows at a time, lie in blocks.
        """
        in_steps = lambda path: (
            path.startswith("decoder")
            and not path.endswith(("EncDecAttention.k", "EncDecAttention.v"))
        )
        if cpu_has("avx512f"):
            for layer in (layer for path, layer in self.lora_layers().items() if in_steps(path)):
                layer.lay_in_blocks()
        if self.config.vocab_size * self.config.d_model >= WORTH:
            self.shortlist = Shortlist((self.lm_head or self.shared).weight)

    def _likeliest(self, x, count: int):
        return (
            likeliest(self.logits(x), count)
            if self.shortlist is None
            else self.shortlist.likeliest(self._scaled(x), count)
        )

    def logits(self, x):
        """(B, T, D) -> (B, T, V) in float32."""
        return matmul(
            self._scaled(x), (self.lm_head or self.shared).weight.value, "float32", transposed=True
        )

    def _scaled(self, x):
        return (
            x * ops.cast(self.config.d_model**-0.5, x.dtype)
            if self.config.scale_decoder_outputs
            else x
        )


def padding_bias(mask):
    """mask (B, S) -> (B, 1, 1, S): 0 on tokens, very negative on padding."""
    return (1.0 - ops.cast(mask, "float32"))[:, None, None, :] * MASKED


def segment_bias(segments, others):
    """segments (B, T) asks others (B, S) -> (B, 1, T, S): 0 within a segment, very negative between two."""
    return ops.cast(segments[:, :, None] != others[:, None, :], "float32")[:, None] * MASKED


def relative_position_buckets(length: int, bidirectional: bool, config: T5Config) -> np.ndarray:
    """T5's buckets of (key position - query position), (length, length) int32.

    Half of the buckets (of each direction's, where there are two) are exact distances, the rest grow logarithmically
    up to `relative_attention_max_distance`; everything beyond shares the last.
    """
    buckets = config.relative_attention_num_buckets // (2 if bidirectional else 1)
    distance = np.arange(length)[None, :] - np.arange(length)[:, None]
    offset = np.where(distance > 0, buckets, 0) if bidirectional else 0
    distance = np.abs(distance) if bidirectional else np.maximum(-distance, 0)
    exact = buckets // 2
    ratio = np.log(np.maximum(distance, 1).astype("float32") / np.float32(exact)) / np.float32(
        math.log(config.relative_attention_max_distance / exact)
    )
    far = np.minimum(exact + (ratio * np.float32(buckets - exact)).astype("int32"), buckets - 1)
    return (offset + np.where(distance < exact, distance, far)).astype("int32")


def shift_right(labels, config: T5Config, segments=None):
    """Labels (B, T) -> decoder inputs (B, T): the start token, then the labels but the last; so for each segment of a row."""
    before = lambda x, first: ops.concatenate(
        [ops.full((x.shape[0], 1), first, x.dtype), x[:, :-1]], axis=1
    )
    shifted = before(labels, config.decoder_start_token_id)
    return (
        shifted
        if segments is None
        else ops.where(segments == before(segments, 0), shifted, config.decoder_start_token_id)
    )


def cross_entropy(logits, labels, weights, label_smoothing: float = 0.0):
    """Sum over the positions of weights * -log p(label): logits (B, T, V) float32, labels and weights (B, T).

    With smoothing e, the target puts 1 - e on the label and e evenly on the whole vocabulary.
    """
    log_z = ops.logsumexp(logits, axis=-1)
    chosen = ops.arange(logits.shape[-1], dtype=labels.dtype) == labels[..., None]
    picked = ops.sum(
        ops.where(chosen, logits, 0.0), axis=-1
    )  # not `take`, whose gradient is a slow scatter
    loss = log_z - picked
    if label_smoothing:
        loss = (1 - label_smoothing) * loss + label_smoothing * (log_z - ops.mean(logits, axis=-1))
    return ops.sum(loss * weights)


def initialize(model: T5, seed: int):
    """Random weights for training from nothing with AdamW.

    T5's own scales suit an optimizer whose steps grow with the weights (Adafactor). AdamW's do not, so here the
    embedding starts at d_model^-0.5 instead of 1, what the blocks add to it as small, and the last norm at
    sqrt(d_model) where the head is scaled down by it. T5's tables of relative positions start near zero; a small model
    that must find word order from there can stay on a plateau, so here each head starts out preferring itself, the
    previous or the next token, or nearby ones.
    """
    config, generator = model.config, keras.random.SeedGenerator(seed)
    for path, weight in model.parameters().items():
        name, shape = path.rsplit(".", 1)[-1], weight.shape
        if name == "relative_attention_bias":
            weight.assign(_structured_bias(config, bidirectional=path.startswith("encoder")))
        elif len(shape) == 2:
            small, balanced = (
                (shape[1] * config.d_model**0.5) ** -0.5,
                (config.d_model * config.d_kv**0.5) ** -0.5,
            )
            deviation = {
                "shared": config.d_model**-0.5,
                "q": balanced,
                "k": balanced,
                "o": small,
                "wo": small,
            }
            weight.assign(
                keras.random.normal(
                    shape, stddev=deviation.get(name, shape[1] ** -0.5), seed=generator
                )
            )
        elif path == "decoder.final_layer_norm" and config.scale_decoder_outputs:
            weight.assign(np.full(shape, config.d_model**0.5, "float32"))


def _structured_bias(config: T5Config, bidirectional: bool) -> np.ndarray:
    buckets, heads = config.relative_attention_num_buckets, config.num_heads
    half = buckets // 2 if bidirectional else buckets
    distance = np.arange(buckets) % half
    ahead = np.arange(buckets) >= half
    shapes = [
        np.where((distance == 1) & ~ahead, 2.0, 0.0),  # the previous token
        np.where((distance == 1) & ahead, 2.0, 0.0)
        if bidirectional
        else np.where(distance == 2, 2.0, 0.0),  # the next one
        np.where(distance == 0, 2.0, 0.0),  # itself
        -0.3 * distance,  # nearby
    ]
    return np.stack([shapes[h % 4] / (1 + h // 4) for h in range(heads)], axis=1).astype("float32")
