"""The hint of a field says what is wrong with its value, and comes back."""

import gradio as gr

from lora_demo.language import in_language
from lora_demo.web.tabs.field_errors import FieldErrors

FIELDS = {
    "rank": gr.Dropdown(["4"], label="Rank", info="several: a sweep", render=False),
    "alpha": gr.Number(label="Alpha", info="0: twice the rank", render=False),
    "learning_rate": gr.Number(label="Learning rate", render=False),
}


def plain(updates):
    """Marked names, and of each update the hint and the class."""
    marked, *others = updates
    return marked, [(update.get("info"), update.get("elem_classes")) for update in others]


def test_only_fields_that_change_are_touched():
    errors = FieldErrors(FIELDS)
    marked, hints = plain(errors.updates({"rank": "rank = 0 is wrong."}, []))
    assert marked == ["rank"]
    assert hints == [("rank = 0 is wrong.", ["wrong"]), (None, None), (None, None)]
    marked, hints = plain(errors.updates({"learning_rate": "x"}, marked))
    assert hints == [("several: a sweep", []), (None, None), ("x", ["wrong"])]
    marked, hints = plain(errors.updates({}, marked))
    assert (marked, hints) == ([], [(None, None), (None, None), (None, [])])


def test_a_hint_comes_back_in_the_visitors_language():
    errors = FieldErrors(FIELDS)
    with in_language("de"):
        _marked, hints = plain(errors.updates({}, ["rank"]))
    assert hints[0][0] == "mehrere: Sweep"
