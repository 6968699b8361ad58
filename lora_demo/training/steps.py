"""One optimizer step, compiled: loss, gradients, accumulation, clipping, AdamW."""

import time
from collections.abc import Callable, Sequence

import keras
from keras import ops

from lora_demo.model.backend import compiled, shard, value_and_gradients
from lora_demo.model.lora import Context
from lora_demo.model.loss import cross_entropy, shift_right
from lora_demo.model.t5 import T5
from lora_demo.training.batches import IGNORE, Batch


class Stepper:
    """Trains some of a model's variables with AdamW (Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101).

    Args:
        trained: the variables to train, float32.
        read: further variables that the forward pass reads.
        lora_dropout, dropout: rates, see `Context`; slot: which adapter to train, None for the base itself.
        clip: largest global norm of the gradient; weight_decay: AdamW's own.
        optimizer: used instead of AdamW; it brings its own clipping and decay.
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
    ):
        self.model, self.trained, self.label_smoothing = model, list(trained), label_smoothing
        self.optimizer = optimizer or keras.optimizers.AdamW(
            1e-3, weight_decay=weight_decay, global_clipnorm=clip
        )
        self.optimizer.build(self.trained)
        self.sums = [
            keras.Variable(ops.zeros(v.shape), dtype="float32", trainable=False)
            for v in self.trained
        ]
        seeds = keras.random.SeedGenerator(0)
        self.training = Context(slot, lora_dropout, dropout, seeds)
        self.evaluating = Context(slot)
        self.state = [*self.optimizer.variables]
        everything = [*read, *self.trained, *self.state, *self.sums, seeds.state]
        self._read = list(read)
        self._only = compiled(self._one_batch, everything)
        self._add = compiled(self._add_batch, everything)
        self._apply = compiled(self._apply_sums, everything)
        self._evaluate = compiled(self._loss_alone, everything)

    def step(self, batches: Sequence[Batch], learning_rate: float, seed: int):
        """One update from the mean gradient over the target tokens of all the batches; returns that mean loss."""
        share, rate = (
            _float(1 / max(1, sum(batch.targets for batch in batches))),
            _float(learning_rate),
        )
        seeds = [ops.convert_to_tensor([seed % 2**31, i], "uint32") for i in range(len(batches))]
        if len(batches) == 1:
            return float(self._only(*_arrays(batches[0]), share, rate, seeds[0]))
        loss = sum(float(self._add(*_arrays(batch), share, s)) for batch, s in zip(batches, seeds))
        self._apply(rate)
        return loss

    def warm_up(self, batch: Batch, accumulation: int) -> float:
        """Compiles for the batch's shape without training; returns the seconds of a step."""
        before, count = [ops.copy(v.value) for v in self.state], min(2, accumulation)
        step = lambda: self.step([batch] * count, 0.0, 0)
        step()
        seconds = min(_timed(step) for _ in range(2)) / count
        for variable, value in zip(self.state, before):
            variable.assign(value)
        return seconds

    def evaluate(self, batches: Sequence[Batch]) -> float:
        """Mean loss per target token, without dropout and smoothing."""
        total = sum(float(self._evaluate(*_arrays(batch))) for batch in batches)
        return total / max(1, sum(batch.targets for batch in batches))

    def _one_batch(self, ids, segments, labels, target_segments, share, rate, seed):
        loss, gradients = self._gradients(ids, segments, labels, target_segments, share, seed)
        self._update(gradients, rate)
        return loss

    def _add_batch(self, ids, segments, labels, target_segments, share, seed):
        loss, gradients = self._gradients(ids, segments, labels, target_segments, share, seed)
        for total, gradient in zip(self.sums, gradients):
            total.assign(total.value + ops.cast(gradient, "float32"))
        return loss

    def _apply_sums(self, rate):
        self._update([total.value for total in self.sums], rate)
        for total in self.sums:
            total.assign(ops.zeros_like(total.value))
        return ops.convert_to_tensor(0)

    def _update(self, gradients, rate):
        self.optimizer.learning_rate = rate
        self.optimizer.apply(gradients, self.trained)

    def _gradients(self, ids, segments, labels, target_segments, share, seed):
        self.training.seeds.state.assign(seed)
        loss = lambda: (
            self._loss(ids, segments, labels, target_segments, self.training, self.label_smoothing)
            * share
        )
        return value_and_gradients(loss, self.trained, self._read + [self.training.seeds.state])

    def _loss_alone(self, ids, segments, labels, target_segments):
        return self._loss(ids, segments, labels, target_segments, self.evaluating, 0.0)

    def _loss(self, ids, segments, labels, target_segments, context, label_smoothing):
        counts = labels != IGNORE
        targets = ops.where(counts, labels, self.model.config.pad_token_id)
        logits = self.model(
            ids,
            segments,
            shift_right(targets, self.model.config, target_segments),
            target_segments,
            context=context,
        )
        return cross_entropy(logits, targets, ops.cast(counts, "float32"), label_smoothing)


def _timed(call: Callable[[], object]) -> float:
    began = time.monotonic()
    call()
    return time.monotonic() - began


def _arrays(batch: Batch):
    return tuple(map(shard, (batch.ids, batch.segments, batch.labels, batch.target_segments)))


def _float(value: float):
    return ops.convert_to_tensor(value, "float32")
