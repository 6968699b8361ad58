"""The command `train`: its result, its run folder, and its settings as a command line."""

import json

import pytest

from lora_demo.training.config import TrainConfig
from tests.commands import run


def test_train_prints_its_result_as_json(trained):
    folder, document = trained
    assert list(document) == [
        "run",
        "adapter",
        "steps",
        "seconds",
        "train_loss",
        "eval_loss",
        "eval_chrf",
        "best_step",
        "everyday_chrf",
        "start_everyday_chrf",
    ]
    assert document["run"] == str(folder) and document["steps"] == 6
    assert document["adapter"] == str(folder / "adapter")


def test_train_writes_a_peft_adapter_with_a_manifest(trained, tiny_base):
    folder, _ = trained
    config = json.loads((folder / "adapter" / "adapter_config.json").read_text())
    assert (config["r"], config["lora_alpha"]) == (2, 4)
    assert config["target_modules"] == ["q", "k", "v", "o"]
    manifest = json.loads((folder / "adapter" / "manifest.json").read_text())
    assert manifest["base"]["id"] == str(tiny_base)
    assert len(manifest["base"]["sha256"]) == 64
    assert "--rank 2" in manifest["command"]
    assert any((folder / "tensorboard").glob("events.out.tfevents.*"))


def test_resuming_a_finished_run_changes_nothing(trained, run_json):
    weights = trained[0] / "adapter" / "adapter_model.safetensors"
    before = weights.read_bytes()
    assert run_json("train", "--resume", trained[0])["steps"] == 6
    assert weights.read_bytes() == before


def test_a_folder_with_a_run_is_not_overwritten(trained, capsys):
    status, _, errors = run(capsys, "train", "--steps", 1, "--output", trained[0])
    assert status == 2 and f"--resume {trained[0]}" in errors


def test_a_new_run_folder_is_removed_if_the_settings_do_not_work(tiny_base, tmp_path, capsys):
    folder = tmp_path / "run"
    arguments = ("train", "--base", tiny_base, "--data", "/nowhere.tsv", "--steps", 1)
    assert run(capsys, *arguments, "--output", folder)[0] == 2
    assert not folder.exists()
    (tmp_path / "mine").mkdir()
    assert run(capsys, *arguments, "--output", tmp_path / "mine")[0] == 2
    assert (tmp_path / "mine").exists(), "an existing folder stays"


def test_a_resumed_run_is_never_removed(trained, tmp_path, capsys):
    """Even if --output names a folder that does not exist."""
    folder = tmp_path / "run"
    folder.mkdir()
    config = json.loads((trained[0] / "run.json").read_text()) | {"data": "/nowhere.tsv"}
    (folder / "run.json").write_text(json.dumps(config))
    assert run(capsys, "train", "--resume", folder, "--output", tmp_path / "new")[0] == 2
    assert (folder / "run.json").exists()


def test_a_config_is_its_own_json_and_command():
    config = TrainConfig(rank=3, targets=("q", "wo"), epochs=0.5, use_rslora=True)
    assert TrainConfig.from_json(json.loads(json.dumps(config.to_json()))) == config
    assert (
        config.command()
        == "python -m lora_demo train --rank 3 --targets q,wo --use-rslora --epochs 0.5"
    )
    child = TrainConfig(rank=3, parent="mini-r8", parent_sha256="0" * 64, steps=9, replay=0.25)
    assert child.command() == ("python -m lora_demo train --steps 9 --from mini-r8 --replay 0.25")
    with pytest.raises(ValueError, match="frobs"):
        TrainConfig.from_json({"steps": 1, "frobs": 2})


def test_pairs_that_are_cut_are_counted_in_the_terminal(capsys):
    from lora_demo.cli.train_events import show_event
    from lora_demo.training.events import PlanEvent

    plan = {"total_steps": 1, "trainable": 9, "percent": 0.1, "train_pairs": 12, "eval_pairs": 2}
    show_event(PlanEvent(time=1.0, step=0, **plan))
    assert "lose" not in capsys.readouterr().err
    show_event(PlanEvent(time=1.0, step=0, **plan, cut_pairs=10, max_length=128))
    assert "! 10 of 14 pairs have more than 128 tokens" in capsys.readouterr().err


def test_columns_are_given_by_name_and_repeated_by_the_command():
    config = TrainConfig(steps=1, columns="de=Quelle,en=Ziel")
    assert "--columns de=Quelle,en=Ziel" in config.command()
    assert TrainConfig.from_json(config.to_json()) == config
    with pytest.raises(ValueError, match="columns = 'Quelle'"):
        TrainConfig(steps=1, columns="Quelle")
