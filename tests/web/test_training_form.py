"""The form of the Train tab: an adapter to start from fixes settings, a preset sets them all."""

from dataclasses import replace

import gradio as gr
import pytest

from lora_demo.checkpoints import adapter_files
from lora_demo.service import adapter_entries, presets
from lora_demo.service.presets import PRESET_FIELDS, PRESETS
from lora_demo.training.config import OF_NEW_ADAPTER, OF_PARENT
from lora_demo.training.request import FIELDS
from lora_demo.web.tabs.base_menu import base_list
from lora_demo.web.tabs.training_form import FIXED_BY_START, OF_BASE, TrainingForm
from tests.service.conftest import KEY, other_base, services, two_bases  # noqa: F401 (fixtures)


@pytest.fixture
def form(services, monkeypatch):  # noqa: F811
    monkeypatch.setattr(adapter_files, "shipped", adapter_entries.shipped)
    with gr.Blocks():
        return TrainingForm(services, gr.BrowserState(""), base_list(services.bases))


def test_every_setting_has_a_widget(form):
    assert set(form.fields) == set(FIELDS)
    assert form.parse([widget.value for widget in form.inputs]).unit == "minutes"


def test_a_start_shows_and_fixes_its_settings(form):
    *updates, replay = form._start_from("", "kitchen", KEY)
    pairs = zip(FIXED_BY_START, updates, strict=True)
    values = {name: update["value"] for name, update in pairs}
    assert (values["rank"], values["alpha"], values["targets"]) == ("4", 8.0, "q,wo")
    assert (values["use_dora"], values["init"], values["layers"]) == (False, "lora", "")
    assert not any(update["interactive"] for update in updates)
    assert replay > 0
    *freed, replay = form._start_from("", "", KEY)
    assert all(update["interactive"] for update in freed)
    assert replay == 0
    assert len(freed) == len(OF_PARENT) + len(OF_NEW_ADAPTER)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_is_a_valid_run(form, services, preset):  # noqa: F811
    answers = form._fill("", preset, KEY)
    plain = [answer["value"] if isinstance(answer, dict) else answer for answer in answers]
    values = dict(zip(PRESET_FIELDS, plain, strict=True))
    values |= {"base": "", "seed": 0, "name": "", "probes": ""}
    request = form.parse([values[name] for name in form.fields])
    configs = services.trainings.configs(request, "builtin:weather", KEY)
    assert len(configs) == len(request.ranks)
    assert all(c.part == "all" and not c.use_dora for c in configs)


@pytest.fixture
def form_of_two(two_bases, monkeypatch):  # noqa: F811
    monkeypatch.setattr(adapter_files, "shipped", adapter_entries.shipped)
    with gr.Blocks():
        return TrainingForm(two_bases, gr.BrowserState(""), base_list(two_bases.bases))


def changed(form, *choices):
    """The updates after a change of the base, by the names of their settings."""
    return dict(zip(OF_BASE, form._change_base(*choices, KEY), strict=True))


def test_another_base_offers_its_adapters_and_frees_the_settings(form_of_two):
    updates = changed(form_of_two, "other", None, "kitchen")
    assert (updates["parent"].value, len(updates["parent"].choices)) == ("", 1)
    assert all(updates[name]["interactive"] for name in FIXED_BY_START)
    assert updates["replay"] == 0.0 and updates["learning_rate"] == gr.skip()
    stays = changed(form_of_two, "", None, "kitchen")
    assert len(stays.pop("parent").choices) == 2
    assert all(update == gr.skip() for update in stays.values())


def test_a_preset_starts_from_its_adapter_where_the_base_has_it(form_of_two, monkeypatch):
    quick = replace(PRESETS["60 seconds"], parent="kitchen", targets="q,v")
    monkeypatch.setitem(presets.PRESETS, "60 seconds", quick)
    there = changed(form_of_two, "other", "60 seconds", "kitchen")
    assert (there["parent"].value, there["learning_rate"]) == ("", 2e-3)
    back = changed(form_of_two, "", "60 seconds", "")
    assert (back["parent"].value, back["learning_rate"]) == ("kitchen", 1.5e-3)
    assert back["rank"] == {"value": "4", "interactive": False, "__type__": "update"}
