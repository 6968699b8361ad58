"""`train --ranks` and settings files: a sweep on the tiny base, continued, measured, refused."""

import json

import pytest

from lora_demo.training import worker
from tests.commands import run

SHORT = ("--steps", 2, "--batch-size", 4, "--max-length", 24, "--targets", "q,v")


@pytest.fixture(scope="module")
def sweep(tiny_base, pairs_file, tmp_path_factory):
    """A finished sweep of two ranks: its arguments, its folder and its JSON document."""
    import contextlib
    import io

    from lora_demo.cli.main import main

    folder = tmp_path_factory.mktemp("sweep") / "sweep"
    arguments = ["train", "--base", tiny_base, "--data", pairs_file, "--ranks", 1, 2, *SHORT]
    arguments = [str(word) for word in (*arguments, "--test-pairs", 5, "--output", folder)]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert main([*arguments, "--json"]) == 0
    return arguments, folder, json.loads(printed.getvalue())


def test_a_sweep_trains_every_rank_and_measures_all(sweep):
    _, folder, document = sweep
    assert document["done"]
    assert [entry["rank"] for entry in document["runs"]] == [1, 2]
    assert [entry["state"] for entry in document["runs"]] == ["done", "done"]
    rows = document["table"]["rows"]
    assert [row["rank"] for row in rows] == [None, 1, 2]
    assert set(rows[0]["scores"]) == {"bleu", "chrf", "ter"}
    assert rows[0]["against_base"] is None
    assert 0 < rows[1]["against_base"]["bleu_p"] <= 1
    assert rows[1]["against_previous_rank"] is None
    assert 0 < rows[2]["against_previous_rank"]["bleu_p"] <= 1
    assert rows[2]["parameters"] == 2 * rows[1]["parameters"] > 0
    assert json.loads((folder / "evaluation" / "table.json").read_text()) == document["table"]
    markdown = (folder / "evaluation" / "table.md").read_text()
    assert markdown.count("\n| ") == 4 and "nrefs:1" in markdown
    assert (folder / "evaluation" / "report.html").is_file()


def test_cards_and_manifests_have_the_scores_without_a_path(sweep):
    _, folder, _ = sweep
    for rank in (1, 2):
        adapter = folder / f"r{rank}" / "adapter"
        manifest = json.loads((adapter / "manifest.json").read_text())
        (entry,) = manifest["evaluations"]
        assert entry["data"]["source"].startswith("held-out part of")
        assert entry["data"]["n"] == 5
        assert f"--rank {rank}" in manifest["command"]
        card = (adapter / "README.md").read_text()
        assert "held-out part of" in card and str(folder) not in card


def test_a_finished_sweep_is_only_shown_again(sweep, monkeypatch, capsys):
    arguments, folder, document = sweep
    monkeypatch.setattr(worker, "train_here", None)
    before = (folder / "r1" / "adapter" / "README.md").stat().st_mtime_ns
    for command in (arguments, ["train", "--resume", folder]):
        status, output, errors = run(capsys, *command, "--json")
        assert status == 0, errors
        assert json.loads(output) == document
    assert (folder / "r1" / "adapter" / "README.md").stat().st_mtime_ns == before
    assert run(capsys, *arguments)[1].count("| ") > 20


def test_an_interrupted_sweep_continues_with_the_rank_that_it_was_at(
    sweep, tiny_base, pairs_file, tmp_path, monkeypatch, capsys
):
    from lora_demo.cli import train_sweep

    arguments, _, document = sweep
    folder = tmp_path / "sweep"
    command = [*arguments[:-1], folder]
    train, trained = train_sweep._train, []

    def fail_at_2(sweep, rank, stop):
        trained.append(rank)
        if rank == 2 and trained.count(2) == 1:
            raise KeyboardInterrupt
        return train(sweep, rank, stop)

    monkeypatch.setattr(train_sweep, "_train", fail_at_2)
    assert run(capsys, *command)[0] == 130
    status, output, errors = run(capsys, *command, "--json")
    assert status == 0 and "rank 1: already trained" in errors
    rows = json.loads(output)["table"]["rows"]
    assert [row["scores"] for row in rows] == [
        row["scores"] for row in document["table"]["rows"]
    ], "as in a sweep without an interruption"


def test_bad_input_is_refused_before_anything_is_trained(sweep, tiny_base, tmp_path, capsys):
    arguments = sweep[0]
    new = ("train", "--base", tiny_base, "--steps", 1, "--output", tmp_path / "new")
    for command, word in (
        ([*new, "--ranks", 4, 8, "--rank", 4], "--rank and --ranks"),
        ([*new, "--ranks", 4, 0], "from 1 to"),
        ([*new[:3], "--minutes", 1, *new[5:], "--ranks", 4, 8], "not --minutes"),
        ([*new, "--ranks", 4, "--test", tmp_path / "none.tsv"], "none.tsv"),
        ([*new, "--ranks", 4, "--data", tmp_path / "none.tsv"], "none.tsv"),
        ([*new, "--ranks", 4, "--targets", "nothing"], "nothing"),
        ([*new, "--ranks", 4, "--test-pairs", 0], "--test-pairs"),
        ([*new, "--ranks", 4, "--on", "hf-jobs"], "this machine"),
        ([*new, "--ranks", 4, "--output", tiny_base], "not empty"),
        ([*arguments, "--seed", 5], "other settings (seed)"),
    ):
        status, output, errors = run(capsys, *command)
        assert (status, output) == (2, ""), command
        assert word in errors.splitlines()[-1], errors
    assert not (tmp_path / "new").exists()


def test_the_test_set_is_read_with_the_columns_of_the_data_if_it_has_them(tmp_path):
    from lora_demo.cli.train_sweep import _find_columns
    from lora_demo.training.sweep import Sweep

    columns = "de=Vorn,en=Hinten"
    named, plain, other = (tmp_path / f"{name}.tsv" for name in ("named", "plain", "other"))
    for path, header in ((named, "Vorn\tHinten"), (plain, "de\ten"), (other, "x\ty")):
        path.write_text(f"{header}\nBrot\tbread\n", encoding="utf-8")
    sweep = Sweep(tmp_path / "new", {"steps": 1, "columns": columns}, [4])
    assert _find_columns(sweep, str(named), "test") == columns
    assert _find_columns(sweep, str(plain), "test") is None
    with pytest.raises(ValueError, match=r"other\.tsv"):
        _find_columns(sweep, str(other), "test")


def test_a_settings_file_is_saved_and_loaded_with_options_above_it(tiny_base, tmp_path, capsys):
    file = tmp_path / "mine.json"
    command = ("train", "--base", tiny_base, "--rank", 3, "--data", "builtin:weather", *SHORT)
    status, output, _ = run(capsys, *command, "--save-config", file, "--json")
    assert status == 0
    assert json.loads(output)["settings"] == json.loads(file.read_text())
    output_folder = tmp_path / "run"
    load = ("train", "--config", file, "--rank", 2, "--steps", 1, "--output", output_folder)
    status, _, errors = run(capsys, *load)
    assert status == 0, errors
    config = json.loads((output_folder / "run.json").read_text())
    assert (config["rank"], config["alpha"], config["steps"]) == (2, 4.0, 1)
    assert (config["data"], config["base"]) == ("builtin:weather", str(tiny_base))
    changed = ("train", "--config", output_folder / "run.json", "--rank", 4)
    status, _, errors = run(capsys, *changed)
    assert status == 2
    assert "rank cannot change" in errors
    assert "--output" in errors
    again = (*changed, "--save-config", tmp_path / "again.json")
    assert run(capsys, *again)[0] == 0
    assert json.loads((tmp_path / "again.json").read_text())["rank"] == 4


def test_a_bad_settings_file_is_bad_input(tmp_path, capsys):
    file = tmp_path / "bad.json"
    for text, word in (
        ('{"rank": "many"}', "rank = 'many'"),
        ('{"frobs": 1}', "unknown 'frobs'"),
        ('{"base": 5, "data": []}', "base = 5"),
        ('{"targets": 1, "steps": {}}', "targets = 1"),
        ("{", "not readable JSON"),
    ):
        file.write_text(text)
        status, _, errors = run(capsys, "train", "--config", file, "--output", tmp_path / "run")
        assert status == 2 and word in errors and errors.count("\n") == 1
    assert not (tmp_path / "run").exists()
