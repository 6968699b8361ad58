"""The command line: exact JSON on standard output, one line and exit status 2 for bad input."""

import json
import re

import pytest

from lora_demo.cli.main import main
from lora_demo.model.batch_decoder import Decoder
from lora_demo.training.config import TrainConfig
from tests.commands import run
from tests.tiny import pairs_file, tiny_base  # noqa: F401  (fixtures)


def json_of(capsys, *argv):
    status, out, err = run(capsys, *argv, "--json")
    assert status == 0, err
    return json.loads(out)


def test_params_json(capsys):
    document = json_of(capsys, "params", "--base", "google/flan-t5-base", "--ranks", 4, 16)
    assert list(document) == ["base", "total", "rows"] and document["total"] == 247_577_856
    assert list(document["rows"][0]) == ["rank", "targets", "trainable", "percent", "adapter_bytes"]
    assert [row["trainable"] for row in document["rows"]] == [442_368, 1_769_472]
    assert document["rows"][0]["percent"] == 100 * 442_368 / (247_577_856 + 442_368)


@pytest.fixture(scope="module")
def trained(tiny_base, pairs_file, tmp_path_factory):  # noqa: F811
    """A run of a few steps, and what --json said of it."""
    import contextlib
    import io

    output, out = tmp_path_factory.mktemp("run") / "run", io.StringIO()
    with contextlib.redirect_stdout(out):
        assert (
            main(
                [
                    "train",
                    "--base",
                    str(tiny_base),
                    "--data",
                    str(pairs_file),
                    "--rank",
                    "2",
                    "--targets",
                    "attention",
                    "--steps",
                    "6",
                    "--batch-size",
                    "4",
                    "--output",
                    str(output),
                    "--json",
                ]
            )
            == 0
        )
    return output, json.loads(out.getvalue())


def test_train_json(trained, tiny_base):  # noqa: F811
    output, document = trained
    assert list(document) == [
        "run",
        "adapter",
        "steps",
        "seconds",
        "train_loss",
        "eval_loss",
        "eval_chrf",
        "best_step",
    ]
    assert (
        document["run"] == str(output)
        and document["adapter"] == str(output / "adapter")
        and document["steps"] == 6
    )
    config = json.loads((output / "adapter" / "adapter_config.json").read_text())
    assert (
        config["r"] == 2
        and config["lora_alpha"] == 4
        and config["target_modules"] == ["q", "k", "v", "o"]
    )
    manifest = json.loads((output / "adapter" / "manifest.json").read_text())
    assert (
        manifest["base"]["id"] == str(tiny_base)
        and len(manifest["base"]["sha256"]) == 64
        and "--rank 2" in manifest["command"]
    )
    assert any((output / "tensorboard").glob("events.out.tfevents.*"))


def test_translate_and_inspect_json(trained, tiny_base, capsys):  # noqa: F811
    adapter = trained[0] / "adapter"
    document = json_of(
        capsys,
        "translate",
        "--base",
        tiny_base,
        "--adapter",
        adapter,
        "--max-new-tokens",
        8,
        "Salz",
        "Den Teig kneten.",
    )
    assert list(document) == ["base", "beams", "columns"] and document["beams"] == 1
    assert [list(column) for column in document["columns"]] == [
        ["name", "adapter", "rank", "texts", "tokens", "seconds"]
    ] * 2
    base, tuned = document["columns"]
    assert (base["name"], base["adapter"], base["rank"]) == ("base", None, None) and (
        tuned["adapter"],
        tuned["rank"],
    ) == (str(adapter), 2)
    assert len(base["texts"]) == len(base["tokens"]) == 2

    document = json_of(capsys, "inspect", adapter)
    assert list(document) == [
        "adapter",
        "base",
        "rank",
        "alpha",
        "targets",
        "parameters",
        "fits",
        "problems",
        "layers",
    ]
    assert (
        document["fits"]
        and document["base"] == str(tiny_base)
        and any(layer["relative_norm"] > 0 for layer in document["layers"])
    )


def test_parts_of_a_file_joined_are_the_whole(trained, tiny_base, tmp_path, monkeypatch, capsys):  # noqa: F811
    monkeypatch.setattr("lora_demo.cli.translate.CHUNK_SIZE", 2)
    file, command = (
        tmp_path / "german.txt",
        ("translate", "--base", tiny_base, "--adapter", trained[0] / "adapter"),
    )
    file.write_text(
        "Salz\n\nDen Teig\u2028kneten.\r\nButter\n  \n" + "Zucker und Mehl " * 20 + "\n",
        encoding="utf-8",
    )  # the last has room for more tokens than the rest
    plain = lambda *more: run(capsys, *command, "--file", file, "--plain", *more)
    status, whole, _ = plain()
    assert (
        status == 0
        and whole.count("\n") == 6
        and [bool(line) for line in whole.split("\n")[:6]] == [True, False, True, True, False, True]
    )
    assert "".join(plain("--part", f"{k}/3")[1] for k in (1, 2, 3)) == whole
    decoded = []
    monkeypatch.setattr(
        Decoder,
        "decode",
        lambda self, sources, slots, *rest, decode=Decoder.decode, **more: (
            decoded.extend(slots) or decode(self, sources, slots, *rest, **more)
        ),
    )
    twice = ("--adapter", trained[0] / "adapter", "--strength", 1)
    assert (
        plain(*twice, "--strength", 0)[1] != whole == plain("--strength", 0, *twice)[1]
    )  # the last adapter
    assert len(decoded) == 12 and 0 not in decoded  # alone, not even beside the base
    assert plain("--strength", 1, *twice, "--strength", 1)[0] == plain(*twice)[0] == 2
    columns = json_of(capsys, *command, "--file", file)["columns"]
    assert (
        columns[1]["texts"] == [line for line in whole.split("\n") if line]
        and len(columns[0]["tokens"]) == 4
    )
    shown = run(capsys, *command, "--file", file)[1]
    assert [line.split()[0] for line in shown.split("\n")[:-1]] == [
        "de",
        "base",
        columns[1]["name"],
    ] * 4
    for part in ("0/2", "3/2", "1", "a/b", "1/0"):
        status, _, err = run(capsys, *command, "--part", part, "Salz")
        assert status == 2 and "--part" in err and err.count("\n") == 1


def test_merge_writes_a_base_that_translates(trained, tmp_path, capsys):
    status, out, _ = run(capsys, "merge", trained[0] / "adapter", "--output", tmp_path / "merged")
    assert status == 0 and out.strip() == str(tmp_path / "merged")
    assert json_of(
        capsys, "translate", "--base", tmp_path / "merged", "--max-new-tokens", 4, "Salz"
    )["columns"][0]["texts"]
    status, _, err = run(capsys, "merge", trained[0] / "adapter", "--output", tmp_path / "merged")
    assert status == 2 and "not empty" in err


def test_reduce_writes_a_smaller_adapter(trained, tmp_path, capsys):
    document = json_of(
        capsys, "reduce", trained[0] / "adapter", "--rank", 1, "--output", tmp_path / "reduced"
    )
    assert document["rank"] == 1 and 0 <= document["frobenius_lost"] < document["frobenius_whole"]
    assert json_of(capsys, "inspect", tmp_path / "reduced")["rank"] == 1
    status, _, err = run(
        capsys, "reduce", trained[0] / "adapter", "--rank", 2, "--output", tmp_path / "more"
    )
    assert status == 2 and "below the adapter's 2" in err


def test_resume_of_a_finished_run_changes_nothing(trained, capsys):
    before = (trained[0] / "adapter" / "adapter_model.safetensors").read_bytes()
    assert json_of(capsys, "train", "--resume", trained[0])["steps"] == 6
    assert (trained[0] / "adapter" / "adapter_model.safetensors").read_bytes() == before


@pytest.mark.parametrize(
    "argv, word",
    [
        ([], "COMMAND"),
        (["frobnicate"], "frobnicate"),
        (["translate"], "Nothing to translate"),
        (["translate", "--beams", "x", "a"], "--beams"),
        (["translate", "--base", "/nowhere", "a"], "/nowhere"),
        (["translate", "--file", "/nowhere.txt"], "/nowhere.txt"),
        (["params", "--ranks", "0"], "rank"),
        (["params", "--base", "google/flan-t5-small", "--targets", "x"], "'x'"),
        (["inspect", "/nowhere"], "adapter_config.json"),
        (["merge", "/nowhere", "--output", "/tmp/x"], "adapter_config.json"),
        (["train", "--rank", "0", "--steps", "-1"], "rank"),
        (["train", "--steps", "1", "--epochs", "1"], "exactly one"),
        (["train", "--learning-rate", "nan", "--steps", "1"], "learning_rate"),
        (["train", "--resume", "/nowhere"], "run folder"),
    ],
)
def test_bad_input_is_one_line_and_status_2(argv, word, capsys):
    status, out, err = run(capsys, *argv)
    assert status == 2 and out == "" and word in err and err.count("\n") == 1


def test_too_many_beams(tiny_base, capsys):  # noqa: F811
    status, _, err = run(capsys, "translate", "--base", tiny_base, "--beams", "99", "a")
    assert status == 2 and "beams" in err


def test_a_config_is_its_own_json_and_command():
    config = TrainConfig(rank=3, targets=("q", "wo"), epochs=0.5, use_rslora=True)
    assert TrainConfig.from_json(json.loads(json.dumps(config.to_json()))) == config
    assert (
        config.command()
        == "python -m lora_demo train --rank 3 --targets q,wo --use-rslora --epochs 0.5"
    )
    with pytest.raises(ValueError, match="frobs"):
        TrainConfig.from_json({"steps": 1, "frobs": 2})


def labels(svg: str) -> set[str]:
    """The words of a figure, without the numbers on its axes."""
    return {
        text
        for text in re.findall(r"<text[^>]*>([^<]+)</text>", svg)
        if not re.fullmatch(r"[\d.−]+", text)
    }


def lines(svg: str, color: str) -> list[list[tuple[str, str]]]:
    """The points of each line of one color."""
    paths = re.findall(rf'<path d="([^"]*)"[^>]*stroke: {color}', svg)
    return [re.findall(r"[ML] (\S+) (\S+)", path) for path in paths]


def test_curves(capsys, trained, tmp_path):
    run_folder, document = trained
    for name, folders in (
        ("one.svg", [run_folder]),
        ("two.svg", [run_folder, run_folder]),
        ("two.png", [run_folder, run_folder]),
    ):
        assert run(capsys, "curves", *folders, "--output", tmp_path / name)[0] == 0
    one, two = ((tmp_path / name).read_text() for name in ("one.svg", "two.svg"))
    assert labels(one) == {
        "Loss",
        "loss",
        "training batch",
        "held-out pairs",
        "chrF2",
        "step",
        f"best checkpoint, step {document['best_step']}",
    }
    assert labels(two) == {
        "Held-out pairs",
        "Rank",
        "chrF2",
        "step",
        "trained parameters",
        "best checkpoint",
        "r = 2",
    }
    held_out, best = (lines(one, color)[0] for color in ("#1f77b4", "#2ca02c"))
    assert len(held_out) == document["steps"] + 1 and {x for x, _ in best} == {
        held_out[document["best_step"]][0]
    }
    assert (tmp_path / "two.png").read_bytes().startswith(b"\x89PNG")
    for arguments, word in (
        ([tmp_path, "--output", tmp_path / "x.svg"], "no run folder"),
        ([run_folder, "--output", tmp_path / "x.exe"], ".svg or .png"),
    ):
        status, _, err = run(capsys, "curves", *arguments)
        assert status == 2 and word in err and err.count("\n") == 1
