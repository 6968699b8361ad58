"""Promise: numbers, values and refusals on the page are in the reader's language."""

import re
from types import SimpleNamespace

import numpy as np
import polib
import pytest

from lora_demo.evaluation.config import EvaluationConfig
from lora_demo.evaluation.report import latex, score_tables
from lora_demo.language import FOLDER, LANGUAGES, _, in_language
from lora_demo.model.checks import number_problem
from lora_demo.service.comparison_link import read_link
from lora_demo.service.evaluations import Evaluations
from lora_demo.service.model_loader import ModelLoader
from lora_demo.service.origins import Origin
from lora_demo.service.sweeps import read_outcome
from lora_demo.service.uploads import find_upload
from lora_demo.web.views import run_comparison
from lora_demo.web.views.origins import strip_html
from lora_demo.web.views.setting_names import NAMES
from lora_demo.web.views.sweep_outcome import outcome_html
from tests.service.test_sweeps import swept
from tests.web.test_train import trained

POINT = re.compile(r"(?<![\d.])0?\.\d|(?<![\w.])\d+\.\d(?![\d.])")
WITH_POINTS = ("127.0.0.1", "T5 1.0", "like 0.85")
"""Texts with an address, a version and the content of a file, which have points everywhere."""


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_no_translation_has_a_decimal_point(code):
    found = [
        entry.msgstr
        for entry in polib.pofile(str(FOLDER / f"{code}.po"))
        if POINT.search(re.sub(r"\{[^{}]*\}", "", entry.msgstr))
        and not any(known in entry.msgid for known in WITH_POINTS)
    ]
    assert found == []


@pytest.mark.parametrize("number", [0.5, np.float32(0.5), np.float64(0.5)])
def test_every_kind_of_number_gets_the_separators_of_the_language(number):
    with in_language("de"):
        assert _("{value:.2f}", value=number) == "0,50"
        assert _("{value:,}", value=np.int64(1200)) == "1.200"


def test_a_refused_number_is_written_as_the_allowed_ones():
    assert number_problem("rate", 5.5, 0, 0.5) == "rate = 5.5 (must be a number from 0 to 0.5)"
    with in_language("de"):
        assert _("{value!r}", value=5.5) == "5,5"
        assert number_problem("rate", 5.5, 0, 0.5).startswith("rate = 5,5 (")
        assert number_problem("rate", "5.5", 0, 0.5).startswith("rate = '5.5' (")


def test_the_values_of_a_sweep_have_the_comma_of_the_language(tmp_path):
    outcome = {0.001: (20.0, 21.0), 0.0025: (23.0, 25.0)}
    runs = swept(tmp_path, outcome)
    assert "<b>0.0025</b>" in outcome_html(read_outcome(runs))
    with in_language("vi"):
        html = outcome_html(read_outcome(runs))
        assert "<b>0,0025</b>" in html and "0,001" in html
        assert "0.00" not in html


def test_settings_in_which_runs_differ_have_the_names_of_the_form(tmp_path):
    rates = ((4, {"learning_rate": 0.001}), (4, {"learning_rate": 0.0005, "use_dora": True}))
    runs = [trained(tmp_path / f"{k}", rank, 20.0, **more) for k, (rank, more) in enumerate(rates)]
    html = run_comparison.comparison_html(runs)
    assert "<b>DoRA</b> no / yes; <b>Learning rate</b> 0.001 / 0.0005" in html
    with in_language("de"):
        html = run_comparison.comparison_html(runs)
    assert "<b>DoRA</b> nein / ja; <b>Lernrate</b> 0,001 / 0,0005" in html


def test_every_compared_setting_has_a_name():
    assert set(run_comparison.SETTINGS) <= set(NAMES)


def test_the_data_of_the_shipped_adapters_is_described_in_the_language():
    def strip(data: str) -> str:
        return strip_html("mini", 10, [Origin(("r4",), data, 500)])

    data = "Sentences of https://tatoeba.org"
    assert f": {data}." in strip(data)
    with in_language("de"):
        assert ": Sätze von https://tatoeba.org." in strip(data)
        assert ": Sentences of mine &lt;b&gt;." in strip("Sentences of mine <b>")


def test_refusals_are_in_the_language(tmp_path):
    with in_language("de"):
        with pytest.raises(ValueError, match="hochgeladene Datei"):
            find_upload(tmp_path, "upload:a.tsv")
        with pytest.raises(ValueError, match="Link"):
            read_link("text=a&beams=many")
        with pytest.raises(ValueError, match=r"^Evaluieren nicht möglich: "):
            EvaluationConfig(base="mini", data="builtin", beams=99)


def test_the_base_has_the_language_of_the_text_around_it():
    test = SimpleNamespace(p=0.001, differing=50, has_too_few=False, is_significant=True)
    score = SimpleNamespace(score=50.0)
    systems = [
        SimpleNamespace(
            name=name,
            shown_name=shown,
            kind="base",
            scores={"chrf": score},
            tests={"base": {"chrf": test}},
            change_from=lambda other, metric: 5.0,
            better_than=lambda other, metric: 1,
        )
        for name, shown in (("base", "Basis"), ("r4", "r4"))
    ]
    systems[1].scores = {"chrf": SimpleNamespace(score=60.0)}
    with in_language("de"):
        assert 'title="besser als Basis (p = 0,001)"' in score_tables._pair(*systems[::-1])
        note = latex._note(SimpleNamespace(first=systems[0]))
    assert "differs from the base, $p < 0.05$" in note


def test_an_evaluation_that_waits_for_the_model_says_so_in_the_language():
    loader = SimpleNamespace(state="loading")
    bases = SimpleNamespace(find=lambda name: SimpleNamespace(loader=loader))
    record = SimpleNamespace(job=SimpleNamespace(base="mini"), state="running", message="")
    with in_language("vi"):
        message = Evaluations.message(SimpleNamespace(bases=bases), record)
    assert "Loading" not in message and "mô hình" in message


def test_the_rest_of_a_download_is_in_the_language_of_its_reader():
    loader = ModelLoader("mini")
    loader._describe("{done:,.0f} MB, {time} left", done=1, seconds_left=200)
    assert loader.message == "1 MB, 3 min 20 s left"
    with in_language("vi"):
        assert "3 phút 20 giây" in loader.message
