"""LoRA (Hu et al. 2021, https://arxiv.org/abs/2106.09685): a frozen matrix and a bank of adapters.

Each row of a batch names its slot in the bank, so the base and several adapters run as rows of one
batch on one copy of the weights. This is the idea of Punica (https://arxiv.org/abs/2310.18547) and
S-LoRA (https://arxiv.org/abs/2311.03285).

Axes: B batch, T tokens, N slots, r rank.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import keras
import numpy as np
from keras import ops

from lora_demo.model.backend import Tensor, dropout, gather, write_row
from lora_demo.model.products import matmul


@dataclass(frozen=True)
class Context:
    """The inputs of a forward pass besides its activations.

    Args:
        slots: The adapter of each row: an int tensor (B,). An int, or a scalar tensor: one adapter
            for all rows. None: the base alone.
        lora_dropout: Dropout rate of the adapters' input; 0 outside training.
        dropout: T5's own dropout rate; 0 outside training.
        seeds: Generator for dropout.
        strengths: Factor of each row's update: a float tensor (B, 1, 1). None: 1. At 0, the row
            equals the base exactly.
        ranks: Components that each row uses of its adapter, the first ones: an int tensor (B,).
            None: all of them. At 0, the row equals the base exactly.
        unblocked: Matrices (d_in, d_out) by path, used in place of those stored in blocks.
    """

    slots: Tensor | int | None = None
    lora_dropout: float = 0.0
    dropout: float = 0.0
    seeds: keras.random.SeedGenerator | None = field(default=None, repr=False)
    strengths: Tensor | None = None
    ranks: Tensor | None = None
    unblocked: Mapping[str, Tensor] = field(default_factory=dict, repr=False)

    def drop(self, x: Tensor, rate: float | None = None) -> Tensor:
        """Apply dropout.

        Args:
            x: Any tensor.
            rate: None: T5's own rate.
        """
        rate = self.dropout if rate is None else rate
        if not rate:
            return x
        assert self.seeds, "dropout needs a generator of seeds"
        return dropout(x, rate, self.seeds)


BASE = Context()
"""The base model alone, without dropout."""


class LoraBank:
    """The adapters of one matrix: A (N, d_in, r) and B (N, r, d_out), in float32.

    All slots are zero at first, and a zero slot equals the base exactly. Adapters of a smaller rank
    are padded with zeros, which is also exact. In a bank for serving, slot 0 stays zero, and each
    B holds the scale of its adapter as a factor. The bank of a training run has one slot, the
    trained adapter, whose scale stays apart.

    Args:
        slots: N.
        d_in: Width of the matrix's input.
        d_out: Width of the matrix's output.
        r: Largest rank that fits.
        scale: Factor of every update.
    """

    def __init__(self, slots: int, d_in: int, d_out: int, r: int, scale: float = 1.0) -> None:
        zeros = keras.initializers.Zeros()
        self.A = keras.Variable(zeros((slots, d_in, r)), dtype="float32", name="lora_A")
        self.B = keras.Variable(zeros((slots, r, d_out)), dtype="float32", name="lora_B")
        self.scale = scale
        self.gain: keras.Variable | None = None

    @property
    def variables(self) -> list[keras.Variable]:
        """A and B, and the gains if there are any."""
        gains = [] if self.gain is None else [self.gain]
        return [self.A, self.B, *gains]

    @property
    def trained(self) -> list[keras.Variable]:
        """The variables that training changes."""
        return [self.A, self.B]

    def add_gains(self) -> None:
        """Add a gain for each output, 1 at first, which DoRA adapters need."""
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
        if len(gain.shape) > 1:
            gain = gain[:, None]
        if context.strengths is not None:
            # Where the gain is not 1, the strength is 0 (the base) or 1.
            gain = 1 + ops.cast(context.strengths, "float32") * (gain - 1)
        return y * ops.cast(gain, y.dtype)

    def update(self, x: Tensor, context: Context) -> Tensor:
        """Compute the update scale * (x A) B.

        A B is never formed, and neither is its gradient.

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
            context: Gives each row's slot, strength and rank.
        """
        A = _select(self.A.value, context.slots)  # (B, d_in, r), or (d_in, r) for one slot
        B = _select(self.B.value, context.slots)  # (B, r, d_out), or (r, d_out)
        components = matmul(x, A)  # (B, T, r)
        if context.ranks is not None:
            is_used = ops.arange(A.shape[-1]) < context.ranks[:, None]  # (B, r)
            components = components * ops.cast(is_used, components.dtype)[:, None]
        y = matmul(components, B)
        if self.scale != 1:
            y = y * self.scale
        if context.strengths is not None:
            y = y * ops.cast(context.strengths, y.dtype)
        return y

    def write(self, slot: int, A: Tensor, B: Tensor, gain: Tensor | None = None) -> None:
        """Write an adapter into a slot; compiled functions stay valid.

        Args:
            slot: Index of the slot.
            A: (d_in, r') with r' <= r.
            B: (r', d_out); in a bank for serving, times the scale of the adapter.
            gain: (d_out,), for a DoRA adapter. None: 1.
        """
        r = A.shape[1]
        padded_A = np.zeros(self.A.shape[1:], "float32")
        padded_A[:, :r] = np.asarray(A)
        padded_B = np.zeros(self.B.shape[1:], "float32")
        padded_B[:r] = np.asarray(B)
        write_row(self.A, slot, padded_A)
        write_row(self.B, slot, padded_B)
        if self.gain is not None:
            row = np.ones(self.gain.shape[1]) if gain is None else np.asarray(gain)
            write_row(self.gain, slot, row.astype("float32"))

    def clear(self, slot: int) -> None:
        """Make a slot equal to the base again.

        Args:
            slot: Index of the slot.
        """
        _slots, d_in, r = self.A.shape
        d_out = self.B.shape[2]
        self.write(slot, np.zeros((d_in, r)), np.zeros((r, d_out)))


def _select(bank: Tensor, slots: Tensor | int | None) -> Tensor:
    """Take the rows' slots of a bank (N, ...) -> (B, ...), or one slot -> (...)."""
    return bank[slots] if isinstance(slots, int) else gather(bank, slots)
