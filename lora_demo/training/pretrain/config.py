"""The settings of a pre-training run: one frozen dataclass that checks itself."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lora_demo.model.checks import problem

TASKS = ("spans", "pair-spans", "deshuffle", "en-de", "de-en")
"""Span corruption of one sentence and of a sentence beside its translation; the pieces of a
sentence to be put in order; both directions."""

PRECISIONS = ("float32", "mixed_bfloat16")


def _default_mixture() -> dict[str, float]:
    return {"spans": 0.11, "pair-spans": 0.46, "en-de": 0.42, "de-en": 0.01}


@dataclass(frozen=True)
class PretrainConfig:
    """Settings of one pre-training run.

    Args:
        pairs: German-English pairs; a `.txt` has `English<TAB>German` lines.
        output: Folder of the checkpoint, the log and the exported model.
        start: Output folder of an earlier run, or a base that one exported, whose weights and
            tokenizer this one begins with; None: random weights and a tokenizer of its own.
            A base grows if `layers` or `decoder_layers` are more than it has.
        mixture: Share of examples of each task in `TASKS`; the shares sum to 1.
        steps: Optimizer steps.
        decay_steps: Last steps, over which the learning rate falls linearly to zero.
        warmup: First steps, over which the learning rate rises linearly.
        learning_rate: Rate of Muon, which trains the matrices; AdamW has half of it.
        weight_decay: Weight decay of the matrices.
        batch_pairs: Pairs that a step draws.
        joined_share: Share of examples that join two to five sentences into a passage.
        sampled_share: Share of source texts cut into sampled pieces instead of the best ones.
        label_smoothing: Probability that targets spread over the whole vocabulary.
        dropout: Dropout at T5's own places; 0, since the mixture hardly repeats an example.
        precision: Arithmetic of the training steps: `float32`, or `mixed_bfloat16`, whose
            products take half the time on a CPU that has them. Weights stay float32.
        vocab: Pieces of the vocabulary, sentinels included.
        d_model: Width of the model.
        d_kv: Width of a head.
        heads: Attention heads.
        d_ff: Width of the feed-forward layers.
        layers: Blocks of the encoder.
        decoder_layers: Blocks of the decoder.
        held_out: Pairs kept out of training, half to follow it, half for the final test.
        eval_minutes: Minutes of training between evaluations.
        seed: Seed of the split, the weights and the batches.

    Raises:
        ValueError: Naming every setting out of range.
    """

    pairs: Path
    output: Path
    start: Path | None = None
    mixture: Mapping[str, float] = field(default_factory=_default_mixture)
    steps: int = 8000
    decay_steps: int = 1500
    warmup: int = 100
    learning_rate: float = 4e-3
    weight_decay: float = 0.05
    batch_pairs: int = 512
    joined_share: float = 0.05
    sampled_share: float = 0.5
    label_smoothing: float = 0.1
    dropout: float = 0.0
    precision: str = "float32"
    vocab: int = 5000
    d_model: int = 256
    d_kv: int = 32
    heads: int = 8
    d_ff: int = 640
    layers: int = 3
    decoder_layers: int = 3
    held_out: int = 2000
    eval_minutes: float = 20.0
    seed: int = 1

    @staticmethod
    def default_mixture() -> dict[str, float]:
        """The shares that the embedded base began with; its card has those of its later runs."""
        return _default_mixture()

    def __post_init__(self) -> None:
        problems = [
            problem(name, value, requirement)
            for name, value, is_valid, requirement in self._checks()
            if not is_valid
        ]
        if problems:
            raise ValueError("Pre-training settings: " + "; ".join(problems) + ".")

    def _checks(self) -> Iterator[tuple[str, Any, bool, str]]:
        """Yield name, value, whether it is valid, and the requirement, of every setting."""
        sizes = ("vocab", "d_model", "d_kv", "heads", "d_ff", "layers", "decoder_layers")
        for name in (*sizes, "steps", "batch_pairs", "held_out"):
            value = getattr(self, name)
            yield name, value, value >= 1, "a whole number from 1"
        for name in ("decay_steps", "warmup"):
            value = getattr(self, name)
            yield name, value, 0 <= value <= self.steps, f"0 to the {self.steps} steps"
        for name in ("joined_share", "sampled_share"):
            value = getattr(self, name)
            yield name, value, 0 <= value <= 1, "0 to 1"
        for name in ("label_smoothing", "dropout", "weight_decay"):
            value = getattr(self, name)
            yield name, value, 0 <= value < 1, "0 to below 1"
        is_precision = self.precision in PRECISIONS
        yield "precision", self.precision, is_precision, " or ".join(PRECISIONS)
        rate = self.learning_rate
        yield "learning_rate", rate, 0 < rate <= 1, "above 0, at most 1"
        minutes = self.eval_minutes
        yield "eval_minutes", minutes, minutes >= 0, "0 or more"
        shares = self.mixture.values()
        is_mixture = (
            set(self.mixture) <= set(TASKS)
            and all(share >= 0 for share in shares)
            and math.isclose(sum(shares), 1, abs_tol=1e-6)
        )
        yield "mixture", dict(self.mixture), is_mixture, f"shares of {', '.join(TASKS)}; sum 1"

    def rate_at(self, step: int) -> float:
        """Learning rate of a step, counted from 0: it rises, stays constant and falls to zero.

        Args:
            step: Number of the step, from 0.
        """
        rising = (step + 1) / self.warmup if self.warmup else 1.0
        falling = (self.steps - step) / self.decay_steps if self.decay_steps else 1.0
        return self.learning_rate * min(1.0, rising, falling)
