"""Memory of a training step and of a translating process, estimated from a config alone."""

from lora_demo.model.config import T5Config
from lora_demo.model.parameters import BYTES_PER_FLOAT
from lora_demo.model.shapes import total_parameters

WEIGHT_BYTES = {"auto": 4, "float32": 4, "bfloat16": 2, "int8": 1}
"""Bytes of a weight in each precision; `auto` is float32 on a CPU."""
TRANSLATING_BYTES, TRANSLATING_COPIES = 1_100_000_000, 1.9
"""Memory of a translating process: without weights, and for each byte of weights.

A line through the largest peaks of two geometries: 1.7 GB of FLAN-T5-small's, 3.0 GB of base's.
"""


def activation_bytes(config: T5Config, pairs: int = 16, source: int = 32, target: int = 32) -> int:
    """Estimate what a float32 training step keeps for its backward pass.

    It counts the inputs of each matrix, norm and activation, attention's weights twice, and the
    logits three times (themselves, their softmax, their gradient). LoRA needs them just as full
    fine-tuning does. Measured on the embedded base, from batches of 64 pairs of 64 tokens to 128, a
    step's peak grew by 17% more than this estimate.

    Args:
        config: The model's geometry.
        pairs: Pairs of a batch.
        source: Tokens of each source.
        target: Tokens of each target.

    Returns:
        Bytes.
    """
    d_model, inner, heads = config.d_model, config.inner_dim, config.num_heads
    feed_forward = (4 if config.gated else 2) * config.d_ff
    encoder_block = 4 * d_model + 4 * inner + feed_forward + 2 * heads * source
    decoder_block = 6 * d_model + 6 * inner + feed_forward + 2 * heads * (source + target)
    cross_keys_values = config.num_decoder_layers * 2 * inner
    per_source_token = config.num_layers * encoder_block + cross_keys_values
    per_target_token = config.num_decoder_layers * decoder_block + 3 * config.vocab_size
    return BYTES_PER_FLOAT * pairs * (source * per_source_token + target * per_target_token)


def training_bytes(config: T5Config, trainable: int, **batch: int) -> int:
    """Estimate the memory of a float32 training step.

    Args:
        config: The model's geometry.
        trainable: Trained parameters; all of the model's, or those of an adapter.
        batch: `pairs`, `source` and `target`, as for `activation_bytes`.

    Returns:
        Bytes of weights, gradients and AdamW's moments of the trained ones, and activations.
    """
    total = total_parameters(config)
    added = 0 if trainable == total else trainable
    weights = BYTES_PER_FLOAT * (total + added)
    optimizer = 3 * BYTES_PER_FLOAT * trainable
    return weights + optimizer + activation_bytes(config, **batch)


def translating_bytes(config: T5Config, precision: str = "float32") -> int:
    """Estimate the memory of a process that translates with a base and adapters.

    Args:
        config: The model's geometry.
        precision: Type of the weights.

    Returns:
        Bytes, TensorFlow included.
    """
    weights = WEIGHT_BYTES[precision] * total_parameters(config)
    return TRANSLATING_BYTES + int(TRANSLATING_COPIES * weights)
