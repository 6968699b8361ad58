"""The processor of this machine and its instruction sets."""

import platform
from pathlib import Path

PROCESSOR_LINES = ("model name", "flags", "Features", "CPU part")
"""Beginnings of the lines of /proc/cpuinfo with the processor's name and instruction sets."""


def describe_processor() -> str:
    """Return the processor's name and its instruction sets."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    described = [line for line in lines if line.startswith(PROCESSOR_LINES)]
    return " ".join(dict.fromkeys(described))


def cpu_has(*flags: str) -> bool:
    """Check whether the processor has one of these instruction sets, by Linux's names.

    Args:
        flags: Names as in /proc/cpuinfo; elsewhere than on Linux the answer is False.
    """
    return not set(flags).isdisjoint(describe_processor().split())


def cpu_has_bfloat16() -> bool:
    """Check whether the processor has instructions for products of bfloat16."""
    return cpu_has("avx512_bf16", "amx_bf16")
