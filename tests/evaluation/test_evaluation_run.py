"""Whole evaluations: the command, its JSON, partial results, overlap, further sets, and what is written to an adapter."""

import json
import subprocess
import sys
from html.parser import HTMLParser

import pytest

from lora_demo.evaluation.evaluate import EvaluationConfig, evaluate, unique
from lora_demo.evaluation.recording import record_scores
from lora_demo.evaluation.report import page, rows, safe_cell, write_report
from lora_demo.training.data import PREFIX
from tests.commands import run
from tests.evaluation.conftest import write_lines
from tests.tiny import tiny_base  # noqa: F401  (a fixture)


def finished(config: EvaluationConfig, **options):
    events = list(evaluate(config, **options))
    assert events[-1]["kind"] == "done"
    return events[-1]["evaluation"], events


def files_only(files, **more) -> EvaluationConfig:
    return EvaluationConfig(base="none", data=str(files.table), outputs=(("weak", files.weak), ("strong", files.strong)), **more)


def test_json_is_as_stated(files, capsys, tmp_path):
    status, out, err = run(capsys, "evaluate", "--base", "none", "--data", files.table, "--outputs", f"weak={files.weak}", "--outputs", f"strong={files.strong}", "--json", "--output", tmp_path / "report")
    document = json.loads(out)
    assert status == 0 and list(document) == ["data", "n", "seed", "systems"] and (document["n"], document["seed"]) == (40, 12345)
    assert document["data"] == str(files.table)
    weak, strong = document["systems"]
    assert list(strong) == ["name", "bleu", "chrf", "ter", "length_ratio", "against_base"] and weak["against_base"] is None
    assert list(strong["bleu"]) == ["score", "low", "high", "signature"] and list(strong["against_base"]) == ["bleu_p", "chrf_p"]
    assert strong["against_base"]["bleu_p"] == pytest.approx(1 / 1001)
    assert sorted(path.name for path in (tmp_path / "report").iterdir()) == ["report.html", "report.json", "sentences.csv"]
    whole = json.loads((tmp_path / "report" / "report.json").read_text())
    assert len(whole["sentences"]) == 40 and whole["verdicts"][0].startswith("strong is better than weak") and len(whole["sha256"]) == 64
    assert run(capsys, "evaluate", "--base", "none", "--data", files.table, "--outputs", f"weak={files.weak}", "--outputs", f"strong={files.strong}", "--json")[1] == out


def test_several_references_chrf_pp_and_randomisation(files, capsys):
    status, out, _ = run(capsys, "evaluate", "--base", "none", "--data", files.german, "--reference", files.english, "--reference", files.second, "--outputs", f"w={files.weak}", "--outputs", f"s={files.strong}", "--chrf++", "--ar", "--json")
    system = json.loads(out)["systems"][1]
    assert status == 0 and "nrefs:2|" in system["bleu"]["signature"] and "nw:2" in system["chrf"]["signature"]
    assert list(system["against_base"]) == ["bleu_p", "chrf_p", "bleu_ar_p", "chrf_ar_p"]
    status, out, _ = run(capsys, "evaluate", "--base", "none", "--data", files.table, "--outputs", f"w={files.weak}", "--outputs", f"s={files.strong}")
    assert out.startswith("s is better than w: BLEU +")


@pytest.mark.parametrize("argv, said", [
    (["--data", "nowhere.tsv", "--base", "none", "--outputs", "a=b"], "nowhere.tsv"),
    (["--base", "none"], "nothing to evaluate"),
    (["--base", "none", "--outputs", "ab"], "NAME=FILE"),
    (["--base", "none", "--outputs", "a=/nowhere", "--outputs", "a=/nowhere"], "one name"),
    (["--beams", "0"], "beams"),
    (["--base", "/nowhere"], "/nowhere"),
    (["--split", "x"], "--split"),
    (["--write-scores"], "--adapter"),
    (["--outputs", "base=/nowhere"], "'base'"),
    (["--base", "none", "--outputs", "a=/nowhere", "--also", "gone.tsv"], "nowhere"),
])
def test_bad_input_is_one_line_and_status_2(argv, said, capsys):
    status, out, err = run(capsys, "evaluate", *argv)
    assert status == 2 and out == "" and said in err and err.splitlines()[-1].startswith(("lora_demo: ", "python -m lora_demo"))


def test_wrong_numbers_of_lines_name_both(files, capsys):
    short = write_lines(files.folder / "short.txt", ["a", "b"])
    status, _, err = run(capsys, "evaluate", "--base", "none", "--data", files.table, "--outputs", f"x={short}")
    assert status == 2 and "short.txt has 2 lines" in err and "40 sentences" in err


def test_one_sentence_and_none(files, capsys):
    one = files.folder / "one.tsv"
    one.write_text("de\ten\nHallo.\tHello.\n", encoding="utf-8")
    good, bad = write_lines(files.folder / "good.txt", ["Hello."]), write_lines(files.folder / "bad.txt", ["Bye"])
    status, out, err = run(capsys, "evaluate", "--base", "none", "--data", one, "--outputs", f"bad={bad}", "--outputs", f"good={good}", "--json")
    document = json.loads(out)
    assert status == 0 and document["systems"][1]["against_base"] == {"bleu_p": 1.0, "chrf_p": 1.0} and "nothing can be said about chance" in err
    one.write_text("de\ten\n", encoding="utf-8")
    status, out, err = run(capsys, "evaluate", "--base", "none", "--data", one, "--outputs", f"bad={bad}")
    assert status == 2 and "no sentences" in err and out == ""


def test_base_and_adapter_in_the_order_of_the_set(translator, adapter, weather):
    evaluation, events = finished(EvaluationConfig(base="fake", adapters=(adapter,), data="builtin:weather"), translator=translator)
    base, tuned = evaluation.systems
    assert [s.name for s in evaluation.systems] == ["base", "weather-r2"] and tuned.folder == adapter
    assert tuned.outputs == [en for _, en in weather.test] and base.outputs == [en.partition(" ")[2] for _, en in weather.test]
    lengths = [[len(text.split()) for text in call] for call in translator.calls]
    assert len(lengths) > 2 and lengths[0] == sorted(lengths[0]) and sum(map(len, lengths)) == len(weather.test)
    assert tuned.scores["bleu"].score == pytest.approx(100) and evaluation.verdicts()[0].startswith("weather-r2 is better than the base: BLEU +")
    assert evaluation.alarms() == [] and {e["kind"] for e in events} >= {"phase", "progress", "done"}
    tokens = sum(len(ids) for ids in translator.tokenizer.encode([PREFIX + de for de, _ in weather.test]))
    progress = [e for e in events if e["kind"] == "progress" and e["unit"] == "tokens"]
    assert len(progress) == len(lengths) and progress[-1]["done"] == progress[-1]["total"] == tokens
    assert evaluation.frequency_source.endswith("builtin:weather") and evaluation.comparisons[0].worse == 0


def test_a_set_that_was_trained_on_is_told_loudly(translator, adapter):
    evaluation, events = finished(EvaluationConfig(base="fake", adapters=(adapter,), data="builtin:weather", split="train", max_pairs=70), translator=translator)
    assert any(e["kind"] == "note" and "TRAINED on 70 of the 70" in e["message"] for e in events)
    assert '<p class="alarm" role="alert">weather-r2 was TRAINED' in page(evaluation)


def test_stopped_early_is_partial_a_fair_sample_and_labelled(translator, adapter, files):
    stops = iter([False, False] + [True] * 1000)
    evaluation, _ = finished(EvaluationConfig(base="fake", adapters=(adapter,), data="builtin:weather"), translator=translator, stop=lambda: next(stops))
    assert evaluation.is_partial and evaluation.n == 2 * 32 < evaluation.asked and evaluation.rows != list(range(128)) and evaluation.rows == sorted(evaluation.rows)
    assert evaluation.summary()["partial"] is True and evaluation.alarms()[0].startswith("PARTIAL: ") and "Partial evaluation" in page(evaluation)
    assert rows(evaluation)[1][0] == evaluation.rows[0] + 1
    assert {id for id in Page(page(evaluation)).ids if id[1:].isdecimal()} == {f"s{row + 1}" for row in evaluation.rows}
    with pytest.raises(ValueError, match="partial"):
        record_scores(evaluation)
    with pytest.raises(ValueError, match="nothing to score"):
        finished(EvaluationConfig(base="fake", data="builtin:weather"), translator=translator, stop=lambda: True)
    stops = iter([False] * 6 + [True] * 1000)
    assert finished(files_only(files), stop=lambda: next(stops))[0].is_partial


def test_overfitting_and_forgetting(translator, adapter):
    evaluation, _ = finished(EvaluationConfig(base="fake", adapters=(adapter,), data="builtin:weather", max_pairs=64, own_data=True, also=("builtin:recipes",)), translator=translator)
    assert [(b.set.split, b.own) for b in evaluation.beside] == [("train", True), ("eval", True), ("test", True), ("test", False)]
    assert len(evaluation.beside[0].set) == 200 and len(evaluation.beside[3].set) == 64 and evaluation.beside[0].scores[1]["bleu"].score == pytest.approx(100)
    html = page(evaluation)
    assert "Overfitting" in html and "Forgetting" in html and evaluation.summary()["beside"][3]["data"] == "builtin:recipes"
    assert "sentences" not in evaluation.summary()["beside"][3] and all(b.set.sources[-1] in html for b in evaluation.beside)
    sentence = evaluation.document()["beside"][0]["sentences"][7]
    assert sentence["systems"]["weather-r2"] == {"output": sentence["references"][0], "chrf": pytest.approx(100)} and sentence["systems"]["base"]["chrf"] < 100


def test_scores_are_written_with_signature_and_hash_and_once(translator, adapter):
    evaluation, _ = finished(EvaluationConfig(base="fake", adapters=(adapter,), data="builtin:weather"), translator=translator)
    for _ in range(2):
        record_scores(evaluation)
    manifest = json.loads((adapter / "manifest.json").read_text())
    (entry,) = manifest["evaluations"]
    assert entry["data"]["sha256"] == evaluation.set.sha256 and entry["trained_on"] == 0 and manifest["name"] == "weather-r2"
    assert entry["scores"]["bleu"] == evaluation.systems[1].scores["bleu"].to_json() and "bs:1000|seed:12345" in entry["scores"]["ter"]["signature"]
    card = (adapter / "README.md").read_text()
    assert card.count("## Evaluated") == 1 and card.index("## Evaluated") < card.index("## Limits") and "So good" in card
    assert evaluation.set.sha256 in card and "library_name: peft" in card and "nrefs:1|bs:1000" in card
    from huggingface_hub import ModelCard

    assert [r.metric_type for r in ModelCard(card).data.eval_results] == ["bleu", "chrf", "ter"]


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
        assert not any(name.startswith("on") or name in ("src", "srcset", "action") for name in attributes)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    handle_startendtag = lambda self, tag, attributes: (self.handle_starttag(tag, attributes), self.open.pop())


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"


def test_the_report_escapes_everything_and_asks_for_nothing(files):
    table = files.folder / "a&b<i>.tsv"
    table.write_text("de\ten\n" + f"{HOSTILE}\t=HYPERLINK(\"http://x\")\nHallo\tHello\nWelt\tWorld\n", encoding="utf-8")
    outputs = [write_lines(files.folder / f"{k}.txt", [text, "@SUM(1)", "World"]) for k, text in enumerate((HOSTILE, "+1"))]
    evaluation, _ = finished(EvaluationConfig(base="none", data=str(table), outputs=((HOSTILE, outputs[0]), ("=cmd", outputs[1]))))
    html = page(evaluation)
    found = Page(html)
    assert not found.open and "script" not in found.tags and "img" not in found.tags and "default-src 'none'" in html
    assert all(link.startswith("#") and link[1:] in found.ids for link in found.links)
    assert sorted(found.ids) == ["s1", "s2", "s3", "sentences", "system1"] and set(found.ids) == {link[1:] for link in found.links}
    assert "http://" not in html.replace("http://x", "") and "url(" not in html and "@import" not in html
    for line in rows(evaluation):
        assert not any(isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@") for cell in line)


@pytest.mark.parametrize("text, safe", [("=1+1", "'=1+1"), ("-2 Grad", "'-2 Grad"), (" @x", "' @x"), ("\tx", "'\tx"), ("＝1", "'＝1"), ("a=b", "a=b"), ("", "")])
def test_no_cell_is_a_formula(text, safe):
    assert safe_cell(text) == safe


def test_the_csv_comes_back_as_it_was(files, tmp_path):
    import csv

    evaluation, _ = finished(files_only(files))
    write_report(evaluation, tmp_path / "r")
    with open(tmp_path / "r" / "sentences.csv", encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    assert len(table) == 40 and table[1]["de"] == evaluation.set.sources[1] and table[1]["strong output"] == evaluation.systems[1].outputs[1]
    assert float(table[3]["weak chrf"]) == pytest.approx(evaluation.systems[0].sentences["chrf"][3], abs=1e-4)


def test_names_are_unique():
    assert unique(["base", "adapter", "adapter", "base", "adapter"]) == ["base", "adapter", "adapter-2", "base-2", "adapter-3"]


def test_no_tensorflow_without_a_model(files):
    code = f"import sys; from lora_demo.cli import main; main(['evaluate', '--base', 'none', '--data', {str(files.table)!r}, '--outputs', 'a={files.weak}']); assert 'tensorflow' not in sys.modules and 'keras' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def test_a_real_model_gives_what_compare_gives(tiny_base, tmp_path):  # noqa: F811
    from lora_demo.checkpoints.base import find_base
    from lora_demo.translator import Translator

    translator = Translator(find_base(str(tiny_base)))
    long = "Mehl und Zucker verrühren. " * 190
    table = tmp_path / "x.tsv"
    table.write_text(f"de\ten\nSalz und Pfeffer.\tSalt and pepper.\n{long.strip()}\tMix flour and sugar.\nZwiebel\tOnion\n", encoding="utf-8")
    evaluation, _ = finished(EvaluationConfig(base=str(tiny_base), data=str(table)), translator=translator)
    assert 5000 < len(long) and evaluation.n == 3 and all(evaluation.systems[0].outputs)
    assert evaluation.document()["translated_in_pieces"] == [2]
    assert "1 source has more than 512 tokens and was translated in pieces, cut where sentences end: number 2." in evaluation.remarks()
    alone = [translator.compare([text])[0].texts[0] for text in ("Salz und Pfeffer.", "Zwiebel")]
    assert [evaluation.systems[0].outputs[i] for i in (0, 2)] == alone


def test_letters_that_become_many_do_not_make_a_text_too_long(tiny_base, tmp_path):  # noqa: F811
    """Normalising makes of some letters a whole phrase; tokens are counted after it."""
    from lora_demo.checkpoints.base import find_base
    from lora_demo.translator import Translator

    table = tmp_path / "x.tsv"
    table.write_text("de\ten\n" + "\n".join(f"{text}\tx" for text in ("㎯" * 149, "ﷺ " * 70, "🙂" * 149, "a" * 5000)) + "\n", encoding="utf-8")
    evaluation, _ = finished(EvaluationConfig(base=str(tiny_base), data=str(table)), translator=Translator(find_base(str(tiny_base))))
    assert evaluation.n == 4 and 4 in evaluation.document()["translated_in_pieces"]


def test_more_tokens_than_there_is_room_for_are_refused_with_the_way_out(translator, adapter):
    config = EvaluationConfig(base="fake", adapters=(adapter,), data="builtin:weather", max_pairs=100, beams=2)
    with pytest.raises(ValueError, match=r": [\d,]+ tokens for 2 systems with 2 beams.*the first \d+ sentences fit\. Take fewer"):
        finished(config, translator=translator, most_tokens=1000)
    with pytest.raises(ValueError, match=r"TER's edits would take too long for a page; the first \d+ sentences fit"):
        finished(config, translator=translator, most_work=40_000)
    assert translator.calls == [] and finished(config, translator=translator, most_tokens=10**6, most_work=10**7)[0].n == 100


def test_no_message_shows_a_path_where_there_is_a_label(translator, adapter, files):
    for config in (
        EvaluationConfig(base="fake", data=str(files.folder / "gone.tsv")),
        EvaluationConfig(base="fake", data=str(files.table), outputs=(("x", files.folder / "gone.txt"),)),
        EvaluationConfig(base="fake", data=str(files.table), adapters=(files.folder / "gone",)),
    ):
        with pytest.raises(ValueError) as error:
            finished(config, translator=translator, label="my set", names=["mine"] * len(config.adapters))
        assert str(files.folder) not in str(error.value)
