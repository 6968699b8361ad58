"""An adapter of another base with the same shapes is refused by the hash in its manifest."""

import json
import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from lora_demo.checkpoints.adapter_base import check_base
from lora_demo.checkpoints.base import find_base, fingerprint
from lora_demo.model.lora_config import LoraConfig
from lora_demo.service import adapter_entries
from lora_demo.service.services import open_services
from lora_demo.training.parent import read_parent
from lora_demo.training.request import TrainRequest
from lora_demo.training.runs import create
from tests.checkpoints.adapter_folders import write_random

KEY = "nobody-else-knows-this-key"


@pytest.fixture
def base(tiny_base):
    return find_base(str(tiny_base))


@pytest.fixture
def other_base(tiny_base, tmp_path):
    """A base of the same shapes with other weights."""
    folder = shutil.copytree(tiny_base, tmp_path / "other")
    tensors = load_file(folder / "model.safetensors")
    changed = {name: np.ascontiguousarray(-tensor) for name, tensor in tensors.items()}
    save_file(changed, folder / "model.safetensors", {"format": "pt"})
    return find_base(str(folder))


@pytest.fixture
def adapter(base, tmp_path):
    folder = write_random(tmp_path / "mine", base, LoraConfig(2, 4, 0.0, ("q",)))
    record(folder, fingerprint(base))
    return folder


def record(folder, sha256):
    entry = {"id": "ada/t5", "revision": None, "sha256": sha256}
    (folder / "manifest.json").write_text(json.dumps({"base": entry}))


def test_the_hash_of_a_base_follows_its_weights(base, other_base):
    assert fingerprint(base) == fingerprint(base) != fingerprint(other_base)
    shutil.copy(base.folder / "model.safetensors", other_base.folder / "model.safetensors")
    assert fingerprint(other_base) == fingerprint(base)


def test_an_adapter_is_used_with_the_base_that_it_records(adapter, base, other_base):
    check_base(adapter, base)
    with pytest.raises(ValueError, match=r"mine was trained on ada/t5 .*other weights"):
        check_base(adapter, other_base)


@pytest.mark.parametrize("manifest", ["", "{", "[]", '{"base": 5}', '{"base": {"sha256": null}}'])
def test_an_adapter_without_a_recorded_hash_is_accepted(adapter, other_base, manifest):
    (adapter / "manifest.json").write_text(manifest)
    check_base(adapter, other_base)
    (adapter / "manifest.json").unlink()
    check_base(adapter, other_base)


def test_a_run_and_the_page_refuse_a_parent_of_another_base(
    adapter, base, other_base, tmp_path, monkeypatch
):
    monkeypatch.setattr(adapter_entries, "shipped", lambda: [adapter])
    monkeypatch.setattr("lora_demo.checkpoints.adapter_files.shipped", lambda: [adapter])
    services = open_services(other_base.id, None, tmp_path / "visitors")
    request = TrainRequest(parent="mine", unit="steps", length=1)
    (config,) = services.trainings.configs(request, "builtin", KEY)
    run = create(config, tmp_path / "runs")
    with pytest.raises(ValueError, match="mine was trained on ada/t5"):
        read_parent(run.config, run.folder, other_base)
    assert read_parent(run.config, run.folder, base).name == "mine"
    services.loader.base = other_base
    with pytest.raises(ValueError, match="mine was trained on ada/t5"):
        services.trainings.configs(request, "builtin", KEY)
