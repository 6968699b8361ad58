"""The shapes of a T5's weights and of the matrices that LoRA can adapt, from a config alone."""

import math

from lora_demo.model.config import T5Config


def dense_shapes(config: T5Config) -> dict[str, tuple[int, int]]:
    """List every matrix that LoRA can adapt.

    Args:
        config: The model's geometry.

    Returns:
        T5's module path -> (d_in, d_out), in the order of the blocks.
    """
    d_model, inner, d_ff = config.d_model, config.inner_dim, config.d_ff
    attention = {
        "q": (d_model, inner),
        "k": (d_model, inner),
        "v": (d_model, inner),
        "o": (inner, d_model),
    }
    inputs = ("wi_0", "wi_1") if config.gated else ("wi",)
    feed_forward = dict.fromkeys(inputs, (d_model, d_ff)) | {"wo": (d_ff, d_model)}
    encoder = {"layer.0.SelfAttention": attention, "layer.1.DenseReluDense": feed_forward}
    decoder = {
        "layer.0.SelfAttention": attention,
        "layer.1.EncDecAttention": attention,
        "layer.2.DenseReluDense": feed_forward,
    }
    stacks = (
        ("encoder", config.num_layers, encoder),
        ("decoder", config.num_decoder_layers, decoder),
    )
    return {
        f"{stack}.block.{i}.{layer}.{name}": shape
        for stack, blocks, layers in stacks
        for i in range(blocks)
        for layer, matrices in layers.items()
        for name, shape in matrices.items()
    }


def weight_shapes(config: T5Config) -> dict[str, tuple[int, ...]]:
    """List every weight of the model; a tied head is not a weight of its own.

    Args:
        config: The model's geometry.

    Returns:
        T5's module path -> shape. Matrices are (d_out, d_in), as in checkpoints.
    """
    shapes: dict[str, tuple[int, ...]] = {"shared": (config.vocab_size, config.d_model)}
    for path, (d_in, d_out) in dense_shapes(config).items():
        shapes[path] = (d_out, d_in)
    for stack, blocks, norms in (
        ("encoder", config.num_layers, 2),
        ("decoder", config.num_decoder_layers, 3),
    ):
        bias = f"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias"
        shapes[bias] = (config.relative_attention_num_buckets, config.num_heads)
        for i in range(blocks):
            for j in range(norms):
                shapes[f"{stack}.block.{i}.layer.{j}.layer_norm"] = (config.d_model,)
        shapes[f"{stack}.final_layer_norm"] = (config.d_model,)
    if not config.tie_word_embeddings:
        shapes["lm_head"] = (config.vocab_size, config.d_model)
    return shapes


def total_parameters(config: T5Config) -> int:
    """Count the weights of the base model, each once.

    Args:
        config: The model's geometry.
    """
    return sum(math.prod(shape) for shape in weight_shapes(config).values())
