"""The run that a page offers whose base has no adapter is the run of the README."""

import json
import re
import shlex
from pathlib import Path

import pytest

from lora_demo.cli.main import main
from lora_demo.service import adapter_entries
from lora_demo.service.first_run import BUILTIN_DATA, HUB_DATA, REPOSITORY, can_read, first_run
from lora_demo.service.limits import HOME, PUBLIC
from tests.hub.conftest import hub  # noqa: F401 (fixture)
from tests.service.conftest import KEY

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture
def settings(services, monkeypatch):
    """Settings of a page with a FLAN-T5-shaped random base, which no adapter fits."""
    monkeypatch.setattr(adapter_entries, "shipped", lambda: [])
    assert services.library.entries(KEY) == {}
    return services.training_settings


def recommended(tmp_path) -> dict:
    """The settings of the command in the README, on the base of the test."""
    text = README.read_text("utf-8").replace("\\\n", " ")
    words = shlex.split(re.search(r"lora_demo (train --base google\S+ .*--ranks.*)", text)[1])
    assert main([*words[:-2], "--save-config", str(tmp_path / "saved.json")]) == 0
    return json.loads((tmp_path / "saved.json").read_text())


def test_the_offer_is_the_run_of_the_readme_where_the_hub_answers(settings, hub, tmp_path):  # noqa: F811
    hub.add(REPOSITORY, {"README.md": b"x"}, "dataset")
    form = first_run(HOME)
    assert (form.kind, form.data) == ("hub", HUB_DATA)
    assert not any(authorized for _, _, authorized in hub.requests), "without the owner's token"
    document = settings.document(form.request, form.data, KEY)
    assert document | {"base": "google/flan-t5-small"} == recommended(tmp_path)


def test_without_the_hub_it_trains_on_built_in_sentences(settings, services, hub):  # noqa: F811
    assert not can_read(REPOSITORY)
    form = first_run(HOME)
    assert form.data == BUILTIN_DATA
    configs = services.trainings.local_configs(form.request, form.data, KEY)
    assert [(c.rank, c.alpha, c.epochs) for c in configs] == [(4, 8, 1), (8, 16, 1), (16, 32, 1)]


def test_all_ranks_train_the_same_steps_where_minutes_are_limited(settings, services, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    request = first_run(PUBLIC).request
    assert (request.unit, request.length) == ("steps", 300)
    PUBLIC.check_queue(waiting=0, own=0, new=len(request.ranks))
