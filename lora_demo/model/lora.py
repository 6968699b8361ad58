"""LoRA (Hu et al. 2021, https://arxiv.org/abs/2106.09685) as a frozen matrix plus a bank of adapters, one slot each.

Axes: B batch, T tokens, r rank. A row of a batch names its slot, so the base and several adapters run as rows of one
batch on one copy of the weights (the idea of Punica, https://arxiv.org/abs/2310.18547, and S-LoRA,
https://arxiv.org/abs/2311.03285).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import keras
import numpy as np
from keras import ops

from lora_demo.model.backend import gathered, matmul
from lora_demo.model.parameters import MAX_RANK

BLOCK = 64
"""Columns that XLA's product takes at a time where there is AVX-512."""


@dataclass(frozen=True)
class LoraConfig:
    """What a LoRA adapter is: y = x W + scale * (x A) B, with scale = lora_alpha / r, or lora_alpha / sqrt(r) for rsLoRA.

    Args:
        r: rank of the update, 1 to 4096.
        lora_alpha: numerator of the scale; 2 r is the usual choice.
        lora_dropout: rate at which the input of A is dropped while training.
        target_modules: T5's names of the adapted matrices.
        use_rslora: divide by sqrt(r) (https://arxiv.org/abs/2312.03732), which keeps large ranks learning.
    Raises:
        ValueError: naming every field out of range.
    """

    r: int = 8
    lora_alpha: float = 16
    lora_dropout: float = 0.0
    target_modules: tuple[str, ...] = ("q", "v")
    use_rslora: bool = False

    def __post_init__(self):
        problems = []
        if not isinstance(self.r, int) or isinstance(self.r, bool) or not 1 <= self.r <= MAX_RANK:
            problems.append(f"r = {self.r!r} (wanted: a whole number from 1 to {MAX_RANK})")
        if not _number(self.lora_alpha) or not 0 < self.lora_alpha <= 1e6:
            problems.append(f"lora_alpha = {self.lora_alpha!r} (wanted: above 0, at most 1e6)")
        if not _number(self.lora_dropout) or not 0 <= self.lora_dropout < 1:
            problems.append(f"lora_dropout = {self.lora_dropout!r} (wanted: 0 up to below 1)")
        if problems:
            raise ValueError("LoRA settings: " + "; ".join(problems) + ".")

    @property
    def scale(self) -> float:
        return self.lora_alpha / (math.sqrt(self.r) if self.use_rslora else self.r)


def _number(value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


@dataclass(frozen=True)
class Context:
    """What a forward pass needs to know beside its activations.

    Args:
        slots: which adapter each row uses: an int tensor (B,); one slot for all rows: an int, or a tensor (); None, the base alone.
        lora_dropout, dropout: rates on the adapters' input and in T5 itself; 0 outside training.
        seeds: the generator that dropout draws from.
        strengths: what each row's update is multiplied by, a float tensor (B,); None: 1. At 0 a row is the base exactly.
        joined: matrices by their layers' paths, (d_in, d_out), to be used instead of the blocks that those lie in.
    """

    slots: object = None
    lora_dropout: float = 0.0
    dropout: float = 0.0
    seeds: keras.random.SeedGenerator | None = field(default=None, repr=False)
    strengths: object = None
    joined: Mapping[str, object] = field(default_factory=dict, repr=False)

    def drop(self, x, rate: float | None = None):
        """Dropout at T5's rate, or at the given one."""
        rate = self.dropout if rate is None else rate
        return keras.random.dropout(x, rate, seed=self.seeds) if rate else x


BASE = Context()
"""The base model alone, without dropout."""


class LoraBank:
    """The adapters of one matrix: A (slots, d_in, r), B (slots, r, d_out), scale (slots,), all float32, all zero at first.

    A zero slot is the base exactly; a smaller rank is padded with zeros, which is exact too. In a bank that serves,
    slot 0 is left zero; the bank of a training run has one slot, the trained one.
    """

    def __init__(self, slots: int, d_in: int, d_out: int, r: int):
        self.A = keras.Variable(
            keras.initializers.Zeros()((slots, d_in, r)), dtype="float32", name="lora_A"
        )
        self.B = keras.Variable(
            keras.initializers.Zeros()((slots, r, d_out)), dtype="float32", name="lora_B"
        )
        self.scale = keras.Variable(
            keras.initializers.Zeros()((slots,)),
            dtype="float32",
            trainable=False,
            name="lora_scale",
        )

    @property
    def variables(self) -> list[keras.Variable]:
        return [self.A, self.B, self.scale]

    def update(self, x, context: Context):
        """scale * (x A) B for x (B, T, d_in), each row by its slot or all by one; never the merged matrix, so never its gradient."""
        pick = (
            (lambda bank: bank[context.slots])
            if isinstance(context.slots, int)
            else (lambda bank: gathered(bank, context.slots))
        )
        A, B, scale = (pick(v.value) for v in self.variables)  # (d_in, r) or (B, d_in, r) ...
        scale = ops.cast(scale, x.dtype)
        scale = scale[:, None, None] if len(scale.shape) else scale
        scale = (
            scale
            if context.strengths is None
            else scale * ops.cast(context.strengths, x.dtype)[:, None, None]
        )
        return matmul(matmul(context.drop(x, context.lora_dropout), A), B) * scale

    def write(self, slot: int, A, B, scale: float):
        """Puts an adapter, A (d_in, r') and B (r', d_out) with r' <= r, into a slot; compiled functions stay valid."""
        r = A.shape[1]
        for variable, part, place in (
            (self.A, np.asarray(A), np.s_[:, :r]),
            (self.B, np.asarray(B), np.s_[:r]),
        ):
            whole = np.zeros((1, *variable.shape[1:]), "float32")
            whole[0][place] = part
            variable.assign(ops.slice_update(variable.value, (slot, 0, 0), whole))
        self.scale.assign(ops.slice_update(self.scale.value, (slot,), np.array([scale], "float32")))

    def clear(self, slot: int):
        """Makes a slot the base again."""
        _, d_in, r = self.A.shape
        self.write(slot, ops.zeros((d_in, r)), ops.zeros((r, self.B.shape[2])), 0.0)


class Typed(keras.layers.Layer):
    """A layer that takes tensors as they come: Keras would cast what T5 keeps in float32 to the layer's own precision."""

    def __init__(self, name: str, dtype):
        super().__init__(name=name, dtype=dtype, autocast=False)


class LoraDense(Typed):
    """A frozen matrix, x (B, T, d_in) -> (B, T, d_out), with an optional bank of adapters.

    It lies as (d_out, d_in), as in checkpoints, until `lay_in_blocks`.

    The bank is no Keras sublayer, so that it can be replaced by a larger one after the layer was built.
    """

    def __init__(self, path: str, d_in: int, d_out: int, dtype):
        super().__init__(name=path, dtype=dtype)
        self.d_in, self.d_out = d_in, d_out
        self.weight = self.add_weight(shape=(d_out, d_in), initializer="zeros", name="kernel")
        self.bank: LoraBank | None = None
        self.built = True

    def call(self, x, context: Context = BASE):
        if self.name in context.joined:
            y = matmul(x, context.joined[self.name])
        else:
            y = (
                self._by_blocks(x)
                if self.is_in_blocks
                else matmul(x, self.weight.value, transposed=True)
            )
        if self.bank is None or context.slots is None:
            return y
        return y + self.bank.update(x, context)

    def lay_in_blocks(self, width: int = BLOCK):
        """From here on the matrix lies as (d_out / width, d_in, width), if it can: XLA multiplies a few rows by that as it
        lies, and by the other only after turning it over, at each call. For models that are not saved or trained any more."""
        if self.d_out % width == 0:
            blocks = np.reshape(np.asarray(self.weight), (-1, width, self.d_in)).transpose(0, 2, 1)
            self._untrack_variable(self.weight)
            self.weight = self.add_weight(shape=blocks.shape, initializer="zeros", name="kernel")
            self.weight.assign(blocks)

    @property
    def is_in_blocks(self) -> bool:
        return len(self.weight.shape) == 3

    def joined(self):
        """The matrix (d_in, d_out) put together from its blocks."""
        return ops.reshape(ops.transpose(self.weight.value, (1, 0, 2)), (self.d_in, self.d_out))

    def _by_blocks(self, x):
        blocks, rows = self.weight.value, ops.reshape(x, (-1, self.d_in))
        shape = (
            blocks.shape[0],
            max(2, rows.shape[0]),
            self.d_in,
        )  # one row takes XLA longer than two
        y = ops.matmul(ops.broadcast_to(rows, shape), blocks)[
            :, : rows.shape[0]
        ]  # (blocks, B T, width)
        return ops.reshape(ops.transpose(y, (1, 0, 2)), (-1, x.shape[1], self.d_out))

    def allocate(self, slots: int, r: int):
        """Gives the layer an empty bank; functions compiled before must be compiled anew."""
        self.bank = LoraBank(slots, self.d_in, self.d_out, r)


def initialize(
    layers: Mapping[str, LoraDense], scales: Mapping[str, float], seed: int, slot: int = 0
):
    """A new adapter as PEFT begins one: A from U(-1/sqrt(d_in), 1/sqrt(d_in)), B zero, so that it changes nothing yet."""
    generator = keras.random.SeedGenerator(seed)
    for path, layer in layers.items():
        bound, r = 1 / math.sqrt(layer.d_in), layer.bank.A.shape[2]
        A = keras.random.uniform((layer.d_in, r), -bound, bound, seed=generator)
        layer.bank.write(slot, A, ops.zeros((r, layer.d_out)), scales[path])
