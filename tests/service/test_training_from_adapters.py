"""Runs of visitors that start from an adapter: the same settings in form, function and run."""

import shutil

import pytest

from lora_demo.checkpoints.adapter_files import find_adapter
from lora_demo.service.presets import (
    PRESET_FIELDS,
    PRESETS,
    START,
    preset_values,
    start_values,
)
from lora_demo.service.run_history import public_command
from lora_demo.service.services import open_services
from lora_demo.training.parent import find_copy, parent_settings
from lora_demo.training.request import DEFAULT_REPLAY, TrainRequest
from lora_demo.training.runs import create

VISITOR = "a" * 32


@pytest.fixture
def services(tmp_path, monkeypatch):
    monkeypatch.setenv("LORA_DEMO_CACHE", str(tmp_path / "cache"))
    return open_services("mini", None, tmp_path / "visitors")


def test_a_run_from_an_adapter_has_its_settings_and_replays_by_default(services):
    (config,) = services.trainings.configs(TrainRequest(parent=START), "builtin:weather")
    settings = parent_settings(find_adapter(START), services.config)
    assert {name: getattr(config, name) for name in settings} == settings
    assert (config.parent, config.replay) == (START, DEFAULT_REPLAY)
    (plain,) = services.trainings.configs(TrainRequest(), "builtin:weather")
    assert (plain.parent, plain.replay) == (None, 0.0)
    chosen = TrainRequest(parent=START, replay=0.5, replay_targets="model")
    (config,) = services.trainings.configs(chosen, "builtin:weather")
    assert (config.replay, config.replay_targets) == (0.5, "model")


def test_settings_that_contradict_the_start_are_refused(services):
    settings = parent_settings(find_adapter(START), services.config)
    other = TrainRequest(parent=START, rank=settings["rank"] + 1, targets="wo")
    with pytest.raises(ValueError, match=r"rank is .* not 9; targets is .* not wo"):
        services.trainings.configs(other, "builtin:weather")
    with pytest.raises(ValueError, match="Adapter 'other' was not found"):
        services.trainings.configs(TrainRequest(parent="other"), "builtin:weather")


def test_the_quick_preset_is_the_form_of_a_run_from_the_shipped_adapter(services):
    entries = services.library.entries("")
    values = preset_values("60 seconds", entries, services.config)
    assert list(values) == list(PRESET_FIELDS)
    assert values["parent"] == START and values["replay"] == DEFAULT_REPLAY
    assert values.items() >= start_values(entries[START], services.config).items()
    (config,) = services.trainings.configs(TrainRequest.from_mapping(values), "builtin:weather")
    gentle = TrainRequest(parent=START, learning_rate=1.5e-3, batch_size=32)
    (plain,) = services.trainings.configs(gentle, "builtin:weather")
    assert config == plain


def test_a_preset_without_its_start_trains_a_new_adapter_at_the_default_rate(services):
    without = preset_values("60 seconds", {}, services.config)
    assert without["parent"] == "" and without["replay"] == 0
    assert without["learning_rate"] == TrainRequest.learning_rate
    assert without["batch_size"] == TrainRequest.batch_size
    thorough = preset_values("thorough", {}, services.config)
    assert thorough["learning_rate"] == PRESETS["thorough"].learning_rate == 1e-3


def test_a_run_from_a_visitors_adapter_shows_its_name_but_not_its_path(services, tmp_path):
    own = services.visitors.writable_folder(VISITOR) / "adapters" / "upload-mine"
    shutil.copytree(find_adapter(START), own)
    ids = [e.id for e in services.library.entries(VISITOR).values() if e.folder == own]
    request = TrainRequest(parent=ids[0], unit="steps", length=2)
    (config,) = services.trainings.configs(request, "builtin:weather", VISITOR)
    run = create(config, tmp_path / "runs")
    assert find_copy(run.folder) is not None
    command = public_command(run)
    assert f"--from {find_copy(run.folder).name}" in command
    assert str(tmp_path) not in command
    assert services.trainings.status(run)["parent"] == find_copy(run.folder).name
