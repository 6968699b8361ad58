""" "Train this yourself" fills the form with the run of the lesson."""

import pytest

from lora_demo.service.lessons.form import form_of
from lora_demo.service.lessons.lesson import Train
from lora_demo.service.lessons.recordings import RECORDINGS, recorded_config


@pytest.mark.parametrize("name", RECORDINGS)
def test_the_form_has_the_settings_of_the_recorded_run(name):
    recorded = RECORDINGS[name]
    form = form_of(Train(recorded), ["mini-r8"])
    assert form.request.parent == (recorded.parent or "")
    assert form.request.configs("mini", None, form.data, recorded.parent) == [recorded]


def test_each_run_of_a_sweep_has_the_settings_of_its_recording():
    form = form_of(Train(recorded_config(), ranks=(4, 8, 16)), [])
    recorded = [RECORDINGS[f"rank-{rank}"] for rank in (4, 8, 16)]
    assert form.request.configs("mini", None, form.data) == recorded


def test_without_the_adapter_of_the_lesson_the_run_starts_with_a_new_one():
    form = form_of(Train(RECORDINGS["replay"]), ["mini-r4"])
    assert form.request.parent == ""
    assert form.request.replay == RECORDINGS["replay"].replay
