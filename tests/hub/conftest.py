"""A Hub on loopback for every test, and adapters, bases and Jobs to use with it.

The real client is pointed at that Hub; it has its own cache, and only the test's token.
"""

import json
import time

import numpy as np
import pytest
from safetensors.numpy import save_file

from lora_demo.checkpoints.adapter_config import peft_config
from lora_demo.checkpoints.adapters import write_adapter
from lora_demo.checkpoints.base import find_base
from lora_demo.checkpoints.card import model_card
from lora_demo.checkpoints.names import expected_tensors
from lora_demo.data.pairs import read_file
from lora_demo.data.sources import CORPUS
from lora_demo.hub import job_files
from lora_demo.hub.job_events import MARKER
from lora_demo.hub.push import push_adapter
from lora_demo.model.config import T5Config
from lora_demo.model.lora_config import LoraConfig
from lora_demo.model.parameters import is_target
from lora_demo.model.shapes import dense_shapes
from lora_demo.training.config import TrainConfig
from lora_demo.training.pretrain.vocabulary import train_tokenizer
from lora_demo.training.runs import create
from tests.hub.server import Hub, serve
from tests.tiny import pairs_file

__all__ = ["pairs_file"]

TOKEN = "hf_writer"


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """An empty Hub that the client in this process speaks to, logged in as ada."""
    from huggingface_hub import close_session, constants

    with serve(Hub()) as hub:
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        monkeypatch.setattr(
            constants,
            "HUGGINGFACE_CO_URL_TEMPLATE",
            hub.url + "/{repo_id}/resolve/{revision}/{filename}",
        )
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        yield hub
        close_session()


@pytest.fixture(scope="session")
def small_base(tmp_path_factory):
    """A random base with a real tokenizer, written without Keras."""
    folder = tmp_path_factory.mktemp("small-base")
    train_tokenizer(
        [text for pair in read_file(CORPUS / "recipes" / "train.tsv", 300) for text in pair],
        400,
        folder,
    )
    config, random = T5Config(400, 32, 8, 48, 2, 2, 3), np.random.default_rng(0)
    save_file(
        {
            name: random.normal(0, 0.05, shape).astype("float32")
            for name, (_, shape) in expected_tensors(config).items()
        },
        folder / "model.safetensors",
        {"format": "pt"},
    )
    (folder / "config.json").write_text(json.dumps(config.to_json()))
    return folder


def manifest_of(base_id: str, source: str = "builtin", sha256: str = "0" * 64) -> dict:
    """A manifest as the trainer writes it."""
    curve = [
        {
            "step": 10 * i,
            "train_loss": 4.0 - i if i else None,
            "eval_loss": 4.2 - i,
            "chrf": 5.0 + 9 * i,
        }
        for i in range(4)
    ]
    settings = {
        "base": base_id,
        "data": source,
        "rank": 3,
        "alpha": 6.0,
        "targets": ["q", "v"],
        "learning_rate": 0.002,
        "decay": "linear",
        "batch_size": 16,
        "seed": 0,
    }
    return {
        "format": 1,
        "name": "kitchen",
        "base": {"id": base_id, "revision": None, "sha256": sha256},
        "data": {"source": source, "sha256": "1" * 64, "train_pairs": 1800, "eval_pairs": 200},
        "config": settings,
        "training": {
            "steps": 30,
            "best_step": 30,
            "seconds": 61.2,
            "device": "CPU",
            "precision": "float32",
        },
        "scores": {
            "eval_loss": 1.2,
            "eval_chrf": 32.0,
            "base_eval_loss": 4.2,
            "base_eval_chrf": 5.0,
            "signature": "nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:2.6.0",
            "curve": curve,
        },
        "versions": {"lora_demo": "0.1.0", "keras": "3.15.0"},
        "command": f"python -m lora_demo train --base {base_id} --data {source} --rank 3",
    }


def make_adapter(folder, base_folder, base_id: str, source: str = "builtin", seed: int = 0):
    """A random adapter of rank 3 for q and v, with manifest and card as the trainer writes them."""
    lora, random = LoraConfig(3, 6, 0.0, ("q", "v")), np.random.default_rng(seed)
    shapes = {
        path: shape
        for path, shape in dense_shapes(find_base(str(base_folder)).config).items()
        if is_target(path, lora.target_modules)
    }
    matrices = {
        path: tuple(
            random.normal(0, 0.1, shape).astype("float32") for shape in ((d_in, 3), (3, d_out))
        )
        for path, (d_in, d_out) in shapes.items()
    }
    manifest = manifest_of(base_id, source)
    write_adapter(
        folder, matrices, peft_config(lora, base_id, None), manifest, model_card(manifest)
    )
    return folder


def files_of(folder) -> dict[str, bytes]:
    """A folder's files, as a repository holds them."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def adapter(small_base, tmp_path):
    """An adapter of a base that is on this Hub."""
    return make_adapter(tmp_path / "kitchen", small_base, "ada/small-t5")


@pytest.fixture
def published_base(hub, small_base):
    """The small base, as ada/small-t5."""
    return hub.add("ada/small-t5", files_of(small_base))


PEFT_FILES = {"adapter_model.safetensors", "adapter_config.json", "manifest.json", "README.md"}


def commits(hub, repo="ada/kitchen"):
    return [message for _, message, _ in hub.repo(repo).commits][1:]


@pytest.fixture
def published(hub, adapter, published_base):
    """The adapter as ada/kitchen, among other files."""
    push_adapter(adapter, "ada/kitchen")
    repo = hub.repo("ada/kitchen")
    repo.commit(repo.files | {"optimizer.pt": b"x" * 5000, "run.py": b"raise SystemExit"}, "more")
    hub.requests.clear()
    return repo


PLAN = {
    "device": "T4",
    "precision": "bfloat16",
    "train_pairs": 10,
    "eval_pairs": 2,
    "total_steps": 2,
    "eval_every": 1,
    "trainable": 9,
    "percent": 0.1,
    "shape": {"rows": 1, "source": 24, "target": 16},
}


DONE = {
    "steps": 2,
    "seconds": 1.0,
    "train_loss": 3.0,
    "eval_loss": 2.0,
    "eval_chrf": 20.0,
    "best_step": 2,
    "reason": "finished",
}


def line(kind: str, step: int = 0, **values) -> str:
    return MARKER + json.dumps({"time": time.time(), "step": step, "kind": kind, **values})


@pytest.fixture
def project(monkeypatch, tmp_path):
    """A small project to pack, since packing the real one takes long."""
    code = tmp_path / "code.py"
    code.write_text("print()")
    monkeypatch.setattr(job_files, "project_files", lambda: {"lora_demo/code.py": code})


@pytest.fixture
def run(tmp_path, project):
    return create(
        TrainConfig(base="ada/small-t5", steps=2, name="kitchen", rank=3), tmp_path / "runs"
    )


@pytest.fixture
def trains_well(hub, adapter, published_base):
    """A Job that trains and pushes, and prints what a real one prints."""

    def work(job):
        job["stage"] = "RUNNING"
        job["log"] += [
            "Collecting tensorflow",
            line("begin", pid=7),
            line("plan", **PLAN),
            line("step", 1, loss=3.0, learning_rate=1e-3, tokens_per_second=9.0, seconds_left=1.0),
        ]
        time.sleep(0.1)
        job["log"].append(line("done", 2, **DONE))
        push_adapter(adapter, job["spec"]["environment"]["REPO"], private=True)
        job["stage"] = "COMPLETED"

    hub.run_job = work


def kinds(events):
    return [event.kind for event in events]
