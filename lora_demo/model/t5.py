"""T5 (Raffel et al. 2020, https://arxiv.org/abs/1910.10683) in Keras 3: v1.0, v1.1 and FLAN.

Normalisation, softmax and logits are float32 whatever type the weights have. float16 is refused,
because T5 overflows in it.

Axes: B batch, S source, T target, M beams, H heads, K d_kv, D d_model, V vocabulary.
"""

from collections.abc import Iterable
from dataclasses import replace

import keras
import numpy as np
from keras import ops

from lora_demo.model.backend import Tensor
from lora_demo.model.config import T5Config
from lora_demo.model.decoding import Cache, Step, likeliest
from lora_demo.model.dense import LoraDense, UncastLayer
from lora_demo.model.keras_private import flatten_layers
from lora_demo.model.layers import Block, Embedding, KeysValues, RMSNorm, is_weighted
from lora_demo.model.lora import BASE, Context
from lora_demo.model.positions import (
    MASKED,
    causal_bias,
    padding_bias,
    relative_position_buckets,
    segment_bias,
)
from lora_demo.model.processor import cpu_has
from lora_demo.model.products import matmul
from lora_demo.model.shortlist import MIN_WEIGHTS, Shortlist

MAX_BLOCKED_ROWS = 16
"""Rows (batch times beams) up to which a product by blocks is faster than one by a whole matrix."""
PRECISIONS = ("float32", "bfloat16", "mixed_bfloat16", "int8")
"""The third one is Keras's: float32 weights, which a base is trained in, and bfloat16 arithmetic.

The last one is for translation only; see `quantization`.
"""


class Stack(UncastLayer):
    """The encoder or the decoder: blocks that share one table of relative positions, then a norm.

    Args:
        name: `encoder` or `decoder`.
        config: The model's geometry.
        dtype: Type of the matrices.
        decoder: True for the decoder.
    """

    def __init__(self, name: str, config: T5Config, dtype: str, decoder: bool) -> None:
        super().__init__(name, dtype)
        self.config = config
        self.decoder = decoder
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

    def position_bias(self, length: int) -> Tensor:
        """Compute the bias of self-attention.

        Args:
            length: Positions T.

        Returns:
            Bias (1, H, T, T) in float32; in the decoder, positions ahead are masked.
        """
        buckets = relative_position_buckets(length, not self.decoder, self.config)
        bias = self.relative_attention_bias(ops.convert_to_tensor(buckets))  # (T, T, H)
        bias = ops.transpose(bias, (2, 0, 1))[None]  # (1, H, T, T)
        return bias + causal_bias(length) if self.decoder else bias


class T5(keras.Model):
    """An encoder-decoder transformer whose weights are named by T5's own module paths.

    Weights are zero until a checkpoint or `initialization.initialize` fills them.

    Args:
        config: The geometry.
        precision: `float32` or `bfloat16`, of the matrices and of the arithmetic between norms;
            `mixed_bfloat16`: float32 matrices and bfloat16 arithmetic. `int8`: matrices, embedding
            and head in int8, whose inputs are rounded row by row; everything else in float32.

    Raises:
        ValueError: For another precision.

    Example:
        >>> model = T5(config)
        >>> logits = model(ids, mask, decoder_ids)  # (B, S), (B, S), (B, T) -> (B, T, V)
    """

    def __init__(self, config: T5Config, precision: str = "float32") -> None:
        is_int8 = precision == "int8"
        super().__init__(name="t5", dtype="float32" if is_int8 else precision, autocast=False)
        if precision not in PRECISIONS:
            allowed = ", ".join(PRECISIONS)
            raise ValueError(
                f"precision = {precision!r} (must be {allowed}; T5 overflows in float16)."
            )
        self.config = config
        self.precision = self.compute_dtype
        stored = "int8" if is_int8 else self.variable_dtype
        self.shared = Embedding("shared", config.vocab_size, config.d_model, stored)
        self.encoder = Stack("encoder", config, stored, decoder=False)
        self.decoder = Stack("decoder", config, stored, decoder=True)
        self.lm_head: LoraDense | None = None
        if not config.tie_word_embeddings:
            self.lm_head = LoraDense("lm_head", config.d_model, config.vocab_size, stored)
        self.shortlist: Shortlist | None = None
        self.built = True

    def parameters(self) -> dict[str, keras.Variable]:
        """Return every weight by its path, as `shapes.weight_shapes` lists them."""
        return {layer.name: layer.weight for layer in flatten_layers(self) if is_weighted(layer)}

    def load(self, weights: Iterable[tuple[str, np.ndarray]]) -> None:
        """Take the values of all weights, one after the other.

        Args:
            weights: Path and values of each, as `shapes.weight_shapes` lists them.
        """
        layers = {layer.name: layer for layer in flatten_layers(self) if is_weighted(layer)}
        for path, values in weights:
            layers[path].load(values)

    def lora_layers(self) -> dict[str, LoraDense]:
        """Return every matrix that can carry an adapter, by its path."""
        return {
            layer.name: layer
            for layer in flatten_layers(self)
            if isinstance(layer, LoraDense) and layer is not self.lm_head
        }

    def encode(
        self, ids: Tensor, mask: Tensor, context: Context = BASE, packed: bool = False
    ) -> Tensor:
        """Run the encoder.

        Args:
            ids: Source token ids (B, S).
            mask: (B, S), 1 on tokens and 0 on padding. If packed: the number of each token's
                sentence in its row, from 1.
            context: Adapters and dropout.
            packed: True if rows hold several sentences.

        Returns:
            (B, S, D).
        """
        bias = self.encoder.position_bias(ids.shape[1])  # (1, H, S, S)
        bias = bias + (segment_bias(mask, mask) if packed else padding_bias(mask))
        x = context.drop(self._embed(ids))
        for block in self.encoder.blocks:
            x = block(x, bias, context=context)
        return context.drop(self.encoder.norm(x))

    def source(self, encoded: Tensor, context: Context = BASE) -> list[KeysValues]:
        """Project the encoder's output for every block of the decoder.

        Args:
            encoded: (B, S, D).
            context: Adapters and dropout.

        Returns:
            Keys and values (B, H, S, K) for each decoder block.
        """
        layers = [block.cross for block in self.decoder.blocks if block.cross is not None]
        return [layer.keys_values(encoded, context) for layer in layers]

    def call(
        self,
        ids: Tensor,
        mask: Tensor,
        decoder_ids: Tensor,
        decoder_mask: Tensor | None = None,
        context: Context = BASE,
    ) -> Tensor:
        """Compute the logits of all target positions at once.

        Args:
            ids: Source token ids (B, S).
            mask: (B, S), as for `encode`.
            decoder_ids: Decoder inputs (B, T).
            decoder_mask: (B, T), the number of each token's sentence, if rows hold several packed
                sentences; each sentence then attends only to itself. None: one per row.
            context: Adapters and dropout.

        Returns:
            Logits (B, T, V) in float32.
        """
        packed = decoder_mask is not None
        source = self.source(self.encode(ids, mask, context, packed), context)
        bias = self.decoder.position_bias(decoder_ids.shape[1])  # (1, H, T, T)
        source_bias = padding_bias(mask)  # (B, 1, 1, S)
        if packed:
            bias = bias + segment_bias(decoder_mask, decoder_mask)
            source_bias = segment_bias(decoder_mask, mask)  # (B, 1, T, S)
        x = context.drop(self._embed(decoder_ids))
        for block, keys_values in zip(self.decoder.blocks, source, strict=True):
            x = block(x, bias, keys_values, source_bias, context=context)
        return self.logits(context.drop(self.decoder.norm(x)))

    def step_function(
        self,
        source: list[KeysValues],
        mask: Tensor,
        length: int,
        beams: int = 1,
        count: int | None = None,
        context: Context = BASE,
    ) -> tuple[Step, Cache]:
        """Make a decoding step, as `decoding` defines it; the beams of a row share its source.

        Args:
            source: Result of `source`.
            mask: (B, S) of the source, 1 on tokens and 0 on padding.
            length: Target positions T that there is room for.
            beams: Hypotheses M of each row.
            count: Candidate tokens of each beam. None: two for each beam, which beam search needs.
            context: Adapters.

        Returns:
            The step and its empty cache.
        """
        positions = self.decoder.position_bias(length)  # (1, H, T, T)
        source_bias = padding_bias(mask)  # (B, 1, 1, S)
        batch = mask.shape[0]
        heads, d_kv = self.config.num_heads, self.config.d_kv
        count = count or 2 * beams
        if batch * beams > MAX_BLOCKED_ROWS:
            context = self._unblock(context)

        def step(
            tokens: Tensor, position: Tensor, writers: Tensor | None, cache: Cache
        ) -> tuple[Tensor, Tensor, Cache]:
            x = self._embed(tokens)  # (B, M, D)
            bias = ops.slice(positions, (0, 0, position, 0), (1, heads, 1, length))
            if beams > 1:
                bias = _beam_bias(bias, writers, beams)
            new_cache = []
            for block, keys_values, old in zip(self.decoder.blocks, source, cache, strict=True):
                x, new = block.step(x, old, position, bias, keys_values, source_bias, context)
                new_cache.append(new)
            best, scores = self._likeliest(self.decoder.norm(x), count)
            return best, scores, tuple(new_cache)

        empty = ops.zeros((batch, heads, length * beams, d_kv), self.precision)
        return step, tuple((empty, empty) for _ in self.decoder.blocks)

    def next_token_logits(
        self, ids: Tensor, mask: Tensor, decoder_ids: Tensor, context: Context = BASE
    ) -> Tensor:
        """Compute the logits of the token that follows the decoder's inputs.

        Args:
            ids: Source token ids (B, S).
            mask: (B, S), as for `encode`.
            decoder_ids: Decoder inputs (B, T), without padding.
            context: Adapters.

        Returns:
            Logits (B, V) in float32.
        """
        return self(ids, mask, decoder_ids, context=self._unblock(context))[:, -1]

    def _unblock(self, context: Context) -> Context:
        """Add whole copies of matrices stored in blocks, which are slow for many rows."""
        layers = self.lora_layers().items()
        matrices = {path: layer.unblocked() for path, layer in layers if layer.is_blocked}
        return replace(context, unblocked=matrices)

    def prepare_steps(self) -> None:
        """Make decoding steps faster on a CPU; afterwards the model must not be saved or trained.

        A large head gets a shortlist, which takes one more byte for each of its weights; a head in
        int8 is its own shortlist. On CPUs with AVX-512, the matrices that a step multiplies few
        rows by are stored in blocks.
        """
        if cpu_has("avx512f"):
            for path, layer in self.lora_layers().items():
                if _is_used_in_steps(path):
                    layer.store_in_blocks()
        head = self.lm_head or self.shared
        if head.scale is not None:
            self.shortlist = Shortlist(head.weight, head.scale)
        elif self.config.vocab_size * self.config.d_model >= MIN_WEIGHTS:
            self.shortlist = Shortlist(head.weight)

    def logits(self, x: Tensor) -> Tensor:
        """Multiply the decoder's output (B, T, D) by the head -> logits (B, T, V) in float32.

        Args:
            x: The decoder's output (B, T, D), after the final norm.
        """
        head = self.lm_head or self.shared
        logits = matmul(self._scaled(x), head.weight.value, "float32", transposed=True)
        return logits if head.scale is None else logits * head.scale.value

    def _embed(self, ids: Tensor) -> Tensor:
        """Look up token ids (B, T) -> (B, T, D), in the type of the arithmetic."""
        return ops.cast(self.shared(ids), self.precision)

    def _likeliest(self, x: Tensor, count: int) -> tuple[Tensor, Tensor]:
        if self.shortlist is None:
            return likeliest(self.logits(x), count)
        return self.shortlist.likeliest(self._scaled(x), count)

    def _scaled(self, x: Tensor) -> Tensor:
        if not self.config.scale_decoder_outputs:
            return x
        return x * ops.cast(self.config.d_model**-0.5, x.dtype)


def _is_used_in_steps(path: str) -> bool:
    """Check whether decoding steps use a matrix; keys and values of the source come before."""
    source_projections = ("EncDecAttention.k", "EncDecAttention.v")
    return path.startswith("decoder") and not path.endswith(source_projections)


def _beam_bias(bias: Tensor, writers: Tensor, beams: int) -> Tensor:
    """Mask what other hypotheses wrote into the cache.

    Args:
        bias: Bias of the positions (1, H, 1, T).
        writers: (B, M, T), which beam wrote the token that beam m has at t.
        beams: M.

    Returns:
        Bias (B, H, M, T M).
    """
    batch, _, length = writers.shape
    is_other = ops.cast(writers[..., None] != ops.arange(beams), "float32")  # (B, M, T, M)
    bias = bias[..., None] + is_other[:, None] * MASKED  # (B, H, M, T, M)
    return ops.reshape(bias, (batch, -1, beams, length * beams))
