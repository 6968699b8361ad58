"""Whole evaluations: the command, its JSON, partial results, overlap, further sets, and what is written to an adapter."""

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from lora_demo.checkpoints.pair_hashes import PairHashes
from lora_demo.data.encoding import PREFIX
from lora_demo.evaluation.config import EvaluationConfig
from lora_demo.evaluation.evaluate import evaluate
from lora_demo.evaluation.events import Done, Note, Phase, Progress
from lora_demo.evaluation.report.files import write_report
from lora_demo.evaluation.report.narrative import alarms, frequency_source, remarks, verdicts
from lora_demo.evaluation.report.page import body, page
from lora_demo.evaluation.report.recording import record_scores
from lora_demo.evaluation.report.sentence_groups import sentence_groups
from lora_demo.evaluation.report.serialisation import document as serialise
from lora_demo.evaluation.report.serialisation import score_json, summary
from lora_demo.evaluation.report.spreadsheet import safe_cell, sentence_table
from lora_demo.evaluation.system_names import make_unique
from tests.commands import run
from tests.evaluation.conftest import ENGLISH, GERMAN, WEAK, write_lines
from tests.tiny import tiny_base  # noqa: F401  (a fixture)


def finished(config: EvaluationConfig, **options):
    events = list(evaluate(config, **options))
    assert isinstance(events[-1], Done)
    return events[-1].evaluation, events


def noted(events, message: str) -> int:
    """How often the events hold a note with this message."""
    return events.count(Note(message))


def stopped(config: EvaluationConfig, when, **options):
    """The evaluation that a stop leaves, which is asked for at the first event for which `when` is true."""
    asked = []
    for event in evaluate(config, stop=lambda: bool(asked), **options):
        asked += [True] if when(event) else []
    return event.evaluation


def once_judged(kind: type):
    """Whether an event is of this kind, and the main set was scored before it."""
    judged = []

    def when(event) -> bool:
        if event == Phase("Searching the set for training data"):
            judged.append(event)
        return bool(judged) and isinstance(event, kind)

    return when


def files_only(files, **more) -> EvaluationConfig:
    return EvaluationConfig(
        base="none",
        data=str(files.table),
        outputs=(("weak", files.weak), ("strong", files.strong)),
        **more,
    )


def test_json_is_as_stated(files, capsys, tmp_path):
    status, out, err = run(
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


def test_the_second_test_is_printed_and_its_progress_told(files, capsys):
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
        "s against w by paired approximate randomisation: BLEU p = 0.0001, chrF2 p = 0.0001, TER p = "
    )
    assert (
        "2 of 2 systems" in err
        and "1 of 1 systems" in err
        and "randomisation" not in run(capsys, *arguments)[1]
    )


def test_one_differing_sentence_is_never_better_and_where_tests_disagree_is_said(files):
    lines = files.weak.read_text(encoding="utf-8").splitlines()
    other = write_lines(files.folder / "other.txt", ["The dog is asleep.", *lines[1:]])
    config = EvaluationConfig(
        base="none",
        data=str(files.table),
        outputs=(("weak", files.weak), ("other", other)),
        randomisation=True,
    )
    evaluation, events = finished(config)
    html = page(evaluation)
    assert (
        evaluation.systems[1].randomisation["chrf"].p
        < 0.05
        < evaluation.tests(evaluation.systems[1])["chrf"].p
    )
    assert (
        "p = 0.0001, but only 1 sentence differs" in html
        and 'class="better"' not in html
        and 'class="verdict better"' not in html
    )
    said = next(text for text in remarks(evaluation) if "disagree" in text)
    assert re.search(
        r"chrF2: paired bootstrap p = 0\.[1-9]\d\d; approximate randomisation p = 0\.0001, but only "
        r"1 sentence differs\.",
        said,
    ) and noted(events, said)
    assert serialise(evaluation)["systems"][1]["differing_sentences"] == {
        "weak": {"bleu": 1, "chrf": 1, "ter": 1}
    }


def test_five_sentences_are_called_better_nowhere(files):
    table = write_lines(
        files.folder / "five.tsv",
        ["de\ten", *(f"{de}\t{en}" for de, en in list(zip(GERMAN, ENGLISH))[:5])],
    )
    outputs = tuple(
        (name, write_lines(files.folder / f"{name}.txt", texts[:5]))
        for name, texts in (("a", WEAK), ("b", ENGLISH), ("c", WEAK))
    )
    evaluation, _ = finished(EvaluationConfig(base="none", data=str(table), outputs=outputs))
    document, html = serialise(evaluation), page(evaluation)
    assert document["systems"][1]["against_base"]["bleu_p"] < 0.05 and verdicts(evaluation)[
        0
    ].startswith("No significant difference between b and a")
    assert (
        not any(
            f'{tag} class="{tone}"' in html
            for tag in ("small", "td")
            for tone in ("better", "worse")
        )
        and html.count('class="verdict "') == 2
    )
    assert all(
        text.startswith("no significant difference (p = 0.0")
        for text in document["systems"][1]["findings"].values()
    )
    assert 'title="no significant difference (p = 0.001, but only 5 sentences differ)"' in html


def test_several_references_chrf_pp_and_randomisation(files, capsys):
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
    "argv, said",
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
def test_bad_input_is_one_line_and_status_2(argv, said, capsys):
    status, out, err = run(capsys, "evaluate", *argv)
    assert (
        status == 2
        and out == ""
        and said in err
        and err.splitlines()[-1].startswith(("lora_demo: ", "python -m lora_demo"))
    )


def test_wrong_numbers_of_lines_name_both(files, capsys):
    short = write_lines(files.folder / "short.txt", ["a", "b"])
    status, _, err = run(
        capsys, "evaluate", "--base", "none", "--data", files.table, "--outputs", f"x={short}"
    )
    assert status == 2 and "short.txt has 2 lines" in err and "40 sentences" in err


def test_one_sentence_and_none(files, capsys):
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


def test_base_and_adapter_in_the_order_of_the_set(translator, adapter, weather):
    evaluation, events = finished(
        EvaluationConfig(base="fake", adapters=(adapter,), data="builtin:weather"),
        translator=translator,
    )
    base, tuned = evaluation.systems
    assert [s.name for s in evaluation.systems] == [
        "base",
        "weather-r2",
    ] and tuned.folder == adapter
    assert tuned.outputs == [en for _, en in weather.test] and base.outputs == [
        en.partition(" ")[2] for _, en in weather.test
    ]
    assert translator.asked == {
        ((adapter,), 0),
        ((adapter,), 1),
    }  # with all adapters each time: the banks would grow, and all be compiled anew
    lengths = [[len(text.split()) for text in call] for call in translator.calls]
    assert (
        len(lengths) > 2
        and lengths[0] == sorted(lengths[0])
        and sum(map(len, lengths)) == 2 * len(weather.test)
    )
    assert tuned.scores["bleu"].score == pytest.approx(100) and verdicts(evaluation)[0].startswith(
        "weather-r2 is better than the base: BLEU +"
    )
    assert alarms(evaluation) == [] and {type(e) for e in events} >= {Phase, Progress, Done}
    tokens = sum(
        len(ids) for ids in translator.tokenizer.encode([PREFIX + de for de, _ in weather.test])
    )
    progress = [e for e in events if isinstance(e, Progress) and e.unit == "tokens"]
    assert len(progress) == len(lengths) and progress[-1].done == progress[-1].total == tokens
    assert (
        frequency_source(evaluation).endswith("builtin:weather")
        and evaluation.comparisons[0].worse == 0
    )


def test_a_set_that_was_trained_on_is_told_loudly(translator, adapter):
    evaluation, events = finished(
        EvaluationConfig(
            base="fake", adapters=(adapter,), data="builtin:weather", split="train", max_pairs=70
        ),
        translator=translator,
    )
    assert any(isinstance(e, Note) and "TRAINED on 70 of the 70" in e.message for e in events)
    assert '<p class="alarm" role="alert">weather-r2 was TRAINED' in page(evaluation)


def test_stopped_early_is_partial_a_fair_sample_and_labelled(translator, adapter, files):
    for asked in (3, 2):  # between base and adapter of the second chunk, and before it
        stops = iter([False] * asked + [True] * 1000)
        evaluation, _ = finished(
            EvaluationConfig(base="fake", adapters=(adapter,), data="builtin:weather"),
            translator=translator,
            stop=lambda: next(stops),
        )
        assert evaluation.is_partial and evaluation.n == 64 < evaluation.total
    assert evaluation.rows != list(range(128)) and evaluation.rows == sorted(evaluation.rows)
    assert (
        summary(evaluation)["partial"] is True
        and alarms(evaluation)[0].startswith("PARTIAL: ")
        and "Partial evaluation" in page(evaluation)
    )
    assert sentence_table(evaluation)[1][0] == evaluation.rows[0] + 1
    assert {id for id in Page(page(evaluation)).ids if id[1:].isdecimal()} == {
        f"s{row + 1}" for row in evaluation.rows
    }
    with pytest.raises(ValueError, match="partial"):
        record_scores(evaluation)
    with pytest.raises(ValueError, match="nothing to score"):
        finished(
            EvaluationConfig(base="fake", data="builtin:weather"),
            translator=translator,
            stop=lambda: True,
        )
    stops = iter([False] * 6 + [True] * 1000)
    assert finished(files_only(files), stop=lambda: next(stops))[0].is_partial


def test_a_partial_result_calls_its_sentences_by_their_places_in_the_set_everywhere(
    translator, adapter
):
    evaluation = stopped(
        EvaluationConfig(base="fake", adapters=(adapter,), data="builtin:weather", split="train"),
        lambda e: isinstance(e, Progress),
        translator=translator,
    )
    document, places = serialise(evaluation), [row + 1 for row in evaluation.rows]
    numbers = lambda found: [
        n for bucket in document["buckets"][found] for n in bucket["sentences"]
    ]
    assert (
        places != list(range(1, evaluation.n + 1))
        and [s["number"] for s in document["sentences"]] == places
    )
    assert (
        sorted(numbers("length"))
        == sorted(set(numbers("sentence_chrf")))
        == places
        == document["systems"][1]["flaws"]["exact"]["sentences"]
    )
    assert document["overlaps"][0]["trained_pairs"]["first"] == places and set(
        document["comparisons"][0]["wins"]
    ) <= set(places)
    assert set(document["comparisons"][0]["ngrams"]["right_here_only"][0]["sentences"]) <= set(
        places
    )
    assert [row[0] for row in sentence_table(evaluation)[1:]] == places


def test_a_stop_in_the_last_further_set_is_labelled(translator, adapter):
    evaluation = stopped(
        EvaluationConfig(
            base="fake",
            adapters=(adapter,),
            data="builtin:weather",
            max_pairs=100,
            also=("builtin:recipes",),
        ),
        once_judged(Progress),
        translator=translator,
    )
    assert (
        evaluation.n == 100
        and not evaluation.left_out
        and evaluation.is_partial
        and "left_out" not in summary(evaluation)
    )
    assert alarms(evaluation) == [
        f"PARTIAL: stopped after {evaluation.further_sets[0].n} of 100 sentences of builtin:recipes. "
        "Its numbers are for this random part."
    ]


@pytest.mark.parametrize(
    "kind, partial, left_out",
    [
        (Phase, [], ["train", "eval", "test", "recipes"]),
        (Progress, ["train"], ["eval", "test", "recipes"]),
    ],
)
def test_a_stop_in_further_sets_is_labelled_and_what_is_left_out_is_named(
    translator, adapter, kind, partial, left_out
):
    """The stop comes once the main set was judged: before the first batch of the further ones, or after it."""
    config = EvaluationConfig(
        base="fake",
        adapters=(adapter,),
        data="builtin:weather",
        max_pairs=64,
        own_data=True,
        also=("builtin:recipes",),
    )
    evaluation = stopped(config, once_judged(kind), translator=translator)
    assert (
        evaluation.n == evaluation.total == 64
        and evaluation.is_partial
        and summary(evaluation)["partial"] is True
    )
    assert [b.set.split for b in evaluation.further_sets] == partial and all(
        len(b.set) < b.total == 200 and b.rows != list(range(len(b.rows)))
        for b in evaluation.further_sets
    )
    names = [
        f"weather-r2's own {name} data" if name != "recipes" else "builtin:recipes"
        for name in left_out
    ]
    assert evaluation.left_out == names == summary(evaluation)["left_out"]
    assert f"PARTIAL: stopped early. Left out: {'; '.join(names)}." in alarms(evaluation)
    assert any(
        "of 200 sentences of weather-r2's own train data" in text for text in alarms(evaluation)
    ) == bool(partial)
    assert all(
        f'<p class="alarm" role="alert">{text}' in page(evaluation).replace("&#x27;", "'")
        for text in alarms(evaluation)
    ) and "Partial evaluation" in page(evaluation)
    beside = serialise(evaluation)["beside"]
    assert [(b["partial"], b["asked"], b["sentences"][0]["number"]) for b in beside] == [
        (True, 200, b.rows[0] + 1) for b in evaluation.further_sets
    ]


def test_a_stop_before_the_second_test_leaves_it_out(files):
    evaluation = stopped(
        files_only(files, randomisation=True),
        lambda e: isinstance(e, Progress) and e.unit == "systems",
    )
    assert (
        evaluation.n == evaluation.total
        and evaluation.left_out == ["paired approximate randomisation of strong"]
        and evaluation.is_partial
    )
    assert not evaluation.systems[1].randomisation and evaluation.systems[1].tests


def test_a_further_set_that_was_trained_on_is_told_loudly_with_its_name(
    translator, adapter, weather, files
):
    table = write_lines(
        files.folder / "seen.tsv", ["de\ten", *(f"{de}\t{en}" for de, en in weather.train[:40])]
    )
    evaluation, events = finished(
        EvaluationConfig(
            base="fake",
            adapters=(adapter,),
            data="builtin:recipes",
            max_pairs=40,
            also=(str(table), "builtin:weather"),
            own_data=True,
        ),
        translator=translator,
    )
    (alarm,) = alarms(evaluation)
    assert (
        alarm.startswith(f"weather-r2 was TRAINED on 40 of the 40 sentences (100%) of {table}.")
        and noted(events, alarm) == 1
    )
    assert "weather-r2 was TRAINED on 40 of the 40" in page(evaluation)
    assert [
        [o["trained_pairs"]["count"] for o in b["overlaps"]]
        for b in serialise(evaluation)["beside"]
    ] == [[], [], [], [40], [0]]


def test_own_data_that_cannot_be_had_or_has_changed_is_said(translator, adapter, weather):
    PairHashes.of(weather.train, weather.eval).write(adapter)
    manifest, config = (
        adapter / "manifest.json",
        EvaluationConfig(
            base="fake", adapters=(adapter,), data="builtin:weather", max_pairs=40, own_data=True
        ),
    )
    assert not finished(config, translator=translator)[0].own_data_notes
    manifest.write_text(manifest.read_text().replace("builtin:weather", "builtin:recipes"))
    evaluation, events = finished(config, translator=translator)
    (said,) = evaluation.own_data_notes
    assert (
        said
        == "The training data of weather-r2, builtin:recipes, has changed since the training. "
        "weather-r2 is scored on the changed data."
        and len(evaluation.further_sets) == 3
    )
    assert said in remarks(evaluation) and noted(events, said)
    manifest.write_text(manifest.read_text().replace("builtin:recipes", "gone.tsv"))
    evaluation, events = finished(config, translator=translator)
    (said,) = evaluation.own_data_notes
    assert (
        said.startswith(
            "weather-r2 is not scored on its own training data: its training data cannot be read again"
        )
        and not evaluation.further_sets
    )
    assert said in remarks(evaluation) and noted(events, said)


def test_overfitting_and_forgetting(translator, adapter):
    evaluation, _ = finished(
        EvaluationConfig(
            base="fake",
            adapters=(adapter,),
            data="builtin:weather",
            max_pairs=64,
            own_data=True,
            also=("builtin:recipes",),
        ),
        translator=translator,
    )
    assert [(b.set.split, b.is_own_data) for b in evaluation.further_sets] == [
        ("train", True),
        ("eval", True),
        ("test", True),
        ("test", False),
    ]
    assert (
        len(evaluation.further_sets[0].set) == 200
        and len(evaluation.further_sets[3].set) == 64
        and evaluation.further_sets[0].systems[1].scores["bleu"].score == pytest.approx(100)
    )
    html = page(evaluation)
    assert (
        "Overfitting" in html
        and "Forgetting" in html
        and summary(evaluation)["beside"][3]["data"] == "builtin:recipes"
    )
    assert "sentences" not in summary(evaluation)["beside"][3] and all(
        b.set.sources[-1] in html for b in evaluation.further_sets
    )
    sentence = serialise(evaluation)["beside"][0]["sentences"][7]
    assert (
        sentence["systems"]["weather-r2"]
        == {"output": sentence["references"][0], "chrf": pytest.approx(100)}
        and sentence["systems"]["base"]["chrf"] < 100
    )


def test_scores_are_written_with_signature_and_hash_and_once(translator, adapter):
    evaluation, _ = finished(
        EvaluationConfig(base="fake", adapters=(adapter,), data="builtin:weather"),
        translator=translator,
    )
    for _ in range(2):
        record_scores(evaluation)
    manifest = json.loads((adapter / "manifest.json").read_text())
    (entry,) = manifest["evaluations"]
    assert (
        entry["data"]["sha256"] == evaluation.set.sha256
        and entry["trained_on"] == 0
        and manifest["name"] == "weather-r2"
    )
    assert (
        entry["scores"]["bleu"] == score_json(evaluation.systems[1].scores["bleu"])
        and "bs:1000|seed:12345" in entry["scores"]["ter"]["signature"]
    )
    card = (adapter / "README.md").read_text()
    assert (
        card.count("## Evaluated") == 1
        and card.index("## Evaluated") < card.index("## Limits")
        and "So good" in card
    )
    assert (
        evaluation.set.sha256 in card and "library_name: peft" in card and "nrefs:1|bs:1000" in card
    )
    from huggingface_hub import ModelCard

    assert [r.metric_type for r in ModelCard(card).data.eval_results] == ["bleu", "chrf", "ter"]


@pytest.fixture
def command(monkeypatch, translator):
    """The command with the fake translator, which a stop reaches at the first event for which `when` is true."""
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


def test_a_partial_evaluation_is_printed_and_writes_no_scores(command, adapter, capsys):
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


def test_scores_of_a_whole_set_are_written_even_if_a_further_set_was_cut(command, adapter, capsys):
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
        when=once_judged(Phase),
    )
    assert (
        document["partial"] is True
        and document["left_out"] == ["builtin:recipes"]
        and "Wrote the scores" in capsys.readouterr().err
    )
    assert json.loads((adapter / "manifest.json").read_text())["evaluations"][0]["data"]["n"] == 64


@pytest.mark.parametrize(
    "more", [{"also": ("builtin:recipes",)}, {"own_data": True}, {"adapters": (Path("x"),)}]
)
def test_what_needs_a_base_is_refused_without_one(more):
    with pytest.raises(ValueError, match="without a base"):
        EvaluationConfig(base="none", outputs=(("a", Path("a.txt")),), **more)


def test_a_manifest_to_write_to_is_missed_before_anything_is_translated(
    command, adapter, translator
):
    (adapter / "manifest.json").unlink()
    with pytest.raises(ValueError, match="manifest.json is missing"):
        command(
            "--adapter", adapter, "--data", "builtin:weather", "--max-pairs", 8, "--write-scores"
        )
    assert (
        translator.calls == []
        and len(command("--adapter", adapter, "--data", "builtin:weather", "--max-pairs", 8)) == 1
    )


class Page(HTMLParser):
    """Gathers tags, attributes, ids and links; fails on what is never closed."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.ids, self.links, self.open = set(), [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.add(tag)
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.links += [attributes["href"]] if "href" in attributes else []
        assert not any(
            name.startswith("on") or name in ("src", "srcset", "action") for name in attributes
        )
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    handle_startendtag = lambda self, tag, attributes: (
        self.handle_starttag(tag, attributes),
        self.open.pop(),
    )


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"


def test_the_report_escapes_everything_and_asks_for_nothing(files):
    table = files.folder / "a&b<i>.tsv"
    table.write_text(
        "de\ten\n" + f'{HOSTILE}\t=HYPERLINK("http://x")\nHallo\tHello\nWelt\tWorld\n',
        encoding="utf-8",
    )
    outputs = [
        write_lines(files.folder / f"{k}.txt", [text, "@SUM(1)", "World"])
        for k, text in enumerate((HOSTILE, "+1"))
    ]
    evaluation, _ = finished(
        EvaluationConfig(
            base="none", data=str(table), outputs=((HOSTILE, outputs[0]), ("=cmd", outputs[1]))
        )
    )
    html = page(evaluation)
    found = Page(html)
    assert (
        not found.open
        and "script" not in found.tags
        and "img" not in found.tags
        and "default-src 'none'" in html
    )
    assert all(link.startswith("#") and link[1:] in found.ids for link in found.links)
    assert sorted(found.ids) == ["s1", "s2", "s3", "sentences", "system1"] and set(found.ids) == {
        link[1:] for link in found.links
    }
    assert (
        "http://" not in html.replace("http://x", "")
        and "url(" not in html
        and "@import" not in html
    )
    for line in sentence_table(evaluation):
        assert not any(isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@") for cell in line)


@pytest.mark.parametrize(
    "text, safe",
    [
        ("=1+1", "'=1+1"),
        ("-2 Grad", "'-2 Grad"),
        (" @x", "' @x"),
        ("\tx", "'\tx"),
        ("＝1", "'＝1"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_no_cell_is_a_formula(text, safe):
    assert safe_cell(text) == safe


def test_the_csv_comes_back_as_it_was(files, tmp_path):
    import csv

    evaluation, _ = finished(files_only(files))
    write_report(evaluation, tmp_path / "r")
    with open(tmp_path / "r" / "sentences.csv", encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    assert (
        len(table) == 40
        and table[1]["de"] == evaluation.set.sources[1]
        and table[1]["strong output"] == evaluation.systems[1].outputs[1]
    )
    assert float(table[3]["weak chrf"]) == pytest.approx(
        evaluation.systems[0].sentence_scores["chrf"][3], abs=1e-4
    )


def test_every_row_of_a_table_leads_to_sentences_and_the_csv_knows_the_others(translator, adapter):
    """Though the page shows only five sentences in full: of any row a few are there, and all are found by a column."""
    evaluation, _ = finished(
        EvaluationConfig(base="fake", adapters=(adapter,), data="builtin:weather"),
        translator=translator,
    )
    found = Page(body(evaluation, 5))
    assert all(link[1:] in found.ids for link in found.links) and len(found.ids) == len(
        set(found.ids)
    )
    header, *table = sentence_table(evaluation)
    assert len(sentence_groups(evaluation)) == 2 + 2 * 2 + 2 and set(
        sentence_groups(evaluation)
    ) <= set(header)
    for column, kinds in sentence_groups(evaluation).items():
        cells = [row[header.index(column)].split("; ") for row in table]
        for name, members in kinds:
            assert [i for i, names in enumerate(cells) if name in names] == members
            assert not members or any(f"s{evaluation.number(i)}" in found.ids for i in members)
    base, tuned = (
        evaluation.buckets["sentence_chrf"][-1].rows_of[name] for name in ("base", "weather-r2")
    )
    assert len(base) < len(tuned) == evaluation.n and base == [
        i for i, score in enumerate(evaluation.systems[0].sentence_scores["chrf"]) if score >= 80
    ]


def test_names_are_unique():
    assert make_unique(["base", "adapter", "adapter", "base", "adapter"]) == [
        "base",
        "adapter",
        "adapter-2",
        "base-2",
        "adapter-3",
    ]


def test_no_tensorflow_without_a_model(files):
    code = f"import sys; from lora_demo.cli.main import main; main(['evaluate', '--base', 'none', '--data', {str(files.table)!r}, '--outputs', 'a={files.weak}']); assert 'tensorflow' not in sys.modules and 'keras' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def test_a_real_model_gives_what_compare_gives(tiny_base, tmp_path):  # noqa: F811
    from lora_demo.checkpoints.base import find_base
    from lora_demo.translator import Translator

    translator = Translator(find_base(str(tiny_base)))
    long = "Mehl und Zucker verrühren. " * 190
    table = tmp_path / "x.tsv"
    table.write_text(
        f"de\ten\nSalz und Pfeffer.\tSalt and pepper.\n{long.strip()}\tMix flour and sugar.\nZwiebel\tOnion\n",
        encoding="utf-8",
    )
    evaluation, _ = finished(
        EvaluationConfig(base=str(tiny_base), data=str(table)), translator=translator
    )
    assert len(long) > 5000 and evaluation.n == 3 and all(evaluation.systems[0].outputs)
    assert serialise(evaluation)["translated_in_pieces"] == [2]
    assert "1 source has more than 512 tokens and was translated in pieces: number 2." in remarks(
        evaluation
    )
    alone = [translator.compare([text])[0].texts[0] for text in ("Salz und Pfeffer.", "Zwiebel")]
    assert [evaluation.systems[0].outputs[i] for i in (0, 2)] == alone


def test_letters_that_become_many_do_not_make_a_text_too_long(tiny_base, tmp_path):  # noqa: F811
    """Normalising makes of some letters a whole phrase; tokens are counted after it."""
    from lora_demo.checkpoints.base import find_base
    from lora_demo.translator import Translator

    table = tmp_path / "x.tsv"
    table.write_text(
        "de\ten\n"
        + "\n".join(f"{text}\tx" for text in ("㎯" * 149, "ﷺ " * 70, "🙂" * 149, "a" * 5000))
        + "\n",
        encoding="utf-8",
    )
    evaluation, _ = finished(
        EvaluationConfig(base=str(tiny_base), data=str(table)),
        translator=Translator(find_base(str(tiny_base))),
    )
    assert evaluation.n == 4 and 4 in serialise(evaluation)["translated_in_pieces"]


def test_more_tokens_than_there_is_room_for_are_refused_with_the_way_out(translator, adapter):
    config = EvaluationConfig(
        base="fake", adapters=(adapter,), data="builtin:weather", max_pairs=100, beams=2
    )
    with pytest.raises(
        ValueError,
        match=r": [\d,]+ tokens for 2 systems with 2 beams.*The first \d+ sentences fit\. Use fewer",
    ):
        finished(config, translator=translator, max_tokens=1000)
    with pytest.raises(
        ValueError, match=r"edits for TER takes too long\. The first \d+ sentences fit"
    ):
        finished(config, translator=translator, max_work=40_000)
    assert (
        translator.calls == []
        and finished(config, translator=translator, max_tokens=10**6, max_work=10**7)[0].n == 100
    )


def test_no_message_shows_a_path_where_there_is_a_label(translator, adapter, files):
    for config in (
        EvaluationConfig(base="fake", data=str(files.folder / "gone.tsv")),
        EvaluationConfig(
            base="fake", data=str(files.table), outputs=(("x", files.folder / "gone.txt"),)
        ),
        EvaluationConfig(base="fake", data=str(files.table), adapters=(files.folder / "gone",)),
    ):
        with pytest.raises(ValueError) as error:
            finished(
                config, translator=translator, label="my set", names=["mine"] * len(config.adapters)
            )
        assert str(files.folder) not in str(error.value)
