"""The Evaluate tab without a browser: reports, progress, uploads, and private files."""

import re
from dataclasses import replace

import gradio as gr
import pytest

from lora_demo.evaluation.comet.offered import offered_comet
from lora_demo.service.limits import Limits
from lora_demo.service.visitor_folders import visitor_folder
from lora_demo.web.api.evaluate import EvaluateApi
from lora_demo.web.errors import show_errors
from tests.evaluation.comet_setting import make_environment, make_model
from tests.evaluation.conftest import write_lines
from tests.web.evaluate_tab import KEY, OTHER, current_view, ended, start, tab


def test_a_report_survives_reload_and_restart_until_it_is_deleted(services):
    view = ended(services, start(services))
    assert view.state == "done"
    assert not view.is_active
    assert view.html.startswith("<style>")
    assert "weather is better than the base" in view.html
    assert current_view(services, KEY, None, view.mark) is None, "nothing is new"
    restarted = services.with_limits(Limits())
    again = current_view(restarted, KEY, None)
    assert (again.html, again.choices) == (view.html, view.choices)
    assert re.fullmatch(r"builtin:weather: weather · .* · done", again.choices[0][0])
    tab(restarted)._delete(KEY, view.chosen)
    assert current_view(restarted, KEY, None).state == "none"
    assert current_view(restarted, KEY, None, "none") is None


def test_a_report_shows_no_folder_and_belongs_to_its_visitor(services):
    view = ended(services, start(services))
    names = [path.name for path in view.report]
    assert names == ["report.html", "report.json", "sentences.csv", "scores.tex", "report.xlsx"]
    assert not any(services.root in path.parents for path in view.report)
    assert str(services.root) not in view.html
    assert current_view(services, OTHER, view.chosen).chosen is None


def test_progress_counts_tokens_and_a_stop_gives_a_partial_result(services, gate):
    id = start(services)
    assert gate.wait()
    view = current_view(services, KEY, None)
    assert view.state == "running"
    assert view.is_active
    assert re.search(r"the base and 1 adapter: [\d,]+ of [\d,]+ tokens", view.html)
    tab(services)._stop(KEY, id)
    assert current_view(services, KEY, id, view.mark).state == "stopping"
    with pytest.raises(gr.Error, match="Stop it first"):
        show_errors(tab(services)._delete)(KEY, id)
    gate.set()
    view = ended(services, id)
    assert view.state == "partial"
    assert "Partial evaluation" in view.html
    assert "PARTIAL: stopped after 64 of 100" in view.html
    with pytest.raises(gr.Error, match="not active"):
        show_errors(tab(services)._stop)(KEY, id)


def test_a_file_needs_at_least_one_sentence(services):
    """Training needs two, because it holds one out."""
    one = write_lines(services.root / "one.tsv", ["de\ten", "Heute Regen.\tRain today."])
    none = write_lines(services.root / "none.tsv", ["de\ten"])
    upload = tab(services).source._keep(str(one), KEY)[0]
    id = start(services, kind="upload", upload=upload)
    assert "no difference can be significant" in ended(services, id).html
    with pytest.raises(gr.Error, match=r"no usable pairs\. Add at least one"):
        show_errors(tab(services).source._keep)(str(none), KEY)


def test_translations_by_other_systems_and_further_test_sets_are_in_the_report(services, weather):
    right = write_lines(services.root / "online-A.txt", [en for _, en in weather.test[:50]])
    view = ended(
        services, start(services, limit=50, outputs=[str(right)], also="builtin:recipes", own=True)
    )
    assert "online-A is better than the base" in view.html
    assert "Forgetting" in view.html
    assert "Overfitting" in view.html
    assert not list(visitor_folder(services.root, KEY).rglob("given-*"))


def test_translations_need_a_line_for_each_sentence(services, weather):
    right = write_lines(services.root / "online-A.txt", [en for _, en in weather.test[:50]])
    assert ended(services, start(services, limit=49, outputs=[str(right)])).state == "done"
    view = ended(services, start(services, outputs=[str(right)]))
    assert view.state == "failed"
    assert "online-A.txt is 50, but builtin:weather has 100 sentences" in view.html


def test_the_page_shows_every_sentence(services):
    lines = [f"Satz {number}.\tSentence {number}." for number in range(230)]
    table = write_lines(services.root / "many.tsv", ["de\ten", *lines])
    upload = tab(services).source._keep(str(table), KEY)[0]
    html = ended(services, start(services, kind="upload", upload=upload, limit=230)).html
    assert len(re.findall(r'<article id="s\d+">', html)) == 230


def test_scores_from_elsewhere_are_tested_beside_the_others(services):
    table = write_lines(services.root / "MQM.tsv", ["base\tweather", *["3\t1.5"] * 100])
    single = write_lines(services.root / "DA.weather.txt", ["70"] * 100)
    scores = [str(table), str(single)]
    boxes = tab(services)._list_metrics(scores)
    assert [value for _, value in boxes.choices] == ["MQM", "DA"]
    assert boxes.visible
    assert not tab(services)._list_metrics(None).visible
    html = ended(services, start(services, scores=scores, lower=["MQM"])).html
    assert "By MQM, compared with base: weather is better (-1.5000, p" in html
    assert "weather has a mean DA of 70.00." in html
    assert not list(visitor_folder(services.root, KEY).rglob("given-*"))


def test_scores_of_another_system_or_number_of_sentences_fail_with_a_sentence(services):
    unknown = write_lines(services.root / "MQM.tsv", ["base\tother", *["3\t1"] * 100])
    view = ended(services, start(services, scores=[str(unknown)]))
    assert view.state == "failed"
    assert "systems of this evaluation are base, weather" in view.html
    short = write_lines(services.root / "DA.weather.txt", ["70"] * 99)
    view = ended(services, start(services, scores=[str(short)]))
    assert "scores for weather in DA.weather.txt is 99" in view.html
    assert str(services.root) not in view.html


def test_a_client_gives_scores_by_metric_and_system(services):
    given = {
        "DA": {"base": [60.0 + k for k in range(10)], "weather": [70.5 + k for k in range(10)]}
    }
    found = EvaluateApi(services).evaluate(
        ["weather"], "builtin:weather", 10, segment_scores=given, lower_is_better=["DA"]
    )
    (entry,) = found["segment_scores"]
    assert [system["score"] for system in entry["systems"]] == [64.5, 75.0]
    assert entry["lower_is_better"]
    assert entry["systems"][1]["p"] == pytest.approx(1 / 1001)
    given["DA"]["base"].pop()
    with pytest.raises(ValueError, match="line 11: a score is missing"):
        EvaluateApi(services).evaluate(
            ["weather"], "builtin:weather", 10, visitor=KEY, segment_scores=given
        )


@pytest.fixture
def with_comet(services, tmp_path, monkeypatch):
    """A function that makes the page offer COMET with a stand-in model of the named behaviour."""
    environment = make_environment(tmp_path / "environment")
    monkeypatch.setenv("LORA_DEMO_COMET_PYTHON", str(environment))

    def offer(behaviour: str):
        model = make_model(tmp_path / behaviour / "wmt22", behaviour)
        monkeypatch.setenv("LORA_DEMO_COMET_MODEL", str(model))
        services.evaluations = replace(services.evaluations, comet=offered_comet())
        return services

    return offer


def test_the_page_offers_the_comet_of_its_owner(services, with_comet):
    assert offered_comet() is None and not tab(services).comet.visible
    with pytest.raises(gr.Error, match="does not offer COMET"):
        start(services, comet=True)
    with_comet("scores")
    box = tab(services).comet
    assert box.visible and box.info == "wmt22 (6 B, license apache-2.0)"
    html = ended(services, start(services, comet=True)).html
    assert "By COMET, compared with base: weather is better" in html
    found = EvaluateApi(services).evaluate(["weather"], "builtin:weather", 10, comet=True)
    (metric,) = found["segment_scores"]
    assert metric["systems"][0]["signature"].startswith("model:wmt22|comet:2.2.7|")
    assert "segment_scores" not in EvaluateApi(services).evaluate(
        ["weather"], "builtin:weather", 10
    )


def test_a_failure_of_comet_shows_a_sentence_without_paths(with_comet, tmp_path):
    services = with_comet("names its file")
    view = ended(services, start(services, comet=True))
    assert view.state == "done"
    assert "COMET could not score with wmt22: wmt22/checkpoints/model.ckpt cannot" in view.html
    assert str(tmp_path) not in view.html


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"adapters": ["x"]}, "was not found"),
        ({"kind": "/etc/passwd"}, "not a data source"),
        ({"limit": 10**6}, "sentences"),
        ({"limit": None}, "sentences"),
        ({"also": "/etc/passwd"}, "not a data source"),
        ({"outputs": ["a.txt"] * 7}, "7 files"),
        ({"scores": ["a.tsv"] * 25}, "25 files of scores"),
        ({"scores": ["/gone/MQM.tsv"]}, "did not arrive"),
        ({"scores": ["bleu.tsv"]}, "metric of sacreBLEU"),
        ({"lower": ["MQM"]}, "lower_is_better"),
    ],
)
def test_bad_input_shows_one_sentence_and_stores_nothing(services, options, message):
    with pytest.raises(gr.Error, match=message):
        start(services, **options)
    assert current_view(services, KEY, None).state == "none"


def test_a_client_without_a_key_stores_nothing(services):
    found = EvaluateApi(services).evaluate(["weather"], "builtin:weather", 10)
    assert found["n"] == 10
    assert found["verdicts"]
    assert not list((services.visitors.without_key / "evaluations").iterdir())


def test_a_visitor_reaches_no_evaluation_of_another(services):
    id = start(services)
    ended(services, id)
    path = f"../../{visitor_folder(services.root, KEY).name}/evaluations/{id}"
    for act in (tab(services)._stop, tab(services)._delete):
        for chosen in (id, path):
            with pytest.raises(gr.Error, match="was not found"):
                show_errors(act)(OTHER, chosen)


def test_a_visitor_reaches_no_upload_of_another(services):
    folder = visitor_folder(services.root, KEY)
    (folder / "uploads").mkdir(parents=True)
    write_lines(folder / "uploads" / "x.tsv", ["de\ten", "a\tb"])
    for data in ("upload:x.tsv", f"upload:../../{folder.name}/uploads/x.tsv"):
        with pytest.raises(ValueError, match=r"[Uu]pload it again"):
            EvaluateApi(services).evaluate(["weather"], data, 10, 1, OTHER)


def test_a_source_named_by_an_adapter_opens_no_file(services, adapter):
    manifest = adapter / "manifest.json"
    secret = services.root / "secret.tsv"
    secret.write_text("de\ten\na\tb\nc\td\n", encoding="utf-8")
    manifest.write_text(manifest.read_text().replace("builtin:weather", str(secret)))
    found = EvaluateApi(services).evaluate(["weather"], "builtin:weather", 10, 1, KEY)
    assert (found["n"], found["alarms"]) == (10, [])
    assert found["systems"][1]["name"] == "weather"
    assert "which cannot be read here" in current_view(services, KEY, None).html


def test_columns_that_are_not_found_can_be_chosen(services):
    cards = services.root / "cards.csv"
    cards.write_text("Vorn,Hinten\nJa,Yes\n", encoding="utf-8")
    source = tab(services).source
    name, _note, _swap, row, german, english = source._keep(str(cards), KEY)
    choices = [[value for _, value in column.choices] for column in (german, english)]
    assert name == "" and row.visible and choices == [["Vorn", "Hinten"]] * 2
    for chosen in (("Vorn", None), ("Vorn", "Vorn")):
        assert source._keep_columns(str(cards), KEY, *chosen)[0] == ""
    upload, note, swap = source._keep_columns(str(cards), KEY, "Vorn", "Hinten")
    assert upload.endswith("/cards.csv")
    assert "--columns de=Vorn,en=Hinten" in note
    assert not swap.visible
