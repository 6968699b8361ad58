"""The error for a base whose weights do not match its config."""

import re
from pathlib import Path

from lora_demo.checkpoints.adapter_places import list_some
from lora_demo.files import read_json
from lora_demo.language import _

LORA_TENSOR = re.compile(r"\.(?:base_layer|lora_[AB]|lora_magnitude_vector)\b")
"""A name that PEFT gives to a tensor in a model."""
MAX_METHOD = 40
"""Characters of the name of a quantization."""
MAX_NAMED = 3
"""Tensors of each kind that a message names."""


def describe_mismatch(
    folder: Path, missing: list[str], unknown: list[str], wrong_shapes: list[str]
) -> str:
    """Say that a base's weights do not match its config: name a few tensors, and what to do.

    Args:
        folder: The folder of the base.
        missing: Names of tensors that the config demands.
        unknown: Names of further tensors.
        wrong_shapes: A phrase for each tensor of another shape.
    """
    of_lora = [name for name in unknown if LORA_TENSOR.search(name)]
    if of_lora:
        return _(
            "The weights in {folder} hold a LoRA adapter that is not merged ({names}). Merge it "
            "with PEFT's merge_and_unload, and save the model again.",
            folder=folder,
            names=list_some(of_lora, MAX_NAMED),
        )
    quantization = read_json(folder / "config.json").get("quantization_config")
    if isinstance(quantization, dict):
        return _(
            "The model in {folder} is quantized ({method}), and quantized weights are not read. "
            "Use the model that it was made from, or load it with transformers, call its method "
            "dequantize() and save it again.",
            folder=folder,
            method=str(quantization.get("quant_method"))[:MAX_METHOD],
        )
    problems = [_("missing {names}", names=list_some(missing, MAX_NAMED))] if missing else []
    problems += [_("unknown {names}", names=list_some(unknown, MAX_NAMED))] if unknown else []
    problems += [list_some(wrong_shapes, MAX_NAMED)] if wrong_shapes else []
    prefix = _common_prefix(missing, unknown)
    listed = "; ".join(problems)
    if prefix:
        return _(
            "The weights in {folder} do not match its config.json: {problems}. Save it "
            "without the prefix {prefix!r} in front of its tensors' names.",
            folder=folder,
            problems=listed,
            prefix=prefix,
        )
    return _(
        "The weights in {folder} do not match its config.json: {problems}. Use the "
        "config.json of these weights, or save the model again with transformers.",
        folder=folder,
        problems=listed,
    )


def _common_prefix(missing: list[str], unknown: list[str]) -> str:
    """Return what wrapped models put in front of every name, such as `module.`; or ""."""
    first = unknown[0] if unknown else ""
    suffix = next((name for name in missing if first.endswith("." + name)), "")
    prefix = first.removesuffix(suffix) if suffix else ""
    return prefix if all(name.startswith(prefix) for name in unknown) else ""
