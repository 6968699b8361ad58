"""The commands on one adapter: `inspect`, `merge` and `reduce`."""

import json
import shutil

from tests.commands import run


def test_inspect_prints_the_fit_and_the_norms_as_json(trained, tiny_base, run_json):
    document = run_json("inspect", trained[0] / "adapter")
    assert list(document) == [
        "adapter",
        "base",
        "rank",
        "alpha",
        "targets",
        "parameters",
        "fits",
        "problems",
        "notes",
        "layers",
    ]
    assert document["fits"] and document["base"] == str(tiny_base)
    assert any(layer["relative_norm"] > 0 for layer in document["layers"])


def test_inspect_prints_every_layer(trained, capsys):
    status, output, _ = run(capsys, "inspect", trained[0] / "adapter")
    assert status == 0
    assert "rank 2, alpha 4, on q, k, v, o" in output
    assert "It fits" in output
    assert "encoder.block.0.layer.0.SelfAttention.q" in output


def test_commands_say_what_an_adapter_holds_without_effect(trained, tmp_path, capsys):
    folder = shutil.copytree(trained[0] / "adapter", tmp_path / "odd")
    document = json.loads((folder / "adapter_config.json").read_text())
    document["target_modules"] = ["q", "v", "wo"]
    (folder / "adapter_config.json").write_text(json.dumps(document))
    notes = ("Tensors of matrices that the target modules", "Target modules without tensors")
    status, output, _ = run(capsys, "inspect", folder)
    assert status == 0 and all(note in output for note in notes)
    for command in ("merge", folder, "--output"), ("reduce", folder, "--rank", 1, "--output"):
        status, _, errors = run(capsys, *command, tmp_path / command[0])
        assert status == 0
        assert all(f"! {folder}: {note}" in errors for note in notes)
    command = ("translate", "Salz", "--base", document["base_model_name_or_path"])
    status, _, errors = run(capsys, *command, "--adapter", folder, "--max-new-tokens", 2)
    assert status == 0
    assert all(f"! {folder}: {note}" in errors for note in notes)


def test_merge_writes_a_base_that_translates(trained, tmp_path, run_json, capsys):
    merged = tmp_path / "merged"
    command = ("merge", trained[0] / "adapter", "--output", merged)
    status, output, _ = run(capsys, *command)
    assert status == 0 and output.strip() == str(merged)
    document = run_json("translate", "--base", merged, "--max-new-tokens", 4, "Salz")
    assert document["columns"][0]["texts"]
    status, _, errors = run(capsys, *command)
    assert status == 2 and "not empty" in errors


def test_reduce_writes_a_smaller_adapter(trained, tmp_path, run_json, capsys):
    command = ("reduce", trained[0] / "adapter", "--output", tmp_path / "reduced", "--rank")
    document = run_json(*command, 1)
    assert document["rank"] == 1
    assert 0 <= document["frobenius_lost"] < document["frobenius_whole"]
    assert run_json("inspect", tmp_path / "reduced")["rank"] == 1
    more = ("reduce", trained[0] / "adapter", "--output", tmp_path / "more", "--rank", 2)
    status, _, errors = run(capsys, *more)
    assert status == 2 and "below the adapter's rank of 2" in errors


def test_combine_writes_the_sum_of_two_adapters(trained, tmp_path, run_json, capsys):
    first, second = trained[0] / "adapter", tmp_path / "reduced"
    run(capsys, "reduce", first, "--output", second, "--rank", 1)
    command = ("combine", f"{first}=0.7", f"{second}=-0.3", "--output")
    document = run_json(*command, tmp_path / "both")
    assert (document["rank"], document["exact"], document["frobenius_lost"]) == (3, True, 0)
    assert [part["weight"] for part in document["from"]] == [0.7, -0.3]
    assert run_json("inspect", tmp_path / "both")["rank"] == 3
    status, output, _ = run(capsys, *command, tmp_path / "small", "--rank", 1)
    assert status == 0 and "rank 1 of 3, loses" in output
    assert "encoder.block.0.layer.0.SelfAttention.q" in output


def test_combine_refuses_bad_parts_in_one_line(trained, tmp_path, capsys):
    adapter = trained[0] / "adapter"
    for parts, word in (
        ([f"{adapter}=1"], "1 adapter was given"),
        ([f"{adapter}=1", f"{adapter}=1"], "given twice"),
        ([f"{adapter}=x", f"{adapter}=1"], "ADAPTER=WEIGHT"),
        ([f"{adapter}=nan", f"{adapter}=1"], "ADAPTER=WEIGHT"),
        ([str(adapter), f"{adapter}=1"], "ADAPTER=WEIGHT"),
        ([f"{tmp_path}=1", f"{adapter}=1"], "not a PEFT adapter"),
    ):
        status, output, errors = run(capsys, "combine", *parts, "--output", tmp_path / "both")
        assert (status, output, errors.count("\n")) == (2, "", 1)
        assert word in errors
    assert not (tmp_path / "both").exists()


def test_a_base_in_the_cache_of_another_machine_is_named_by_its_id(trained, tmp_path, capsys):
    folder = shutil.copytree(trained[0] / "adapter", tmp_path / "adapter")
    cached = "/home/x/.cache/huggingface/hub/models--google--flan-t5-base/snapshots/7bcac5"
    document = json.loads((folder / "adapter_config.json").read_text())
    document["base_model_name_or_path"] = cached
    (folder / "adapter_config.json").write_text(json.dumps(document))
    status, _, errors = run(capsys, "inspect", folder)
    assert status == 2 and "with --base google/flan-t5-base." in errors
