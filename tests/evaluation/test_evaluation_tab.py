"""The Evaluate tab's handlers, without a browser: progress, result, stop, and what a visitor may not read."""

from types import SimpleNamespace

import gradio as gr
import pytest

from lora_demo.ui import evaluate

KEY = "nobody-else-knows-this-key"


@pytest.fixture
def studio(translator, adapter, tmp_path):
    entry = SimpleNamespace(name="weather", folder=adapter)
    return SimpleNamespace(base="fake", revision=None, root=tmp_path, engine=SimpleNamespace(state="ready", translator=lambda: translator), adapters=lambda visitor: {"weather": entry})


def run(studio, stops, adapters=("weather",), kind="builtin:weather", most=100):
    return evaluate._streamed(evaluate._run(studio, stops))(KEY, list(adapters), kind, "", "", most, 1, None, False, False)


def test_progress_then_the_report(studio):
    *updates, (note, files, html) = run(studio, {})
    assert any("64 of 100 done" in update[0] for update in updates) and note == ""
    assert "weather is better than the base" in html and html.startswith("<style>")
    assert str(studio.root) not in html and len(files.value) == 3


def test_stop_ends_with_a_partial_result(studio):
    stops = {}
    updates = run(studio, stops)
    for note, _, _ in updates:
        if "64 of 100" in note:
            break
    assert "Stopping" in evaluate._stop(stops)(KEY)
    assert "Partial evaluation" in list(updates)[-1][2] and not stops and evaluate._stop(stops)(KEY) == ""


@pytest.mark.parametrize("options, message", [({"adapters": ["x"]}, "no adapter"), ({"kind": "/etc/passwd"}, "wanted"), ({"most": 10**6}, "sentences"), ({"most": None}, "sentences")])
def test_bad_input_is_one_sentence_on_the_page(studio, options, message):
    with pytest.raises(gr.Error, match=message):
        list(run(studio, {}, **options))


def test_an_adapters_word_opens_no_file(studio, adapter):
    manifest = adapter / "manifest.json"
    secret = studio.root / "secret.tsv"
    secret.write_text("de\ten\na\tb\nc\td\n", encoding="utf-8")
    manifest.write_text(manifest.read_text().replace("builtin:weather", str(secret)))
    found = evaluate._evaluate(studio)(["weather"], "builtin:weather", 10, 1, KEY)
    assert found["n"] == 10 and found["alarms"] == [] and found["systems"][1]["name"] == "weather"
    assert "which is not read here" in list(run(studio, {}, most=10))[-1][2]
