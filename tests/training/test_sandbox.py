"""Promise: a training process is limited, and says in one sentence which limit it has reached."""

import os
import socket
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from lora_demo.errors import FILE_TOO_LARGE, OUT_OF_MEMORY, describe_error
from lora_demo.training.config import TrainConfig
from lora_demo.training.run_process import describe_signal, find_process, launch
from lora_demo.training.runs import create
from lora_demo.training.sandbox import needs_hub
from tests.waiting import PATIENCE, wait_for

ROOT = Path(__file__).parents[2]
INSIDE = """
import json, os, resource, sys
from lora_demo.training.sandbox import enter_sandbox
from lora_demo.training.config import TrainConfig
enter_sandbox(TrainConfig({}))
{}
"""


def run_command(command: list[str], environment) -> subprocess.CompletedProcess:
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=PATIENCE
    )


def inside(code: str, settings: str = "steps=1", **limits) -> subprocess.CompletedProcess:
    """Run code in a process that has entered the sandbox."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    environment |= {f"LORA_DEMO_MAX_RUN_{name}": str(value) for name, value in limits.items()}
    command = [sys.executable, "-c", INSIDE.format(settings, code)]
    return run_command(command, environment)


def can_leave_network() -> bool:
    """Check in a child whether the kernel lets a process give up its network."""
    code = "from lora_demo.training.sandbox import leave_network as f; print(f())"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", code]
    ended = run_command(command, environment)
    return ended.stdout == "True\n"


def test_the_process_has_limits_and_no_new_privileges():
    ended = inside("print(open('/proc/self/status').read(), open('/proc/self/limits').read())")
    lines = [line.split() for line in ended.stdout.splitlines()]
    assert ["NoNewPrivs:", "1"] in lines
    limits = {" ".join(words[1:-3]): words[-3] for words in lines if words[:1] == ["Max"]}
    assert limits["core file size"] == "0", limits
    assert "unlimited" not in (limits["file size"], limits["data size"])


def test_a_run_without_the_hub_works_offline():
    code = "from huggingface_hub import constants; print(constants.HF_HUB_OFFLINE)"
    assert inside(code).stdout == "True\n"


CONNECT = """
import socket
try:
    socket.create_connection(('127.0.0.1', {}), 5)
except OSError as error:
    print(error)
"""
AS_NOBODY = """
import os
import numpy
from lora_demo.training.sandbox import leave_network
if os.getuid() == 0:
    os.setgid(65534), os.setuid(65534)
print(leave_network())
open({!r}, 'w').close()
"""


@pytest.fixture
def port():
    """A port of this machine that takes connections."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.skipif(not can_leave_network(), reason="the kernel does not allow it here")
def test_a_run_without_the_hub_has_no_network_and_one_with_it_has(port):
    assert "unreachable" in inside(CONNECT.format(port)).stdout
    ended = inside(CONNECT.format(port), settings="data='wmt/wmt16:de-en:train[:9]', steps=1")
    assert ended.stdout == "" and ended.returncode == 0, ended.stderr


def test_without_the_right_to_leave_the_network_the_process_still_writes_files():
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory() as folder:  # `tmp_path` is closed to others
        Path(folder).chmod(0o777)
        file = Path(folder, "written")
        ended = run_command([sys.executable, "-c", AS_NOBODY.format(str(file))], environment)
        assert ended.stdout in ("True\n", "False\n"), ended.stderr
        assert file.exists()


@pytest.mark.parametrize(
    ("change", "is_needed"),
    [
        ({}, False),
        ({"data": "builtin:weather", "watch": "builtin:everyday"}, False),
        ({"base": "google/flan-t5-small"}, True),
        ({"data": "wmt/wmt16:de-en:train[:1%]"}, True),
        ({"watch": "wmt/wmt16:de-en:test"}, True),
        ({"parent": "ada/kitchen"}, True),
    ],
)
def test_the_hub_is_needed_only_for_what_is_not_on_this_machine(change, is_needed):
    assert needs_hub(replace(TrainConfig(steps=1), **change)) is is_needed


def test_a_file_over_the_limit_is_described():
    code = (
        "from lora_demo.errors import describe_error\n"
        "import tempfile, numpy, safetensors.numpy\n"
        "with tempfile.TemporaryDirectory() as folder:\n"
        "    for write in (lambda p: open(p, 'wb').write(bytes(200_000)),\n"
        "                  lambda p: safetensors.numpy.save_file("
        "{'a': numpy.zeros(50_000)}, p)):\n"
        "        try:\n            write(folder + '/file')\n"
        "        except Exception as error:\n            print(describe_error(error))\n"
    )
    assert inside(code, FILE_GB=0.0001).stdout.splitlines() == [FILE_TOO_LARGE] * 2


def test_memory_over_the_limit_is_described():
    code = (
        "from lora_demo.errors import describe_error\n"
        "try:\n    bytearray(10**9)\n"
        "except MemoryError as error:\n    print(describe_error(error))\n"
    )
    assert inside(code, MEMORY_GB=0.5).stdout == f"{OUT_OF_MEMORY}\n"
    assert describe_error(RuntimeError("can't start new thread")) == OUT_OF_MEMORY
    for silent in (
        "error return without exception set",
        "<function _find_and_load at 0x7f> returned NULL without setting an exception",
    ):
        assert describe_error(SystemError(silent)) == OUT_OF_MEMORY


def test_a_limit_that_is_not_a_number_is_refused():
    ended = inside("", MEMORY_GB="much")
    assert "LORA_DEMO_MAX_RUN_MEMORY_GB = 'much' is not a limit" in ended.stderr


def test_a_run_that_reaches_its_memory_limit_says_so(quick_config, tmp_path, monkeypatch):
    monkeypatch.setenv("LORA_DEMO_MAX_RUN_MEMORY_GB", "0.15")
    run = create(quick_config, tmp_path)
    launch(run.folder, run.tag)
    wait_for(lambda: not find_process(run.folder) and run.state in ("failed", "killed"))
    wait_for(lambda: run.message)
    assert run.message in (OUT_OF_MEMORY, describe_signal(6))
