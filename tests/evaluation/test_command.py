"""The `evaluate` command prints and writes what its options ask for, and refuses bad input."""

import json
import subprocess
import sys

import pytest

from lora_demo.evaluation.evaluate import evaluate
from lora_demo.evaluation.events import Phase, Progress
from tests.commands import run
from tests.evaluation.conftest import write_lines
from tests.evaluation.running import after_scoring


def test_json_has_the_documented_keys(files, capsys, tmp_path):
    status, out, _err = run(
        capsys,
        "evaluate",
        "--base",
        "none",
        "--data",
        files.table,
        "--outputs",
        f"weak={files.weak}",
        "--outputs",
        f"strong={files.strong}",
        "--json",
        "--output",
        tmp_path / "report",
    )
    document = json.loads(out)
    assert (
        status == 0
        and list(document) == ["data", "n", "seed", "systems"]
        and (document["n"], document["seed"]) == (40, 12345)
    )
    assert document["data"] == str(files.table)
    weak, strong = document["systems"]
    assert (
        list(strong) == ["name", "bleu", "chrf", "ter", "length_ratio", "against_base"]
        and weak["against_base"] is None
    )
    assert list(strong["bleu"]) == ["score", "low", "high", "signature"] and list(
        strong["against_base"]
    ) == ["bleu_p", "chrf_p"]
    assert strong["against_base"]["bleu_p"] == pytest.approx(1 / 1001)
    assert sorted(path.name for path in (tmp_path / "report").iterdir()) == [
        "report.html",
        "report.json",
        "sentences.csv",
    ]
    whole = json.loads((tmp_path / "report" / "report.json").read_text())
    assert (
        len(whole["sentences"]) == 40
        and whole["verdicts"][0].startswith("strong is better than weak")
        and len(whole["sha256"]) == 64
    )
    assert (
        run(
            capsys,
            "evaluate",
            "--base",
            "none",
            "--data",
            files.table,
            "--outputs",
            f"weak={files.weak}",
            "--outputs",
            f"strong={files.strong}",
            "--json",
        )[1]
        == out
    )


def test_the_second_test_is_printed_with_its_progress(files, capsys):
    arguments = [
        "evaluate",
        "--base",
        "none",
        "--data",
        files.table,
        "--outputs",
        f"w={files.weak}",
        "--outputs",
        f"s={files.strong}",
    ]
    status, out, err = run(capsys, *arguments, "--ar")
    (line,) = [line for line in out.splitlines() if "randomisation" in line]
    assert status == 0 and line.startswith(
        "s against w by paired approximate randomisation: "
        "BLEU p = 0.0001, chrF2 p = 0.0001, TER p = "
    )
    assert (
        "2 of 2 systems" in err
        and "1 of 1 systems" in err
        and "randomisation" not in run(capsys, *arguments)[1]
    )


def test_several_references_chrf_with_words_and_randomisation(files, capsys):
    status, out, _ = run(
        capsys,
        "evaluate",
        "--base",
        "none",
        "--data",
        files.german,
        "--reference",
        files.english,
        "--reference",
        files.second,
        "--outputs",
        f"w={files.weak}",
        "--outputs",
        f"s={files.strong}",
        "--chrf++",
        "--ar",
        "--json",
    )
    system = json.loads(out)["systems"][1]
    assert (
        status == 0
        and "nrefs:2|" in system["bleu"]["signature"]
        and "nw:2" in system["chrf"]["signature"]
    )
    assert list(system["against_base"]) == ["bleu_p", "chrf_p", "bleu_ar_p", "chrf_ar_p"]
    status, out, _ = run(
        capsys,
        "evaluate",
        "--base",
        "none",
        "--data",
        files.table,
        "--outputs",
        f"w={files.weak}",
        "--outputs",
        f"s={files.strong}",
    )
    assert out.startswith("s is better than w: BLEU +")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--data", "nowhere.tsv", "--base", "none", "--outputs", "a=b"], "nowhere.tsv"),
        (["--base", "none"], "nothing to evaluate"),
        (["--base", "none", "--outputs", "ab"], "NAME=FILE"),
        (["--base", "none", "--outputs", "a=/nowhere", "--outputs", "a=/nowhere"], "same name"),
        (["--beams", "0"], "beams"),
        (["--base", "/nowhere"], "/nowhere"),
        (["--split", "x"], "--split"),
        (["--write-scores"], "--adapter"),
        (["--outputs", "base=/nowhere"], "'base'"),
        (["--base", "none", "--outputs", "a=/nowhere", "--also", "gone.tsv"], "without a base"),
    ],
)
def test_bad_input_gives_one_line_and_status_2(argv, said, capsys):
    status, out, err = run(capsys, "evaluate", *argv)
    assert (
        status == 2
        and out == ""
        and said in err
        and err.splitlines()[-1].startswith(("lora_demo: ", "python -m lora_demo"))
    )


def test_a_wrong_number_of_lines_is_refused_with_both_numbers(files, capsys):
    short = write_lines(files.folder / "short.txt", ["a", "b"])
    status, _, err = run(
        capsys, "evaluate", "--base", "none", "--data", files.table, "--outputs", f"x={short}"
    )
    assert status == 2 and "short.txt has 2 lines" in err and "40 sentences" in err


def test_one_sentence_is_scored_and_an_empty_set_is_refused(files, capsys):
    one = files.folder / "one.tsv"
    one.write_text("de\ten\nHallo.\tHello.\n", encoding="utf-8")
    good, bad = (
        write_lines(files.folder / "good.txt", ["Hello."]),
        write_lines(files.folder / "bad.txt", ["Bye"]),
    )
    status, out, err = run(
        capsys,
        "evaluate",
        "--base",
        "none",
        "--data",
        one,
        "--outputs",
        f"bad={bad}",
        "--outputs",
        f"good={good}",
        "--json",
    )
    document = json.loads(out)
    assert (
        status == 0
        and document["systems"][1]["against_base"] == {"bleu_p": 1.0, "chrf_p": 1.0}
        and "no difference can be significant" in err
    )
    one.write_text("de\ten\n", encoding="utf-8")
    status, out, err = run(
        capsys, "evaluate", "--base", "none", "--data", one, "--outputs", f"bad={bad}"
    )
    assert status == 2 and "no sentences" in err and out == ""


@pytest.fixture
def command(monkeypatch, translator):
    """The command with the fake translator, stopped at the first event for which `when` is true."""
    import argparse

    from lora_demo.cli import evaluate as command
    from lora_demo.cli import terminal
    from lora_demo.evaluation import evaluate as module

    def call(*argv, when=lambda event: False):
        parser, printed, asked = argparse.ArgumentParser(), [], []
        command.add_arguments(parser)
        parser.set_defaults(base="fake", revision=None, json=True)

        def events(config, stop, precision):
            for event in evaluate(config, translator=translator, stop=lambda: bool(asked)):
                asked.extend([True] if when(event) else [])
                yield event

        monkeypatch.setattr(module, "evaluate", events)
        monkeypatch.setattr(terminal.signal, "signal", lambda *_: None)
        monkeypatch.setattr(command, "print_json", printed.append)
        command.run(parser.parse_args([str(a) for a in argv]))
        return printed

    return call


def test_a_partial_evaluation_is_printed_but_writes_no_scores(command, adapter, capsys):
    before = (adapter / "manifest.json").read_text()
    (document,) = command(
        "--adapter",
        adapter,
        "--data",
        "builtin:weather",
        "--write-scores",
        when=lambda e: isinstance(e, Progress),
    )
    assert (
        document["partial"] is True
        and "No scores were written" in capsys.readouterr().err
        and (adapter / "manifest.json").read_text() == before
    )
    assert (
        len(
            command(
                "--adapter",
                adapter,
                "--data",
                "builtin:weather",
                "--max-pairs",
                8,
                "--write-scores",
            )
        )
        == 1
    )
    assert len(json.loads((adapter / "manifest.json").read_text())["evaluations"]) == 1


def test_scores_of_a_complete_set_are_written_even_if_a_further_set_is_partial(
    command, adapter, capsys
):
    (document,) = command(
        "--adapter",
        adapter,
        "--data",
        "builtin:weather",
        "--max-pairs",
        64,
        "--also",
        "builtin:recipes",
        "--write-scores",
        when=after_scoring(Phase),
    )
    assert (
        document["partial"] is True
        and document["left_out"] == ["builtin:recipes"]
        and "Wrote the scores" in capsys.readouterr().err
    )
    assert json.loads((adapter / "manifest.json").read_text())["evaluations"][0]["data"]["n"] == 64


def test_a_missing_manifest_is_reported_before_translating(command, adapter, translator):
    (adapter / "manifest.json").unlink()
    with pytest.raises(ValueError, match=r"manifest\.json is missing"):
        command(
            "--adapter", adapter, "--data", "builtin:weather", "--max-pairs", 8, "--write-scores"
        )
    assert (
        translator.calls == []
        and len(command("--adapter", adapter, "--data", "builtin:weather", "--max-pairs", 8)) == 1
    )


def test_no_tensorflow_is_imported_without_a_model(files):
    arguments = ["evaluate", "--base", "none", "--data", str(files.table)]
    arguments += ["--outputs", f"a={files.weak}"]
    code = (
        "import sys; from lora_demo.cli.main import main; "
        f"main({arguments!r}); assert not {{'tensorflow', 'keras'}} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0
