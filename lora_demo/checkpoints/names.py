"""The only table between our weights and the names in checkpoint files.

We use T5's own module paths, such as `encoder.block.0.layer.0.SelfAttention.q`. A tensor's name in
a checkpoint is the path plus `.weight`, and shapes are the same.
"""

import re
from collections.abc import Collection

from lora_demo.model.config import T5Config
from lora_demo.model.shapes import weight_shapes

EMBEDDING_COPIES = ("encoder.embed_tokens.weight", "decoder.embed_tokens.weight")
ALIASES = {"shared.weight": ("shared.weight", *EMBEDDING_COPIES, "lm_head.weight")}
"""Names for the embedding: encoder, decoder and a tied head share it, and a file may use any."""

IGNORED = re.compile(
    r"^((encoder|decoder)\.embed_tokens\.weight"
    r"|decoder\.block\.0\.layer\.1\.EncDecAttention\.relative_attention_bias\.weight"
    r"|lm_head\.weight)$"
)
"""Further names that a file may hold: copies of the embedding, and a bias that T5 never used."""

PEFT_PREFIX = "base_model.model."
MAGNITUDE = ".lora_magnitude_vector"
IN_MEMORY = re.compile(r"(?<=\.lora_A|\.lora_B|_vector)\.default(?=\.weight$|$)")


def checkpoint_name(path: str) -> str:
    """Return a tensor's name in a T5 checkpoint, given its module path.

    Args:
        path: A module path, such as `shared`.
    """
    return path + ".weight"


def expected_tensors(config: T5Config) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Return the tensors of a checkpoint: name -> (module path, shape).

    Args:
        config: The base's geometry.
    """
    return {checkpoint_name(path): (path, shape) for path, shape in weight_shapes(config).items()}


def locate(name: str, present: Collection[str]) -> str | None:
    """Find the name by which a file holds a tensor.

    Args:
        name: The tensor's own name.
        present: Names in the file.

    Returns:
        The name or one of its aliases; None if the file lacks the tensor.
    """
    for alias in ALIASES.get(name, (name,)):
        if alias in present:
            return alias
    return None


def magnitude_name(path: str) -> str:
    """Return PEFT's name of DoRA's magnitudes (d_out,), given a module path.

    Args:
        path: Module path of an adapted matrix.
    """
    return f"{PEFT_PREFIX}{path}{MAGNITUDE}"


def plain_name(name: str) -> str:
    """Return the name of an adapter's tensor as PEFT writes it.

    PEFT also reads two longer forms: with an adapter's name in memory (`lora_A.default.weight`),
    and for magnitudes with `.weight`.

    Args:
        name: A name in an adapter's weights file, in any of these forms.
    """
    name = IN_MEMORY.sub("", name)
    return name.removesuffix(".weight") if name.endswith(f"{MAGNITUDE}.weight") else name


def adapter_names(path: str) -> tuple[str, str]:
    """Return PEFT's names of lora_A (r, d_in) and lora_B (d_out, r), given a module path.

    Args:
        path: Module path of an adapted matrix.
    """
    return f"{PEFT_PREFIX}{path}.lora_A.weight", f"{PEFT_PREFIX}{path}.lora_B.weight"
