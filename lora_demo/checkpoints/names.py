"""The one table between our weights and the names in checkpoint files.

Ours are T5's own module paths (`encoder.block.0.layer.0.SelfAttention.q`), so a checkpoint's name is the path plus
`.weight`; shapes are the same here and there.
"""

import re
from collections.abc import Collection

from lora_demo.model.config import T5Config
from lora_demo.model.parameters import weight_shapes

ALIASES = {
    "shared.weight": (
        "shared.weight",
        "encoder.embed_tokens.weight",
        "decoder.embed_tokens.weight",
        "lm_head.weight",
    )
}
"""Names that a weight may go by where the first is absent: the same embedding serves all three, and a tied head."""

IGNORED = re.compile(
    r"^((encoder|decoder)\.embed_tokens\.weight|decoder\.block\.0\.layer\.1\.EncDecAttention\.relative_attention_bias\.weight|lm_head\.weight)$"
)
"""Names that a file may hold beside the table: copies of the embedding, and a bias that T5 never used."""

PEFT_PREFIX = "base_model.model."


def checkpoint_name(path: str) -> str:
    """Our path -> the tensor's name in a T5 checkpoint."""
    return path + ".weight"


def expected_tensors(config: T5Config) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Checkpoint name -> (our path, shape), for every weight of the model."""
    return {checkpoint_name(path): (path, shape) for path, shape in weight_shapes(config).items()}


def locate(name: str, present: Collection[str]) -> str | None:
    """The name by which a file holds a tensor, or None."""
    return next((alias for alias in ALIASES.get(name, (name,)) if alias in present), None)


def adapter_names(path: str) -> tuple[str, str]:
    """Our path -> PEFT's names of lora_A (r, d_in) and lora_B (d_out, r)."""
    return f"{PEFT_PREFIX}{path}.lora_A.weight", f"{PEFT_PREFIX}{path}.lora_B.weight"
