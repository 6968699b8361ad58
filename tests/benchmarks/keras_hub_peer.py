"""KerasHub as a contender: its T5 with Keras's own LoRA.

It cannot read the checkpoint, so its weights are set one by one.
"""

from pathlib import Path

import keras
import keras_hub
import numpy as np

from lora_demo.checkpoints.adapters import read_adapter
from lora_demo.checkpoints.base import check_tensors, find_base
from lora_demo.checkpoints.tensors import read_tensor
from lora_demo.model.shapes import dense_shapes
from tests.benchmarks.workload import LEARNING_RATE, Workload

ATTENTION = {
    "q": "query_projector",
    "k": "key_projector",
    "v": "value_projector",
    "o": "output_projector",
}
FEED_FORWARD = {"wi_0": "input_projector", "wi_1": "gate_projector", "wo": "output_projector"}


def train(work: Workload):
    """Steps on one batch, compiled by XLA; computes the first three losses."""
    base = find_base(work.path("base"))
    backbone, config = _backbone(base.config), base.config
    dense = _assign(backbone, _weights(base), config)
    logits = backbone.token_embedding(backbone.output["decoder_sequence_output"], reverse=True)
    model = keras.Model(backbone.input, logits)
    for variable in model.trainable_variables:
        variable.trainable = False
    for path, (A, B, scale) in read_adapter(Path(work.path("start")), config).matrices.items():
        r = A.shape[1]
        dense[path].enable_lora(r, lora_alpha=scale * r)
        dense[path].lora_kernel_a.assign(A)
        dense[path].lora_kernel_b.assign(B)
    optimizer = keras.optimizers.AdamW(LEARNING_RATE, weight_decay=0.0, global_clipnorm=1.0)
    model.compile(
        optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True), jit_compile=True
    )
    ids, labels = work.batch
    shifted = np.concatenate(
        [np.full_like(labels[:, :1], config.decoder_start_token_id), labels[:, :-1]], axis=1
    )
    inputs = {
        "encoder_token_ids": ids,
        "encoder_padding_mask": np.ones_like(ids),
        "decoder_token_ids": shifted,
        "decoder_padding_mask": np.ones_like(shifted),
    }

    def step() -> float:
        model.reset_metrics()
        return float(model.train_on_batch(inputs, labels))

    return [step() for _ in range(3)], lambda: {"loss": step(), "tokens": ids.size + labels.size}


def _backbone(config):
    return keras_hub.models.T5Backbone(
        vocabulary_size=config.vocab_size,
        num_layers=config.num_layers,
        num_heads=config.num_heads,
        hidden_dim=config.d_model,
        intermediate_dim=config.d_ff,
        key_value_dim=config.d_kv,
        dropout=0.0,
        activation=lambda x: keras.activations.gelu(x, approximate=True),
        tie_embedding_weights=False,
    )


def _weights(base) -> dict[str, np.ndarray]:
    """Our path -> array, matrices as (d_in, d_out)."""
    matrices = {"lm_head", *dense_shapes(base.config)}
    return {
        path: read_tensor(*place).T if path in matrices else read_tensor(*place)
        for path, place in check_tensors(base).items()
    }


def _assign(backbone, weights, config) -> dict[str, keras.layers.Dense]:
    """Fills the backbone; returns its matrices by our paths."""
    backbone.token_embedding.embeddings.assign(weights["shared"])
    backbone.token_embedding.reverse_embeddings.assign(weights["lm_head"])
    dense = {}
    for stack in ("encoder", "decoder"):
        layers = getattr(backbone, f"{stack}_transformer_layers")
        getattr(backbone, f"{stack}_layer_norm").weight.assign(weights[f"{stack}.final_layer_norm"])
        layers[0].self_attention.relative_attention_bias.assign(
            weights[f"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias"]
        )
        for i, layer in enumerate(layers):
            parts = [
                ("SelfAttention", layer.self_attention, ATTENTION, layer.self_attention_layer_norm),
                ("DenseReluDense", layer, FEED_FORWARD, layer.layer_norm),
            ]
            if stack == "decoder":
                parts.insert(
                    1,
                    (
                        "EncDecAttention",
                        layer.cross_attention,
                        ATTENTION,
                        layer.cross_attention_layer_norm,
                    ),
                )
            for j, (name, part, projectors, norm) in enumerate(parts):
                norm.weight.assign(weights[f"{stack}.block.{i}.layer.{j}.layer_norm"])
                dense |= {
                    f"{stack}.block.{i}.layer.{j}.{name}.{ours}": getattr(part, theirs)
                    for ours, theirs in projectors.items()
                }
    for path, layer in dense.items():
        layer.kernel.assign(weights[path])
    return dense
