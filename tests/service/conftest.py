"""Services without a model, and the keys of two visitors."""

import shutil
from types import SimpleNamespace

import pytest

from lora_demo.checkpoints.base import find_base
from lora_demo.files import read_json, write_json
from lora_demo.model.lora_config import LoraConfig
from lora_demo.service import adapter_entries
from lora_demo.service.limits import Limits
from lora_demo.service.services import open_services
from tests.checkpoints.adapter_folders import write_random
from tests.service.fake_processes import processes  # noqa: F401 (fixture)

KEY, OTHER = "nobody-else-knows-this-key", "somebody-else-has-this-key"


@pytest.fixture
def services(tiny_base, tmp_path, monkeypatch):
    """Services that ship one adapter of rank 4; the base is known, no model is loaded."""
    base = find_base(str(tiny_base))
    shipped = write_random(
        tmp_path / "shipped" / "kitchen", base, LoraConfig(4, 8, 0.0, ("q", "wo"))
    )
    monkeypatch.setattr(adapter_entries, "shipped", lambda: [shipped])
    loader = SimpleNamespace(id=base.id, base=base, wait_for_base=lambda: base)
    return open_services(base.id, None, tmp_path / "runs", loader=loader, limits=Limits())


@pytest.fixture
def other_base(tiny_base, tmp_path):
    """A base with another geometry: config and tokenizer, which is enough to prepare runs."""
    folder = tmp_path / "bases" / "other"
    folder.mkdir(parents=True)
    shutil.copy(tiny_base / "tokenizer.json", folder)
    config = read_json(tiny_base / "config.json")
    write_json(folder / "config.json", config | {"d_model": 64})
    return folder


@pytest.fixture
def two_bases(services, other_base, tmp_path):
    """The same services with a menu of two bases."""
    return open_services(
        services.base,
        None,
        tmp_path / "runs",
        loader=services.loader,
        limits=Limits(),
        further_bases=[str(other_base)],
    )
