"""The precisions that a translation can be computed in, and which of them this machine has."""

from lora_demo.model.messages import _
from lora_demo.model.processor import cpu_has

TRANSLATION_PRECISIONS = ("auto", "float32", "bfloat16", "int8")
"""`auto`: bfloat16 on a GPU, float32 on a CPU."""


def choose_precision(requested: str) -> tuple[str, str]:
    """Choose the precision of a model that translates.

    Args:
        requested: One of `TRANSLATION_PRECISIONS`.

    Returns:
        The precision of the weights, and a sentence if it is not the requested one; else "".
    """
    from lora_demo.model.backend import has_gpu

    if requested == "auto":
        return ("bfloat16" if has_gpu() else "float32"), ""
    note = _find_reason_against_int8() if requested == "int8" else ""
    return ("float32", note) if note else (requested, "")


def _find_reason_against_int8() -> str:
    """Say why XLA has no fast product of int8 matrices here; "" if it has one."""
    from lora_demo.model.backend import BACKEND, has_gpu

    if BACKEND != "tensorflow":
        return _(
            "int8 was tested with KERAS_BACKEND=tensorflow only, not with {backend}, so float32 is "
            "used instead of int8.",
            backend=BACKEND,
        )
    if has_gpu():
        return _(
            "int8 is for CPUs, and this machine has a GPU, so float32 is used instead of int8."
        )
    if not cpu_has("avx512bw"):
        return _(
            "This processor has no AVX-512, without which int8 is not faster, so float32 is used "
            "instead of int8."
        )
    return ""
