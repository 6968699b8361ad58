"""The check that a run fits into the memory of this machine, before it starts."""

from lora_demo.formatting import format_size
from lora_demo.language import _
from lora_demo.model.config import T5Config
from lora_demo.model.shapes import total_parameters
from lora_demo.process_limits import total_bytes
from lora_demo.training.config import TrainConfig

MIN_BATCH_TOKENS = 8
"""Tokens per pair in the shortest possible batch: the memory check refuses only what cannot fit."""


def check_memory(config: TrainConfig, model: T5Config, base: str = "") -> None:
    """Refuse a run whose logits and their gradient cannot fit in memory beside the weights.

    Args:
        config: Settings of the run.
        model: Geometry of the base.
        base: Name of the base, for a message; empty for that of the config.

    Raises:
        ValueError: With the largest batch that fits, or if not even the weights fit.
    """
    pair_bytes = 2 * 4 * model.vocab_size * min(config.max_length, MIN_BATCH_TOKENS)
    weight_bytes = 4 * total_parameters(model)
    free_bytes = total_bytes() - weight_bytes
    if free_bytes < pair_bytes:
        raise ValueError(
            _(
                "A run on {base} needs over {needed} of memory, and this machine has {total}. "
                "Choose a smaller base.",
                base=base or config.base,
                needed=format_size(weight_bytes),
                total=format_size(total_bytes()),
            )
        )
    if pair_bytes * config.batch_size <= free_bytes:
        return
    max_batch = free_bytes // pair_bytes
    raise ValueError(
        _(
            "batch_size = {batch_size}: the logits of one batch need more than the "
            "{total_bytes:.0f} GB of memory of this machine. Use at most {max_batch}, "
            "with accumulation for larger updates.",
            batch_size=config.batch_size,
            total_bytes=total_bytes() / 1000000000.0,
            max_batch=max_batch,
        )
    )
