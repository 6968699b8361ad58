"""Training on several devices (`keras.distribution`, under JAX) gives the weights of one."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from lora_demo.data.encoding import Example
from lora_demo.data.packing import plan_shape


@pytest.mark.skipif(not find_spec("jax"), reason="jax is not installed")
def test_two_devices_train_the_same_weights_as_one(tiny_base, pairs_file, tmp_path):
    one, two = (train(tiny_base, pairs_file, tmp_path / str(count), count) for count in (1, 2))
    plans = [next(e for e in events if e["kind"] == "plan") for events, _ in (one, two)]
    assert plans[0]["shape"] == plans[1]["shape"]
    assert plans[0]["shape"]["rows"] == 4
    assert [plan["device"] for plan in plans] == ["CPU", "2 x CPU"]
    for kind, value in (("step", "loss"), ("eval", "eval_loss")):
        losses = [
            [event[value] for event in events if event["kind"] == kind] for events, _ in (one, two)
        ]
        assert len(losses[0]) >= 3 and len(set(losses[0])) == len(losses[0])
        np.testing.assert_allclose(losses[0], losses[1], rtol=1e-5)
    assert one[1].keys() == two[1].keys()
    for name, matrix in one[1].items():
        np.testing.assert_allclose(matrix, two[1][name], atol=2e-5)


def train(base: Path, pairs: Path, folder: Path, devices: int):
    """Train on the given number of virtual devices; return the events and the matrices."""
    command = [
        sys.executable,
        "-m",
        "lora_demo",
        "train",
        "--base",
        base,
        "--data",
        pairs,
        "--rank",
        "2",
        "--targets",
        "attention",
        "--steps",
        "8",
        "--eval-every",
        "2",
        "--batch-size",
        "16",
        "--output",
        folder,
    ]
    environment = os.environ | {
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}",
    }
    finished = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, env=environment, timeout=600
    )
    assert finished.returncode == 0, finished.stderr
    lines = (folder / "events.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in lines]
    return events, load_file(folder / "adapter" / "adapter_model.safetensors")


@pytest.mark.parametrize("devices", [1, 2, 3, 8])
def test_every_device_gets_the_same_number_of_rows(devices):
    examples = [Example(list(range(n)), list(range(n + 2))) for n in (3, 9, 20, 14)]
    for pairs in (1, 7, 40, 200):
        shape = plan_shape(examples, pairs, devices)
        assert shape.rows % devices == 0 and shape.rows > 0
        assert shape.source >= 20 and shape.target >= 22
