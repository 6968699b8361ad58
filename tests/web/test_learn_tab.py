"""The handlers of the Learn tab: the lesson of an address, actions, and what they update."""

from types import SimpleNamespace

import gradio as gr
import pytest

from lora_demo.web.tabs.learn import LearnTab

TEXT, FIGURE, TRAIN, VISIT, WAY = range(1, 6)
"""Places of the widgets in what a handler returns; the first place has the progress."""


@pytest.fixture
def tab():
    train = SimpleNamespace(fill_on=lambda *widgets: None)
    with gr.Blocks():
        return LearnTab(None, gr.BrowserState(""), gr.Tabs(), train)


def opened(tab, lesson="", kept=None):
    """Open the page with a lesson in its address."""
    return tab.restore(kept or {}, SimpleNamespace(query_params={"lesson": lesson}))


def acted(tab, *actions, kept=None):
    """Act in the lessons, one action after the other; return the last answer."""
    shown = [kept or {}]
    for action in actions:
        shown = tab.act(shown[0], SimpleNamespace(value=action))
    return shown


def test_an_address_opens_its_lesson_and_keeps_the_progress(tab):
    kept = acted(tab, "open lora", "reached", "next")[0]
    shown = opened(tab, "rank", kept)
    assert shown[0] == {**kept, "open": "rank"}
    assert ">Which rank to choose<" in shown[TEXT]
    assert ">Twice the rank<" in opened(tab, "", kept)[TEXT]


def test_a_first_visit_changes_nothing_that_the_visitor_may_have_opened(tab):
    assert opened(tab) == [gr.skip()] * 6


def test_an_unknown_lesson_is_named_above_the_list(tab):
    shown = opened(tab, "nothing", acted(tab, "open lora")[0])
    assert "The lesson “nothing” does not exist." in shown[TEXT]
    assert 'data-id="open lora"' in shown[WAY]


def test_the_figure_stays_while_the_visitor_drags_it(tab):
    reached = acted(tab, "open lora", "reached")
    assert reached[FIGURE] == gr.skip() and ">Done<" in reached[TEXT]
    assert 'class="rank-drawing"' in acted(tab, "go 1", "answer 0", kept=reached[0])[FIGURE]


def test_a_button_appears_after_the_prediction_and_its_use_ends_the_step(tab):
    before = acted(tab, "open combine")
    assert [before[place].visible for place in (TRAIN, VISIT)] == [False, False]
    after = acted(tab, "answer 2", kept=before[0])
    assert [after[place].visible for place in (TRAIN, VISIT)] == [False, True]
    assert after[VISIT].value == "Open Compare"
    tabs, kept, *_ = tab.open_tab(after[0])
    assert tabs.selected == "compare"
    assert kept["lessons"]["combine"]["acted"] == [0]


def test_a_step_without_a_run_fills_no_form(tab):
    with pytest.raises(ValueError, match="has no run"):
        tab.fill_form({}, "")
