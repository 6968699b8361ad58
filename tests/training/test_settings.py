"""One builder of configs: the same settings give the same run from every entrance."""

import dataclasses

import pytest

from lora_demo.checkpoints.base import find_config
from lora_demo.cli.main import parse_arguments
from lora_demo.cli.train_settings import config_from
from lora_demo.model.parameters import resolve_targets
from lora_demo.training.request import TrainRequest
from lora_demo.training.settings import make_config
from lora_demo.training.sweep import Sweep

NAMED = {"rank": 4, "targets": "all-linear", "steps": 5, "data": "builtin:weather"}


def from_command_line(*arguments):
    return config_from(parse_arguments(["train", *arguments]))


def test_every_entrance_builds_the_same_config(tmp_path):
    config = make_config(NAMED)
    assert (config.alpha, config.targets) == (8.0, ("all-linear",))
    arguments = (
        "--rank",
        "4",
        "--targets",
        "all-linear",
        "--steps",
        "5",
        "--data",
        "builtin:weather",
    )
    assert from_command_line(*arguments) == config
    request = TrainRequest(rank="4", alpha=0.0, targets="all-linear", unit="steps", length=5.0)
    assert request.configs("mini", None, "builtin:weather") == [config]
    assert Sweep(tmp_path, NAMED, [4, 8]).config(4) == config


def test_a_parent_gives_its_settings_from_every_entrance():
    config = make_config({"parent": "mini-r8", "steps": 5, "data": "builtin:weather"})
    assert len(config.targets) > 2, "mini-r8 adapts more than q and v"
    arguments = ("--from", "mini-r8", "--steps", "5", "--data", "builtin:weather")
    assert from_command_line(*arguments) == config
    request = TrainRequest(parent="mini-r8", unit="steps", length=5, replay=0.0)
    assert request.configs("mini", None, "builtin:weather", "mini-r8") == [config]


@pytest.mark.parametrize("rank", [8, "8"])
def test_the_default_rank_is_left_to_the_parent_in_every_form(rank):
    request = TrainRequest(parent="mini-r16", rank=rank, unit="steps", length=5)
    (config,) = request.configs("mini", None, "builtin:weather", "mini-r16")
    assert config.rank == 16


def test_all_linear_is_accepted_for_a_base_without_gates():
    plain = dataclasses.replace(find_config("mini"), feed_forward_proj="relu")
    (config,) = TrainRequest(targets="all-linear").configs("mini", None, "builtin")
    assert resolve_targets(config.targets, plain) == ("q", "k", "v", "o", "wi", "wo")


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"rank": "many"}, "rank is 8 in mini-r8, not 'many'"),
        ({"alpha": [1]}, r"not \[1\]"),
        ({"targets": [1]}, r"not \(1,\)"),
        ({"targets": 1}, "not 1"),
        ({"base": 5}, "base = 5"),
        ({"revision": 5, "base": "ada/base"}, "revision = 5"),
    ],
)
def test_a_parent_beside_a_setting_of_a_wrong_type_is_refused(settings, word):
    with pytest.raises(ValueError, match=word):
        make_config({"parent": "mini-r8", "steps": 1} | settings)
