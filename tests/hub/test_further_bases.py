"""A further base from the Hub: it is downloaded when it is chosen, with progress and one error."""

from types import SimpleNamespace

import pytest

from lora_demo.service.model_loader import ModelLoader
from lora_demo.service.services import open_services
from tests.hub.server import Fault
from tests.waiting import wait_for

ID = "ada/small-t5"


@pytest.fixture
def bases(hub, published_base, small_base, tmp_path, monkeypatch):
    """A page with a base of its own and one from the Hub; neither translates."""
    monkeypatch.setattr(ModelLoader, "_load_translator", lambda self, base: SimpleNamespace())
    services = open_services(str(small_base), None, tmp_path / "runs", further_bases=[ID])
    assert services.bases.names == [small_base.name, ID]
    return services.bases


def load(bases) -> str:
    """Load the further base, and return its last message."""

    def loaded():
        (base,) = bases.load(ID)
        return None if bases.is_loading(base) else base

    return wait_for(loaded).loader.message


def test_the_weights_are_downloaded_when_the_base_is_chosen(hub, bases):
    assert hub.count("GET", "/cdn/") == 0
    assert load(bases).startswith(f"downloading {ID}, ")
    assert hub.count("GET", "/cdn/") == 1
    (base,) = bases.ready(ID)
    assert base.loader.state == "ready" and base.loader.base.id == ID


def test_a_fault_of_the_hub_is_one_sentence_and_the_next_choice_tries_again(hub, bases):
    hub.faults.append(Fault("GET", "/cdn/", status=403))
    with pytest.raises(ValueError, match=ID) as raised:
        load(bases)
    assert "\n" not in str(raised.value)
    load(bases)
    assert bases.ready(ID)[0].loader.state == "ready"


def test_an_unknown_id_is_refused_at_the_start(hub, small_base, tmp_path):
    with pytest.raises(ValueError, match="'ada/none' was not found"):
        open_services(str(small_base), None, tmp_path / "runs", further_bases=["ada/none"])
