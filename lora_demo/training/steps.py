"""One optimizer step, compiled: loss, gradients, accumulation, clipping, AdamW."""

import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras
from keras import ops

from lora_demo.model.backend import compiled, shard, value_and_gradients
from lora_demo.model.lora import Context
from lora_demo.model.loss import cross_entropy, shift_right
from lora_demo.model.t5 import T5
from lora_demo.training.batches import IGNORE, Batch

Tensor = Any
"""A tensor of the backend."""


class Inputs(NamedTuple):
    """The arrays of a batch on the device; see `Batch`."""

    ids: Tensor
    segments: Tensor
    labels: Tensor
    target_segments: Tensor


class Stepper:
    """Trains some of a model's variables with AdamW.

    AdamW is from Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101.

    Args:
        model: The model.
        trained: The variables to train, float32.
        read: Other variables that the forward pass reads.
        slot: Slot of the adapter to train; None for the base itself.
        lora_dropout: Rate on the adapter's input.
        dropout: Rate in the base, as for `Context`.
        label_smoothing: Probability spread over all tokens.
        clip: Largest global norm of the gradient.
        weight_decay: Weight decay of AdamW.
        optimizer: Used instead of AdamW; it brings its own clipping and decay.
    """

    def __init__(
        self,
        model: T5,
        trained: Sequence[keras.Variable],
        read: Sequence[keras.Variable],
        *,
        slot: int | None = 0,
        lora_dropout: float = 0.0,
        dropout: float = 0.0,
        label_smoothing: float = 0.0,
        clip: float = 1.0,
        weight_decay: float = 0.0,
        optimizer: keras.optimizers.Optimizer | None = None,
    ) -> None:
        self.model = model
        self.trained = list(trained)
        self.label_smoothing = label_smoothing
        self.optimizer = optimizer or keras.optimizers.AdamW(
            1e-3, weight_decay=weight_decay, global_clipnorm=clip
        )
        self.optimizer.build(self.trained)
        self.sums = [
            keras.Variable(ops.zeros(v.shape), dtype="float32", trainable=False)
            for v in self.trained
        ]
        self._seeds = keras.random.SeedGenerator(0)
        self.training = Context(slot, lora_dropout, dropout, self._seeds)
        self.evaluating = Context(slot)
        self.state = [*self.optimizer.variables]
        everything = [*read, *self.trained, *self.state, *self.sums, self._seeds.state]
        self._read = list(read)
        self._only = compiled(self._one_batch, everything)
        self._add = compiled(self._add_batch, everything)
        self._apply = compiled(self._apply_sums, everything)
        self._evaluate = compiled(self._loss_alone, everything)

    def step(self, batches: Sequence[Batch], learning_rate: float, seed: int) -> float:
        """Do one update from the mean gradient over the target tokens of all batches.

        Args:
            batches: The batches of the update.
            learning_rate: Its rate.
            seed: Seed of dropout.

        Returns:
            The mean loss per target token.
        """
        share = _float(1 / max(1, sum(batch.targets for batch in batches)))
        rate = _float(learning_rate)
        seeds = [ops.convert_to_tensor([seed % 2**31, i], "uint32") for i in range(len(batches))]
        if len(batches) == 1:
            return float(self._only(_inputs(batches[0]), share, rate, seeds[0]))
        loss = 0.0
        for batch, batch_seed in zip(batches, seeds, strict=True):
            loss += float(self._add(_inputs(batch), share, batch_seed))
        self._apply(rate)
        return loss

    def warm_up(self, batch: Batch, accumulation: int) -> float:
        """Compile for a batch's shape without training.

        Args:
            batch: A batch of that shape.
            accumulation: Batches per update.

        Returns:
            The measured seconds of a batch.
        """
        before = [ops.copy(variable.value) for variable in self.state]
        count = min(2, accumulation)

        def step() -> None:
            self.step([batch] * count, 0.0, 0)

        step()
        seconds = min(_timed(step) for _ in range(2)) / count
        for variable, value in zip(self.state, before, strict=True):
            variable.assign(value)
        return seconds

    def evaluate(self, batches: Sequence[Batch]) -> float:
        """Return the mean loss per target token, without dropout and smoothing.

        Args:
            batches: Batches of one shape, since each further shape takes a compilation.
        """
        total = sum(float(self._evaluate(_inputs(batch))) for batch in batches)
        return total / max(1, sum(batch.targets for batch in batches))

    def _one_batch(self, inputs: Inputs, share: Tensor, rate: Tensor, seed: Tensor) -> Tensor:
        """Update from one batch, and return its loss."""
        loss, gradients = self._gradients(inputs, share, seed)
        self._update(gradients, rate)
        return loss

    def _add_batch(self, inputs: Inputs, share: Tensor, seed: Tensor) -> Tensor:
        """Add the gradient of a batch to the sums, and return its share of the loss."""
        loss, gradients = self._gradients(inputs, share, seed)
        for total, gradient in zip(self.sums, gradients, strict=True):
            total.assign(total.value + ops.cast(gradient, "float32"))
        return loss

    def _apply_sums(self, rate: Tensor) -> Tensor:
        """Update from the sums, and set them to zero."""
        self._update([total.value for total in self.sums], rate)
        for total in self.sums:
            total.assign(ops.zeros_like(total.value))
        return ops.convert_to_tensor(0)

    def _update(self, gradients: Sequence[Tensor], rate: Tensor) -> None:
        self.optimizer.learning_rate = rate
        self.optimizer.apply(gradients, self.trained)

    def _gradients(self, inputs: Inputs, share: Tensor, seed: Tensor) -> tuple[Tensor, Any]:
        seed_state = self._seeds.state
        seed_state.assign(seed)

        def loss() -> Tensor:
            return self._loss(inputs, self.training, self.label_smoothing) * share

        return value_and_gradients(loss, self.trained, [*self._read, seed_state])

    def _loss_alone(self, inputs: Inputs) -> Tensor:
        return self._loss(inputs, self.evaluating, 0.0)

    def _loss(self, inputs: Inputs, context: Context, label_smoothing: float) -> Tensor:
        """Sum of the loss over the target tokens."""
        config = self.model.config
        counts = inputs.labels != IGNORE
        targets = ops.where(counts, inputs.labels, config.pad_token_id)
        logits = self.model(
            inputs.ids,
            inputs.segments,
            shift_right(targets, config, inputs.target_segments),
            inputs.target_segments,
            context=context,
        )
        return cross_entropy(logits, targets, ops.cast(counts, "float32"), label_smoothing)


def _timed(call: Callable[[], object]) -> float:
    began = time.monotonic()
    call()
    return time.monotonic() - began


def _inputs(batch: Batch) -> Inputs:
    """Give each device its share of a batch."""
    return Inputs(
        ids=shard(batch.ids),
        segments=shard(batch.segments),
        labels=shard(batch.labels),
        target_segments=shard(batch.target_segments),
    )


def _float(value: float) -> Tensor:
    return ops.convert_to_tensor(value, "float32")
