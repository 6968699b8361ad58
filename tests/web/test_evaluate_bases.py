"""Promise: an evaluation uses the chosen base of the menu, with the adapters of that base."""

from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import pytest

from lora_demo.model.config import T5Config
from lora_demo.service.adapter_library import AdapterLibrary
from lora_demo.service.bases import Bases, ServedBase
from lora_demo.service.data_previews import DataPreviews
from tests.web.evaluate_tab import KEY, ended, start, tab

CONFIG = T5Config(400, 32, 8, 48, 2, 2, 3)


@pytest.fixture
def loader(translator):
    """The loader of a further base; it counts its starts."""
    loader = SimpleNamespace(state="loading", error="", is_idle=True, base=None, starts=0)
    loader.translator = lambda: translator

    def begin():
        loader.state, loader.starts = "ready", loader.starts + 1

    loader.start = begin
    return loader


@pytest.fixture
def two_bases(services, loader, adapter):
    """The services of the tab with a second base, whose adapter has another name."""
    entry = SimpleNamespace(name="mine", folder=adapter, label="mine", id="mine")
    library = AdapterLibrary(CONFIG, services.visitors, loader)
    library.entries = lambda visitor: {"mine": entry} if visitor else {}

    def open_other(id, config):
        previews = DataPreviews(id, None, config)
        return ServedBase("other", id, config, loader, library, None, None, previews)

    uses = services.evaluation_queue.uses
    bases = Bases(services.bases.own, {"/secret/other": CONFIG}, open_other, is_in_use=uses)
    services.bases = bases
    services.evaluations = replace(services.evaluations, bases=bases)
    return services


def test_base_and_adapters_are_those_of_the_choice(two_bases, loader):
    view = ended(two_bases, start(two_bases, base="other", adapters=["mine"], limit=3))
    assert view.state == "done" and loader.starts == 1
    label, _id = view.choices[0]
    assert label.startswith("other · builtin:weather: mine")
    own = ended(two_bases, start(two_bases, limit=3))
    assert own.state == "done"
    assert own.choices[0][0].startswith("builtin:weather: weather")


def test_an_adapter_of_another_base_or_an_unknown_base_is_refused(two_bases):
    for base, adapters, message in (
        ("other", ["weather"], "'weather' was not found"),
        ("", ["mine"], "'mine' was not found"),
        ("x", [], "base = 'x' is not offered here"),
    ):
        with pytest.raises(gr.Error, match=message):
            start(two_bases, base=base, adapters=adapters)


def test_the_list_of_adapters_follows_the_base(two_bases):
    page = tab(two_bases)
    assert page.base.visible and page.adapters.value == ["weather"]
    assert page._choose_base("other", KEY).choices == [("mine", "mine")]
    assert page._choose_base("fake", KEY).value == ["weather"]
    shelf = {"count": 1, "made": "mine"}
    menu, adapters = page._refresh("fake", ["weather"], KEY, shelf)
    assert (menu.value, adapters.value) == ("other", ["mine"])


def test_a_page_with_one_base_has_no_menu(services):
    assert not tab(services).base.visible
