"""Requests for training runs: presets, sweeps, invalid settings and memory."""

import pytest

from lora_demo.checkpoints.base import find_config
from lora_demo.service import memory_check
from lora_demo.service.memory_check import check_memory
from lora_demo.service.presets import PRESETS
from lora_demo.training.config import TrainConfig
from lora_demo.training.request import FIELDS, TrainRequest


def test_every_preset_is_valid_and_a_sweep_has_one_run_per_rank():
    for preset in PRESETS.values():
        assert all(
            c.minutes == preset.length or c.steps == preset.length
            for c in preset.configs("mini", None, "builtin")
        )
    sweep = PRESETS["rank sweep"].configs("mini", None, "builtin")
    assert [(c.rank, c.alpha, c.steps) for c in sweep] == [
        (4, 8.0, 300),
        (8, 16.0, 300),
        (16, 32.0, 300),
    ]


def test_a_request_has_every_setting_of_a_run():
    assert set(FIELDS) - {"unit", "length"} == set(vars(TrainConfig(steps=1))) - {
        "revision",
        "data",
        "steps",
        "epochs",
        "minutes",
        "parent_sha256",  # known once the run is created
        "attribution",  # cards of visitors' runs name what is known of the data
        "columns",  # an upload is stored with the columns de and en
        "replay_data",  # a visitor's runs replay the built-in general pairs
    }


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"rank": "4, 8", "unit": "minutes"}, "steps or epochs"),
        ({"rank": "4, x"}, "sweep"),
        ({"rank": "1.5"}, "rank"),
        ({"unit": "days"}, "unit"),
        ({"watch": "/etc/passwd"}, "watch"),
        ({"batch_size": 0}, "batch_size"),
        ({"replay": 1.0}, "replay"),
        ({"replay_targets": "both"}, "replay_targets"),
        ({"init": "svd"}, "init"),
        ({"part": "head"}, "part"),
        ({"layers": "first"}, "layers"),
        ({"use_dora": True, "init": "pissa"}, "lora with use_dora"),
    ],
)
def test_invalid_settings_are_refused_by_name(settings, word):
    with pytest.raises(ValueError, match=word):
        TrainRequest(**settings).configs("mini", None, "builtin")


def test_a_batch_too_large_for_memory_is_refused_with_one_that_fits(monkeypatch):
    monkeypatch.setattr(memory_check, "total_bytes", lambda: 8 * 10**9)
    config = TrainConfig(steps=1, batch_size=4096, max_length=480)
    with pytest.raises(ValueError, match=r"Use at most [1-9]"):
        check_memory(config, find_config("google/flan-t5-large"))
    check_memory(TrainConfig(steps=1), find_config("mini"))


def test_a_base_larger_than_the_memory_is_refused_with_advice(monkeypatch):
    monkeypatch.setattr(memory_check, "total_bytes", lambda: 2 * 10**9)
    config, xl = TrainConfig(steps=1, base="/secret/xl"), find_config("google/flan-t5-xl")
    with pytest.raises(ValueError, match=r"^A run on xl needs over 11.* has 2.*Choose a smaller"):
        check_memory(config, xl, "xl")
    check_memory(config, find_config("google/flan-t5-small"))
