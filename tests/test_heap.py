"""A training process keeps the memory that it frees."""

import os
import platform
import subprocess
import sys

import pytest

FREED_AND_ALLOCATED_AGAIN = """
import resource, sys
import numpy as np
from lora_demo.heap import keep_freed_memory

if sys.argv[1] == "kept":
    assert keep_freed_memory()
np.ones(5_000_000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    np.ones(5_000_000)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the settings are glibc's")
def test_freed_memory_is_used_again_without_page_faults():
    plain = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    faults = {}
    for case in ("default", "kept"):
        command = [sys.executable, "-c", FREED_AND_ALLOCATED_AGAIN, case]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=plain)
        faults[case] = int(done.stdout)
    assert faults["kept"] < 100
    assert faults["default"] > 10 * faults["kept"]
