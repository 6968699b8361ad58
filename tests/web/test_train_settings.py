"""`train_settings`: settings of a run or of a file as arguments of `train_start`."""

import pytest

from lora_demo.training.request import TrainRequest
from lora_demo.training.runs import create
from lora_demo.web.api.adapters import AdaptersApi
from lora_demo.web.api.train import TrainApi
from lora_demo.web.validation import validated
from tests.service.conftest import KEY, other_base, services, two_bases  # noqa: F401 (fixtures)


@pytest.fixture
def call(services):  # noqa: F811
    api = TrainApi(services)

    def call(function, **arguments):
        return validated(getattr(api, function))(visitor=KEY, **arguments)

    return call


def test_a_run_is_repeated_by_its_settings(services, call, processes, monkeypatch):  # noqa: F811
    monkeypatch.setenv("LORA_DEMO_CACHE", "")
    request = TrainRequest(rank=3, alpha=5.0, unit="steps", length=9, seed=4)
    (config,) = services.trainings.configs(request, "builtin:weather", KEY)
    run = create(config, services.visitors.writable_folder(KEY))
    answer = call("train_settings", run=run.id)
    assert answer["upload"] == "" and answer["settings"]["rank"] == 3
    assert call("train_settings", settings=answer["settings"]) == answer
    call("train_start", **answer["arguments"])
    newest, first = services.trainings.runs(KEY)
    assert newest.config == first.config == config


def test_the_settings_of_a_sweep_are_ranks(call):
    answer = call("train_settings", settings={"ranks": [2, 4], "steps": 5, "data": "/x/mine.tsv"})
    arguments = answer["arguments"]
    assert (arguments["ranks"], arguments["data"], answer["upload"]) == ([2, 4], "", "mine.tsv")
    assert answer["settings"]["ranks"] == [2, 4]


def test_either_a_run_or_settings_are_given(call):
    for arguments in ({}, {"run": "x", "settings": {"steps": 1}}):
        with pytest.raises(ValueError, match="Give either run or settings"):
            call("train_settings", **arguments)


def test_a_client_names_the_base(two_bases, other_base, processes, monkeypatch):  # noqa: F811
    monkeypatch.setenv("LORA_DEMO_CACHE", "")
    api = TrainApi(two_bases)
    start, preview = validated(api.train_start), validated(api.train_preview)
    status = start(KEY, "builtin:weather", base="other", unit="steps", length=5)
    assert "--base other" in status["command"]
    assert two_bases.trainings.find(status["run"], KEY).config.base == str(other_base)
    arguments = validated(api.train_settings)(KEY, status["run"])["arguments"]
    assert arguments["base"] == "other"
    assert preview(KEY, "builtin:weather", base="other")["train"] > 0
    adapters = AdaptersApi(two_bases)
    names = [[each["id"] for each in adapters.adapters(KEY, base)] for base in ("", "other")]
    assert names == [["kitchen"], []]
    with pytest.raises(ValueError, match="'kitchen' was not found"):
        adapters.adapter_download("kitchen", KEY, "other")
    for function in (start, preview):
        with pytest.raises(ValueError, match="base = 'x' is not offered here"):
            function(KEY, "builtin:weather", base="x")
