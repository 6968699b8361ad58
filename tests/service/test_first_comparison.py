"""The comparison that the page opens with: shipped for these adapters only, then live."""

from types import SimpleNamespace

import gradio as gr
import pytest

from lora_demo.checkpoints.adapter_files import WEIGHTS
from lora_demo.checkpoints.download import sha256_of
from lora_demo.files import write_json
from lora_demo.service.compared_system import ComparedSystem
from lora_demo.service.comparison import Comparison
from lora_demo.service.examples import EXAMPLES
from lora_demo.service.first_comparison import FirstComparison
from lora_demo.web.tabs.first_results import FirstResults
from lora_demo.web.views.comparison import BEFOREHAND, results_html

SENTENCE, _ = EXAMPLES[0]


@pytest.fixture
def library(tmp_path):
    """A library with one shipped adapter."""
    (tmp_path / WEIGHTS).write_bytes(b"weights")
    entry = SimpleNamespace(folder=tmp_path)
    return SimpleNamespace(entries=lambda visitor: {"a": entry}, general_ids=lambda: ["a"])


@pytest.fixture
def file(tmp_path, library):
    columns = [
        {"name": "base", "adapter": None, "rank": None, "texts": ["bad"], "tokens": [2]},
        {"name": "a", "adapter": "a", "rank": 4, "texts": ["good"], "tokens": [2]},
    ]
    adapters = {"a": sha256_of([tmp_path / WEIGHTS])}
    write_json(
        tmp_path / "first.json", {"adapters": adapters, "text": SENTENCE, "columns": columns}
    )
    return tmp_path / "first.json"


def comparison(seconds=0.5) -> Comparison:
    return Comparison(
        [SENTENCE], [ComparedSystem("base", "base", None, None, 1.0, ["live"], [1], [])], 1, seconds
    )


def test_the_shipped_result_is_labelled_as_made_beforehand(library, file):
    shipped = FirstComparison("mini", library, None, file).shipped
    assert [system.texts for system in shipped.systems] == [["bad"], ["good"]]
    assert BEFOREHAND in results_html(shipped)
    assert "0.00 s" not in results_html(shipped)


def test_a_result_of_other_adapters_or_of_another_base_is_not_shown(library, file, tmp_path):
    assert FirstComparison("google/flan-t5-small", library, None, file).shipped is None
    (tmp_path / WEIGHTS).write_bytes(b"trained again")
    assert FirstComparison("mini", library, None, file).shipped is None
    assert FirstComparison("mini", library, None, tmp_path / "missing.json").shipped is None


def test_the_live_result_is_translated_once_for_all_visitors(library, file):
    asked = []

    def compare(text, ids, visitor):
        asked.append((text, ids, visitor))
        return comparison()

    first = FirstComparison("mini", library, SimpleNamespace(compare=compare), file)
    assert first.live() is first.live() and asked == [(SENTENCE, ["a"], "")]


def test_the_live_result_replaces_the_shipped_one_but_not_a_visitors_own(library, file):
    live = comparison()
    first = FirstComparison("mini", library, SimpleNamespace(compare=lambda *values: live), file)
    panel = object.__new__(FirstResults)
    loader = SimpleNamespace(state="loading")
    panel.services = SimpleNamespace(loader=loader, first_comparison=first)
    shown, _, timer = panel.replace(first.shipped)
    assert shown is not live and not isinstance(timer, gr.Timer)
    loader.state = "ready"
    shown, html, timer = panel.replace(first.shipped)
    assert shown is live and BEFOREHAND not in html and not timer.active
    shown, _, timer = panel.replace(comparison(seconds=2))
    assert not isinstance(shown, Comparison) and not timer.active


def test_the_live_result_is_made_before_the_visitors_results_are_looked_at(library, file):
    made = []

    def compare(*values):
        made.append(values)
        return comparison()

    first = FirstComparison("mini", library, SimpleNamespace(compare=compare), file)
    panel = object.__new__(FirstResults)
    panel.services = SimpleNamespace(loader=SimpleNamespace(state="ready"), first_comparison=first)
    panel.prepare(comparison(seconds=2))
    assert made == []
    panel.prepare(first.shipped)
    assert len(made) == 1
    shown, _, timer = panel.replace(comparison(seconds=2))
    assert not isinstance(shown, Comparison) and not timer.active
    assert panel.replace(first.shipped)[0] is first.live() and len(made) == 1
