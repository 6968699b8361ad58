"""LoRA (Hu et al. 2021, https://arxiv.org/abs/2106.09685): a frozen matrix and a bank of adapters.

Each row of a batch names its slot in the bank, so the base and several adapters run as rows of one
batch on one copy of the weights. This is the idea of Punica (https://arxiv.org/abs/2310.18547) and
S-LoRA (https://arxiv.org/abs/2311.03285).

Axes: B batch, T tokens, N slots, r rank.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import keras
import numpy as np
from keras import ops

from lora_demo.model.backend import Tensor, gather, matmul
from lora_demo.model.checks import is_number, is_whole, problem
from lora_demo.model.keras_private import remove_weight
from lora_demo.model.parameters import MAX_RANK

BLOCK_WIDTH = 64
"""Columns that XLA's product takes at a time on a CPU with AVX-512."""
MAX_ALPHA = 1e6


@dataclass(frozen=True)
class LoraConfig:
    """The settings of a LoRA adapter: y = x W + scale * (x A) B.

    Args:
        r: Rank of the update, 1 to 4096.
        lora_alpha: Numerator of the scale; 2 r is the usual choice.
        lora_dropout: Dropout rate of A's input while training.
        target_modules: T5's names of the adapted matrices.
        use_rslora: Divide lora_alpha by sqrt(r) instead of r
            (https://arxiv.org/abs/2312.03732), so that large ranks keep learning.
        use_dora: Also train the length of each output, as `dora` explains.

    Raises:
        ValueError: Naming every field out of range.
    """

    r: int = 8
    lora_alpha: float = 16
    lora_dropout: float = 0.0
    target_modules: tuple[str, ...] = ("q", "v")
    use_rslora: bool = False
    use_dora: bool = False

    def __post_init__(self) -> None:
        problems = []
        if not is_whole(self.r, 1, MAX_RANK):
            problems.append(problem("r", self.r, f"a whole number from 1 to {MAX_RANK}"))
        if not is_number(self.lora_alpha, 0, MAX_ALPHA) or self.lora_alpha == 0:
            problems.append(problem("lora_alpha", self.lora_alpha, "above 0, at most 1e6"))
        if not is_number(self.lora_dropout, 0, 1) or self.lora_dropout == 1:
            problems.append(problem("lora_dropout", self.lora_dropout, "0 to below 1"))
        if problems:
            raise ValueError(f"LoRA settings: {'; '.join(problems)}.")

    @property
    def scale(self) -> float:
        """The factor of the update: lora_alpha / r, or lora_alpha / sqrt(r) with rsLoRA."""
        return self.lora_alpha / (math.sqrt(self.r) if self.use_rslora else self.r)


@dataclass(frozen=True)
class Context:
    """The inputs of a forward pass besides its activations.

    Args:
        slots: The adapter of each row: an int tensor (B,). An int, or a scalar tensor: one adapter
            for all rows. None: the base alone.
        lora_dropout: Dropout rate of the adapters' input; 0 outside training.
        dropout: T5's own dropout rate; 0 outside training.
        seeds: Generator for dropout.
        strengths: Factor of each row's update: a float tensor (B,). None: 1. At 0, the row equals
            the base exactly.
        unblocked: Matrices (d_in, d_out) by path, used in place of those stored in blocks.
    """

    slots: Tensor | int | None = None
    lora_dropout: float = 0.0
    dropout: float = 0.0
    seeds: keras.random.SeedGenerator | None = field(default=None, repr=False)
    strengths: Tensor | None = None
    unblocked: Mapping[str, Tensor] = field(default_factory=dict, repr=False)

    def drop(self, x: Tensor, rate: float | None = None) -> Tensor:
        """Apply dropout.

        Args:
            x: Any tensor.
            rate: None: T5's own rate.
        """
        rate = self.dropout if rate is None else rate
        return keras.random.dropout(x, rate, seed=self.seeds) if rate else x


BASE = Context()
"""The base model alone, without dropout."""


class LoraBank:
    """The adapters of one matrix: A (N, d_in, r), B (N, r, d_out) and scale (N,), in float32.

    All slots are zero at first, and a zero slot equals the base exactly. Adapters of a smaller rank
    are padded with zeros, which is exact too. In a bank for serving, slot 0 stays zero. The bank of
    a training run has one slot, the trained adapter.

    Args:
        slots: N.
        d_in: Width of the matrix's input.
        d_out: Width of the matrix's output.
        r: Largest rank that fits.
    """

    def __init__(self, slots: int, d_in: int, d_out: int, r: int) -> None:
        zeros = keras.initializers.Zeros()
        self.A = keras.Variable(zeros((slots, d_in, r)), dtype="float32", name="lora_A")
        self.B = keras.Variable(zeros((slots, r, d_out)), dtype="float32", name="lora_B")
        self.scale = keras.Variable(
            zeros((slots,)), dtype="float32", trainable=False, name="lora_scale"
        )
        self.gain: keras.Variable | None = None

    @property
    def variables(self) -> list[keras.Variable]:
        """A, B and scale, and the gains if there are any."""
        gains = [] if self.gain is None else [self.gain]
        return [self.A, self.B, self.scale, *gains]

    @property
    def trained(self) -> list[keras.Variable]:
        """The variables that training changes."""
        return [self.A, self.B]

    def add_gains(self) -> None:
        """Add a gain of each output, 1 at first, which adapters of DoRA need."""
        ones = keras.initializers.Ones()((self.A.shape[0], self.B.shape[2]))
        self.gain = keras.Variable(ones, dtype="float32", trainable=False, name="lora_gain")

    def apply(self, y: Tensor, x: Tensor, weight: Tensor, context: Context) -> Tensor:
        """Add the update to the base's output.

        Args:
            y: x W, (B, T, d_out).
            x: (B, T, d_in).
            weight: W as it is stored; only training with DoRA reads it.
            context: Gives each row's slot and strength, and dropout.

        Returns:
            (B, T, d_out).
        """
        y = y + self.update(x, context)
        if self.gain is None:
            return y
        gain = _select(self.gain.value, context.slots)  # (B, d_out) or (d_out,)
        if context.strengths is not None:
            # A strength is 0, which is the base, or 1 where the gain is not 1.
            gain = 1 + ops.cast(context.strengths, "float32")[:, None] * (gain - 1)
        if len(gain.shape) > 1:
            gain = gain[:, None]
        return y * ops.cast(gain, y.dtype)

    def update(self, x: Tensor, context: Context) -> Tensor:
        """Compute the update scale * (x A) B.

        A B is never formed, so its gradient is not either.

        Args:
            x: (B, T, d_in).
            context: Gives each row's slot and strength, and dropout.

        Returns:
            (B, T, d_out).
        """
        return self.product(context.drop(x, context.lora_dropout), context)

    def product(self, x: Tensor, context: Context) -> Tensor:
        """Compute scale * (x A) B without dropout.

        Args:
            x: (B, T, d_in).
            context: Gives each row's slot and strength.
        """
        A = _select(self.A.value, context.slots)  # (B, d_in, r), or (d_in, r) for one slot
        B = _select(self.B.value, context.slots)  # (B, r, d_out), or (r, d_out)
        scale = ops.cast(_select(self.scale.value, context.slots), x.dtype)  # (B,) or ()
        if len(scale.shape):
            scale = scale[:, None, None]
        if context.strengths is not None:
            scale = scale * ops.cast(context.strengths, x.dtype)[:, None, None]
        return matmul(matmul(x, A), B) * scale

    def write(
        self, slot: int, A: Tensor, B: Tensor, scale: float, gain: Tensor | None = None
    ) -> None:
        """Write an adapter into a slot; compiled functions stay valid.

        Args:
            slot: Index of the slot.
            A: (d_in, r') with r' <= r.
            B: (r', d_out).
            scale: Factor of the update.
            gain: (d_out,), for an adapter of DoRA. None: 1.
        """
        r = A.shape[1]
        padded_A = np.zeros((1, *self.A.shape[1:]), "float32")
        padded_A[0, :, :r] = np.asarray(A)
        padded_B = np.zeros((1, *self.B.shape[1:]), "float32")
        padded_B[0, :r] = np.asarray(B)
        scales = np.array([scale], "float32")
        self.A.assign(ops.slice_update(self.A.value, (slot, 0, 0), padded_A))
        self.B.assign(ops.slice_update(self.B.value, (slot, 0, 0), padded_B))
        self.scale.assign(ops.slice_update(self.scale.value, (slot,), scales))
        if self.gain is not None:
            row = np.ones(self.gain.shape[1]) if gain is None else np.asarray(gain)
            row = row.astype("float32")[None]
            self.gain.assign(ops.slice_update(self.gain.value, (slot, 0), row))

    def clear(self, slot: int) -> None:
        """Make a slot equal to the base again."""
        _, d_in, r = self.A.shape
        d_out = self.B.shape[2]
        self.write(slot, np.zeros((d_in, r)), np.zeros((r, d_out)), 0.0)


def _select(bank: Tensor, slots: Tensor | int | None) -> Tensor:
    """Take the rows' slots of a bank (N, ...) -> (B, ...), or one slot -> (...)."""
    return bank[slots] if isinstance(slots, int) else gather(bank, slots)


class UncastLayer(keras.layers.Layer):
    """A layer that takes tensors in the type they have.

    Keras would cast the tensors that T5 keeps in float32 to the layer's own type.

    Args:
        name: The layer's name.
        dtype: Type of the layer's weights.
    """

    def __init__(self, name: str, dtype: str) -> None:
        super().__init__(name=name, dtype=dtype, autocast=False)


class LoraDense(UncastLayer):
    """A frozen matrix with an optional bank of adapters: y = x W + scale * (x A) B.

    The matrix is stored as (d_out, d_in), as in checkpoints, until `store_in_blocks`. The bank is
    not a Keras sublayer, so that a larger one can replace it after the layer was built.

    Args:
        path: T5's path of the matrix, which becomes the layer's name.
        d_in: Width of the input.
        d_out: Width of the output.
        dtype: Type of the matrix.
    """

    def __init__(self, path: str, d_in: int, d_out: int, dtype: str) -> None:
        super().__init__(path, dtype)
        self.d_in, self.d_out = d_in, d_out
        self.weight = self.add_weight(shape=(d_out, d_in), initializer="zeros", name="kernel")
        self.bank: LoraBank | None = None
        self.built = True

    def call(self, x: Tensor, context: Context = BASE) -> Tensor:
        """Multiply x (B, T, d_in) by the matrix and add the adapters' update -> (B, T, d_out)."""
        y = self._multiply(x, context)
        if self.bank is None or context.slots is None:
            return y
        return self.bank.apply(y, x, self.weight.value, context)

    def _multiply(self, x: Tensor, context: Context) -> Tensor:
        if self.name in context.unblocked:
            return matmul(x, context.unblocked[self.name])
        if self.is_blocked:
            return self._multiply_blocks(x)
        return matmul(x, self.weight.value, transposed=True)

    def allocate(self, slots: int, r: int, with_gains: bool = False) -> None:
        """Give the layer an empty bank; functions compiled before must be compiled again.

        Args:
            slots: Adapters that fit.
            r: Largest rank that fits.
            with_gains: Make room for adapters of DoRA.
        """
        self.bank = LoraBank(slots, self.d_in, self.d_out, r)
        if with_gains:
            self.bank.add_gains()

    def matrix(self) -> np.ndarray:
        """Return the matrix (d_out, d_in) in float32, however it is stored."""
        if self.is_blocked:
            return np.asarray(ops.cast(self.unblocked(), "float32")).T
        return np.asarray(ops.cast(self.weight.value, "float32"))

    def store_in_blocks(self, width: int = BLOCK_WIDTH) -> None:
        """Store the matrix as (d_out / width, d_in, width), if width divides d_out.

        XLA multiplies a few rows by that form directly; the other form it would transpose at each
        call. Afterwards the layer must not be saved or trained.

        Args:
            width: Columns of a block.
        """
        if self.d_out % width:
            return
        blocks = np.reshape(np.asarray(self.weight), (-1, width, self.d_in)).transpose(0, 2, 1)
        remove_weight(self, self.weight)
        self.weight = self.add_weight(shape=blocks.shape, initializer="zeros", name="kernel")
        self.weight.assign(blocks)

    @property
    def is_blocked(self) -> bool:
        """True if the matrix is stored in blocks."""
        return len(self.weight.shape) == 3

    def unblocked(self) -> Tensor:
        """Put the matrix (d_in, d_out) together from its blocks."""
        return ops.reshape(ops.transpose(self.weight.value, (1, 0, 2)), (self.d_in, self.d_out))

    def _multiply_blocks(self, x: Tensor) -> Tensor:
        rows = ops.reshape(x, (-1, self.d_in))  # (B T, d_in)
        count = rows.shape[0]
        blocks = self.weight.value  # (d_out / width, d_in, width)
        # XLA takes longer for one row than for two.
        repeated = ops.broadcast_to(rows, (blocks.shape[0], max(2, count), self.d_in))
        y = ops.matmul(repeated, blocks)[:, :count]  # (d_out / width, B T, width)
        return ops.reshape(ops.transpose(y, (1, 0, 2)), (-1, x.shape[1], self.d_out))
