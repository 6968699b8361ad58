"""The `evaluate` command prints and writes what its options ask for, and refuses bad input."""

import argparse
import json
import subprocess
import sys

import pytest

from lora_demo.evaluation.evaluate import evaluate
from lora_demo.evaluation.events import Phase, Progress
from tests.commands import run
from tests.evaluation.conftest import write_lines
from tests.evaluation.running import after_scoring


def comparison(files) -> list:
    """The command that compares two files of outputs on a table."""
    weak, strong = f"weak={files.weak}", f"strong={files.strong}"
    command = ["evaluate", "--base", "none", "--data", files.table]
    return [*command, "--outputs", weak, "--outputs", strong]


def test_json_has_the_documented_keys(files, capsys, tmp_path):
    status, out, _ = run(capsys, *comparison(files), "--json", "--output", tmp_path / "report")
    assert status == 0
    document = json.loads(out)
    assert list(document) == ["data", "n", "seed", "systems"]
    assert document["data"] == str(files.table)
    assert (document["n"], document["seed"]) == (40, 12345)
    weak, strong = document["systems"]
    assert list(strong) == ["name", "bleu", "chrf", "ter", "length_ratio", "against_base"]
    assert list(strong["bleu"]) == ["score", "low", "high", "signature"]
    assert list(strong["against_base"]) == ["bleu_p", "chrf_p"]
    assert strong["against_base"]["bleu_p"] == pytest.approx(1 / 1001)
    assert weak["against_base"] is None
    assert run(capsys, *comparison(files), "--json")[1] == out, "a report changes nothing"


def test_a_report_has_five_files_and_all_sentences(files, capsys, tmp_path):
    folder = tmp_path / "report"
    assert run(capsys, *comparison(files), "--output", folder)[0] == 0
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["report.html", "report.json", "report.xlsx", "scores.tex", "sentences.csv"]
    document = json.loads((folder / "report.json").read_text())
    assert len(document["sentences"]) == 40
    assert document["verdicts"][0].startswith("strong is better than weak")
    assert len(document["sha256"]) == 64


def test_the_second_test_is_printed_with_its_progress(files, capsys):
    status, out, err = run(capsys, *comparison(files), "--ar")
    assert status == 0
    (line,) = [line for line in out.splitlines() if "randomisation" in line]
    assert line.startswith(
        "strong against weak by paired approximate randomisation: "
        "BLEU p = 0.0001, chrF2 p = 0.0001, TER p = "
    )
    assert "2 of 2 systems" in err
    assert "1 of 1 systems" in err
    assert "randomisation" not in run(capsys, *comparison(files))[1]


def test_the_verdict_comes_first(files, capsys):
    assert run(capsys, *comparison(files))[1].startswith("strong is better than weak: BLEU +")


def test_several_references_chrf_with_words_and_randomisation_work_together(files, capsys):
    command = ["evaluate", "--base", "none", "--data", files.german]
    references = ["--reference", files.english, "--reference", files.second]
    outputs = ["--outputs", f"weak={files.weak}", "--outputs", f"strong={files.strong}"]
    status, out, _ = run(capsys, *command, *references, *outputs, "--chrf++", "--ar", "--json")
    assert status == 0
    system = json.loads(out)["systems"][1]
    assert "nrefs:2|" in system["bleu"]["signature"]
    assert "nw:2" in system["chrf"]["signature"]
    assert list(system["against_base"]) == ["bleu_p", "chrf_p", "bleu_ar_p", "chrf_ar_p"]


@pytest.mark.parametrize(
    ("argv", "message"),
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
def test_bad_input_gives_one_line_and_status_2(argv, message, capsys):
    status, out, err = run(capsys, "evaluate", *argv)
    assert (status, out) == (2, "")
    assert message in err
    assert err.splitlines()[-1].startswith(("lora_demo: ", "python -m lora_demo"))


def test_a_wrong_number_of_lines_is_refused_with_both_numbers(files, capsys):
    short = write_lines(files.folder / "short.txt", ["a", "b"])
    status, _, err = run(
        capsys, "evaluate", "--base", "none", "--data", files.table, "--outputs", f"x={short}"
    )
    assert status == 2
    assert "short.txt is 2, but" in err
    assert "40 sentences" in err


def test_one_sentence_is_scored_without_a_claim_of_significance(files, capsys):
    one = files.folder / "one.tsv"
    one.write_text("de\ten\nHallo.\tHello.\n", encoding="utf-8")
    good = write_lines(files.folder / "good.txt", ["Hello."])
    bad = write_lines(files.folder / "bad.txt", ["Bye"])
    outputs = ["--outputs", f"bad={bad}", "--outputs", f"good={good}"]
    status, out, err = run(capsys, "evaluate", "--base", "none", "--data", one, *outputs, "--json")
    assert status == 0
    assert json.loads(out)["systems"][1]["against_base"] == {"bleu_p": 1.0, "chrf_p": 1.0}
    assert "no difference can be significant" in err


def test_an_empty_set_is_refused(files, capsys):
    empty = files.folder / "empty.tsv"
    empty.write_text("de\ten\n", encoding="utf-8")
    outputs = ["--outputs", f"weak={files.weak}"]
    status, out, err = run(capsys, "evaluate", "--base", "none", "--data", empty, *outputs)
    assert (status, out) == (2, "")
    assert "no sentences" in err


@pytest.fixture
def command(monkeypatch, translator, adapter):
    """The command on the adapter and weather, with the fake translator.

    It is stopped at the first event for which `when` is true.
    """
    from lora_demo.cli import evaluate as command
    from lora_demo.cli import terminal
    from lora_demo.evaluation import evaluate as module

    def call(*options, when=lambda event: False):
        parser = argparse.ArgumentParser()
        command.add_arguments(parser)
        parser.set_defaults(base="fake", revision=None, json=True)
        printed, stopped = [], []

        def events(config, **_options):
            for event in evaluate(config, translator=translator, stop=lambda: bool(stopped)):
                if when(event):
                    stopped.append(event)
                yield event

        monkeypatch.setattr(module, "evaluate", events)
        monkeypatch.setattr(terminal.signal, "signal", lambda *_: None)
        monkeypatch.setattr(command, "print_json", printed.append)
        arguments = ["--adapter", adapter, "--data", "builtin:weather", *options]
        command.run(parser.parse_args([str(argument) for argument in arguments]))
        return printed

    return call


def recorded(adapter) -> list[dict]:
    """The evaluations in an adapter's manifest."""
    return json.loads((adapter / "manifest.json").read_text())["evaluations"]


def test_a_partial_evaluation_is_printed_but_writes_no_scores(command, adapter, capsys):
    before = (adapter / "manifest.json").read_text()
    (document,) = command("--write-scores", when=lambda event: isinstance(event, Progress))
    assert document["partial"] is True
    assert "No scores were written" in capsys.readouterr().err
    assert (adapter / "manifest.json").read_text() == before


def test_a_complete_evaluation_is_printed_once_and_writes_its_scores(command, adapter):
    assert len(command("--max-pairs", 8, "--write-scores")) == 1
    assert len(recorded(adapter)) == 1


def test_scores_of_a_complete_set_are_written_even_if_a_further_set_is_partial(
    command, adapter, capsys
):
    further = ("--also", "builtin:recipes")
    (document,) = command("--max-pairs", 64, *further, "--write-scores", when=after_scoring(Phase))
    assert document["partial"] is True
    assert document["left_out"] == ["builtin:recipes"]
    assert "Wrote the scores" in capsys.readouterr().err
    assert recorded(adapter)[0]["data"]["n"] == 64


def test_a_missing_manifest_is_reported_before_translating(command, adapter, translator):
    (adapter / "manifest.json").unlink()
    with pytest.raises(ValueError, match=r"manifest\.json is missing"):
        command("--max-pairs", 8, "--write-scores")
    assert translator.calls == []
    assert len(command("--max-pairs", 8)) == 1


def test_no_tensorflow_is_imported_without_a_model(files):
    arguments = ["evaluate", "--base", "none", "--data", str(files.table)]
    arguments += ["--outputs", f"a={files.weak}"]
    code = (
        "import sys; from lora_demo.cli.main import main; "
        f"main({arguments!r}); assert not {{'tensorflow', 'keras'}} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0
