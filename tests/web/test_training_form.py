"""The form of the Train tab: an adapter to start from fixes settings, a preset sets them all."""

import gradio as gr
import pytest

from lora_demo.checkpoints import adapter_files
from lora_demo.service import adapter_entries
from lora_demo.service.presets import PRESET_FIELDS, PRESETS
from lora_demo.training.config import OF_NEW_ADAPTER, OF_PARENT
from lora_demo.training.request import FIELDS
from lora_demo.web.tabs.training_form import FIXED_BY_START, TrainingForm
from tests.service.conftest import KEY, services  # noqa: F401 (fixture)


@pytest.fixture
def form(services, monkeypatch):  # noqa: F811
    monkeypatch.setattr(adapter_files, "shipped", adapter_entries.shipped)
    with gr.Blocks():
        return TrainingForm(services, gr.BrowserState(""))


def test_every_setting_has_a_widget(form):
    assert set(form.fields) == set(FIELDS)
    assert form.parse([widget.value for widget in form.inputs]).unit == "minutes"


def test_a_start_shows_and_fixes_its_settings(form):
    *updates, replay = form._start_from("kitchen", KEY)
    pairs = zip(FIXED_BY_START, updates, strict=True)
    values = {name: update["value"] for name, update in pairs}
    assert (values["rank"], values["alpha"], values["targets"]) == ("4", 8.0, "q,wo")
    assert (values["use_dora"], values["init"], values["layers"]) == (False, "lora", "")
    assert not any(update["interactive"] for update in updates)
    assert replay > 0
    *freed, replay = form._start_from("", KEY)
    assert all(update["interactive"] for update in freed)
    assert replay == 0
    assert len(freed) == len(OF_PARENT) + len(OF_NEW_ADAPTER)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_is_a_valid_run(form, services, preset):  # noqa: F811
    answers = form._fill(preset, KEY)
    plain = [answer["value"] if isinstance(answer, dict) else answer for answer in answers]
    values = dict(zip(PRESET_FIELDS, plain, strict=True)) | {"seed": 0, "name": "", "probes": ""}
    request = form.parse([values[name] for name in form.fields])
    configs = services.trainings.configs(request, "builtin:weather", KEY)
    assert len(configs) == len(request.ranks)
    assert all(c.part == "all" and not c.use_dora for c in configs)
