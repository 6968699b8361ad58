"""What sessions cost, and what calls of clients may leave out."""

import gradio as gr
import pytest
from gradio.state_holder import SessionState

from lora_demo.web.handlers import Page, _filled, _no_file, _texts


def page() -> Page:
    with Page() as made:
        held, text = gr.State([1]), gr.Textbox("Hallo")
        gr.Button().click(lambda held, text: text, [held, text], text, api_name="shout")
    return made


def test_a_session_keeps_state_and_no_descriptions_of_widgets():
    made = page()
    first, second = SessionState(made), SessionState(made)
    assert first.blocks_config.fns.keys() == made.fns.keys() and not any(
        first.config_values.values()
    )
    (state,) = (key for key, block in made.blocks.items() if isinstance(block, gr.State))
    first[state] = [2]
    assert (first[state], second[state]) == ([2], [1])
    described = {component["type"] for component in made.get_config_file()["components"]}
    assert {"state", "textbox", "button"} <= described


def test_values_left_out_are_those_of_the_widgets():
    (shout,) = (function for function in page().fns.values() if function.api_name == "shout")
    (shout.inputs[0]).value, held = None, shout.inputs[0].value
    assert (
        _filled([], shout) == []
    )  # what has no default must come; those after it do not take its place
    shout.inputs[0].value = held
    assert (
        _filled([], shout) == [[1], "Hallo"]
        and _filled([[3]], shout) == [[3], "Hallo"]
        and _filled([1, 2, 3], shout) == [1, 2, 3]
    )


def test_no_result_looks_like_a_file():
    file = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}, "size": 1}
    bare = {"path": "/etc/passwd", "size": 1}
    assert (
        _no_file({"a": [file, (file,)], "meta": 1}) == {"a": [bare, [bare]], "meta": 1}
        and _no_file("x") == "x"
    )


@pytest.mark.parametrize("value", [["x"], {"x": 1}, 5, True])
def test_a_list_that_takes_any_text_takes_nothing_else(value):
    with Page() as made:
        runs, fixed = gr.Dropdown([], allow_custom_value=True), gr.Dropdown(["a"])
        gr.Button().click(lambda run, fixed: run, [runs, fixed], runs)
    (function,) = made.fns.values()
    assert _texts(["any", "a"], function) == ["any", "a"] and _texts([None], function) == [None]
    with pytest.raises(ValueError):
        _texts([value, "a"], function)
