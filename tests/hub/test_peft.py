"""The code on the card of a pushed adapter, run unchanged with transformers and PEFT."""

import importlib.util
import os
import subprocess
import sys

import pytest

from lora_demo.hub.push import push_adapter
from tests.hub.conftest import make_adapter

CHECK = """
assert type(model).__name__ == "PeftModelForSeq2SeqLM" and model.peft_config["default"].r == 3
lora = [p for name, p in model.named_parameters() if "lora_" in name]
assert len(lora) == 24 and all(float(p.abs().sum()) > 0 for p in lora)
"""


@pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("peft", "torch")),
    reason="PEFT is not installed",
)
@pytest.mark.parametrize("base_on_hub", [True, False])
def test_the_code_on_the_card_runs(hub, small_base, published_base, tmp_path, base_on_hub):
    push_adapter(
        make_adapter(
            tmp_path / "kitchen", small_base, "ada/small-t5" if base_on_hub else str(small_base)
        ),
        "ada/kitchen",
    )
    code = (
        hub.repo("ada/kitchen").files["README.md"].decode().split("```python\n")[1].split("```")[0]
    )
    environment = os.environ | {
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(tmp_path / "home"),
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", code.replace("max_new_tokens=64", "max_new_tokens=4") + CHECK],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
