"""Settings files: what is saved loads again, options override it, and faults have one sentence."""

import json

import pytest

from lora_demo.training.config import TrainConfig
from lora_demo.training.settings_file import (
    merge_settings,
    read_settings,
    settings_document,
    write_settings,
)


def test_saved_settings_load_as_the_same_config(tmp_path):
    config = TrainConfig(rank=4, alpha=8.0, targets=("q", "wo"), epochs=2.0, use_rslora=True)
    write_settings(tmp_path / "mine.json", config)
    saved = merge_settings(read_settings(tmp_path / "mine.json"), {})
    assert TrainConfig(**saved) == config


def test_ranks_replace_the_rank_and_an_alpha_of_twice_the_rank(tmp_path):
    write_settings(tmp_path / "a.json", TrainConfig(steps=1), [4, 8])
    write_settings(tmp_path / "b.json", TrainConfig(steps=1, alpha=5.0), [4, 8])
    first, second = (read_settings(tmp_path / f"{name}.json") for name in "ab")
    assert first["ranks"] == second["ranks"] == [4, 8] and "rank" not in first
    assert "alpha" not in first and second["alpha"] == 5.0


def test_a_given_alpha_of_twice_the_rank_is_kept_for_all_ranks():
    config = TrainConfig(steps=1, rank=8, alpha=16.0)
    assert settings_document(config, [4, 8], keeps_alpha=True)["alpha"] == 16.0


def test_given_settings_override_saved_ones():
    saved = {"rank": 8, "alpha": 16.0, "minutes": 2.0, "epochs": None, "ranks": [4]}
    assert merge_settings(saved, {"steps": 5, "rank": 4}) == {"rank": 4, "steps": 5}
    assert merge_settings(saved | {"alpha": 3.0}, {"rank": 4})["alpha"] == 3.0
    assert merge_settings(saved, {"seed": 1})["minutes"] == 2.0


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("{", "not readable JSON"),
        ("[1]", "not a JSON object"),
        ('{"frobs": 1, "rank": 4}', "unknown 'frobs'"),
        ('{"ranks": 4}', "a list of whole numbers"),
        ('{"ranks": [4, 0]}', "from 1 to"),
        ('{"ranks": [1, 2, 3, 4, 5, 6, 7]}', "one to 6 ranks"),
    ],
)
def test_a_bad_settings_file_is_refused(tmp_path, text, word):
    (tmp_path / "bad.json").write_text(text)
    with pytest.raises(ValueError, match=word):
        read_settings(tmp_path / "bad.json")


def test_no_file_is_overwritten(tmp_path):
    path = tmp_path / "mine.json"
    write_settings(path, TrainConfig(steps=1))
    with pytest.raises(ValueError, match="exists"):
        write_settings(path, TrainConfig(steps=2))
    assert json.loads(path.read_text())["steps"] == 1
    with pytest.raises(ValueError, match="run folder"):
        write_settings(tmp_path / "run.json", TrainConfig(steps=1))
