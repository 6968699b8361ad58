"""Promise: a visitor trains on any base of the menu, with the adapters of that base."""

from types import SimpleNamespace

import pytest

from lora_demo.checkpoints.base import find_config
from lora_demo.model.lora_config import LoraConfig
from lora_demo.service.field_problems import field_problems
from lora_demo.service.first_run import first_run
from lora_demo.service.limits import Limits
from lora_demo.service.services import open_services
from lora_demo.service.training_settings import form_values
from lora_demo.training.request import FIELDS, TrainRequest
from lora_demo.training.runs import create
from lora_demo.web.views.data_preview import preview_and_estimate_html
from lora_demo.web.views.followed_run import view_runs
from tests.checkpoints.adapter_folders import write_random
from tests.service.conftest import KEY

ON_OTHER = TrainRequest(base="other")
VALUES = {name: getattr(TrainRequest, name) for name in FIELDS}


def run_on(services, request):
    (config,) = services.trainings.configs(request, "builtin:weather", KEY)
    return create(config, services.visitors.writable_folder(KEY))


def with_adapter(run, folder):
    """Give a run a random adapter for its base."""
    base = SimpleNamespace(id=run.config.base, config=find_config(str(folder)))
    write_random(run.folder / "adapter", base, LoraConfig(2, 4, 0.0, ("q",)))
    return run


def test_a_run_trains_on_the_base_of_its_request(two_bases, other_base):
    trainings = two_bases.trainings
    bases = [
        trainings.configs(TrainRequest(base=name), "builtin", KEY)[0].base
        for name in ("", two_bases.bases.own.name, "other")
    ]
    assert bases == [two_bases.base, two_bases.base, str(other_base)]
    with pytest.raises(ValueError, match="base = '/etc' is not offered here"):
        trainings.configs(TrainRequest(base="/etc"), "builtin", KEY)


def test_a_run_starts_from_an_adapter_of_its_base(two_bases):
    with pytest.raises(ValueError, match="Adapter 'kitchen' was not found"):
        two_bases.trainings.configs(TrainRequest(base="other", parent="kitchen"), "builtin", KEY)
    problems = field_problems(
        two_bases.trainings, VALUES | {"base": "other", "parent": "kitchen"}, KEY
    )
    assert list(problems) == ["parent"]
    assert list(field_problems(two_bases.trainings, VALUES | {"base": "x"}, KEY)) == ["base"]


def test_preview_and_parameters_are_those_of_the_base(two_bases):
    own, other = (
        preview_and_estimate_html(two_bases.trainings, "builtin:weather", {"base": name}, KEY)
        for name in ("", "other")
    )
    assert own[0] == other[0], "the same tokenizer"
    counts = [html.partition(" trained parameters")[0] for _preview, html in (own, other)]
    assert counts[0] != counts[1]
    assert all("r = 8: " in count for count in counts)


def test_the_same_settings_again_choose_the_base_of_the_run(two_bases, other_base):
    run = run_on(two_bases, ON_OTHER)
    form = two_bases.training_settings.of_run(run.id, KEY)
    assert form.request.base == "other"
    assert form_values(form, two_bases.trainings, KEY)["base"] == "other"
    document = two_bases.training_settings.document(ON_OTHER, "builtin", KEY)
    assert document["base"] == "other", "no path of this machine"
    for base in ("other", str(other_base)):
        loaded = two_bases.training_settings.load(document | {"base": base}, "settings", KEY)
        assert loaded.request.base == "other"
    own = two_bases.training_settings.load({}, "settings", KEY)
    assert own.request.base == two_bases.bases.own.name
    assert first_run(Limits(), "other").request.base == "other"


def test_a_run_on_another_base_says_so(two_bases, services, other_base):
    own, other = run_on(two_bases, TrainRequest()), run_on(two_bases, ON_OTHER)
    for run, is_other in ((own, False), (other, True)):
        view = view_runs(two_bases.trainings, KEY, run.id)
        label = next(label for label, id in view.choices if id == run.id)
        assert ("on other" in view.html, " · other · " in label) == (is_other, is_other)
        assert str(other_base.parent) not in view.html + label
    assert services.trainings.other_base(other) == "other", "it is no longer offered"
    with pytest.raises(ValueError, match="for the base other, and this page has"):
        services.training_settings.of_run(other.id, KEY)


def test_an_adapter_of_a_run_is_shown_with_the_base_of_the_run(two_bases, other_base):
    run = with_adapter(run_on(two_bases, ON_OTHER), other_base)
    bases, own = two_bases.bases, two_bases.bases.own.name
    for chosen in (own, "other"):
        assert bases.home_of(f"run-{run.id}", KEY, chosen).name == "other"
        assert bases.home_of("kitchen", KEY, chosen).name == own
        assert bases.home_of("gone", KEY, chosen).name == own
    assert f"run-{run.id}" not in two_bases.library.entries(KEY)


def test_a_base_of_the_same_geometry_keeps_its_runs(services, tiny_base, tmp_path):
    twin = tmp_path / "twin"
    twin.symlink_to(tiny_base)
    opened = open_services(services.base, None, tmp_path / "runs", further_bases=[str(twin)])
    run = with_adapter(run_on(opened, TrainRequest(base="twin")), tiny_base)
    assert opened.bases.home_of(f"run-{run.id}", KEY, "").name == "twin"
    assert opened.bases.home_of("kitchen", KEY, "twin").name == "twin", "it fits as well"
