"""The form after a reload: what the browser kept is checked, and what is unknown is left out."""

import gradio as gr
import pytest

from lora_demo.checkpoints import adapter_files
from lora_demo.service import adapter_entries
from lora_demo.service.uploads import find_upload
from lora_demo.web.tabs.base_menu import base_list
from lora_demo.web.tabs.form_memory import SOURCE, FormMemory
from lora_demo.web.tabs.source_chooser import SourceChooser
from lora_demo.web.tabs.training_form import FIXED_BY_START, TrainingForm
from tests.service.conftest import KEY, services  # noqa: F401 (fixture)

OTHER = "b" * 32


@pytest.fixture
def memory(services, monkeypatch):  # noqa: F811
    monkeypatch.setattr(adapter_files, "shipped", adapter_entries.shipped)
    with gr.Blocks():
        visitor = gr.BrowserState("")
        builtin = [("weather", "builtin:weather"), ("recipes", "builtin:recipes")]
        texts = {"example": "a/b:c", "info": ""}
        source = SourceChooser(
            services, visitor, "Data", builtin, "builtin:weather", min_pairs=2, **texts
        )
        form = TrainingForm(services, visitor, base_list(services.bases))
        return FormMemory(services, visitor, source, form)


@pytest.fixture
def upload(services, tmp_path):  # noqa: F811
    sent = tmp_path / "mine.tsv"
    sent.write_text("de\ten\nJa\tYes\nNein\tNo\n", encoding="utf-8")
    name, _pairs = services.uploads.keep(str(sent), KEY)
    return name


def plain_value(update):
    """The value of an update, of a widget, or of itself."""
    if isinstance(update, gr.Dropdown):
        return update.value
    return update["value"] if isinstance(update, dict) else update


def stored(memory, kept):
    """Return the values that the browser stores."""
    return [memory.mark, *(kept.get(name) for name in memory.names)]


def values(memory, kept, visitor=KEY):
    """The restored values by name, and the texts of the source."""
    restored = memory.restore(stored(memory, kept), visitor)
    named = dict(zip(["preset", *memory.form.fields, *SOURCE], restored, strict=False))
    plain = {name: plain_value(each) for name, each in named.items()}
    return plain | {"note": restored[-2]}


def first(memory):
    return {name: field.value for name, field in memory.form.fields.items()}


def test_nothing_changes_without_a_kept_form(memory):
    other = ["another", *stored(memory, first(memory))[1:]]
    for kept in ({}, None, [], "x", other):
        assert all(value == gr.skip() for value in memory.restore(kept, KEY))


def test_settings_and_the_visitors_file_come_back(memory, upload):
    kept = first(memory) | {"learning_rate": 0.5, "probes": "Ja.\nNein.", "rank": "3"}
    kept |= {"kind": "upload", "upload": upload, "hub": "", "preset": "5 minutes"}
    restored = values(memory, kept)
    assert {name: restored[name] for name in kept} == kept
    assert "mine.tsv" in restored["note"]


def test_a_file_that_is_deleted_or_of_another_visitor_is_forgotten(memory, upload, services):  # noqa: F811
    kept = {"kind": "upload", "upload": upload, "rank": "3"}
    others = values(memory, kept, OTHER)
    find_upload(services.visitors.folder(KEY), upload).unlink()
    for restored in (others, values(memory, kept)):
        assert (restored["kind"], restored["upload"], restored["note"]) == (
            "builtin:weather",
            "",
            "",
        )
        assert restored["rank"] == "3"


def test_an_adapter_to_start_from_is_kept_only_while_it_is_offered(memory):
    restored = memory.restore(stored(memory, {"parent": "kitchen"}), KEY)
    fields = dict(zip(memory.form.fields, restored[1:], strict=False))
    assert fields["parent"].value == "kitchen"
    assert fields["rank"]["value"] == "4"
    assert not any(fields[name]["interactive"] for name in FIXED_BY_START)
    assert values(memory, {"parent": "gone", "rank": "2"})["parent"] == ""


def test_values_that_a_widget_cannot_show_are_left_out(memory):
    wrong = {name: ["x"] for name in memory.form.fields}
    wrong |= {"name": "x" * 9999, "unit": "years"}
    restored = values(memory, wrong | {"kind": "/etc/passwd", "preset": "x", "hub": 5})
    assert {name: restored[name] for name in memory.form.fields} == first(memory)
    assert (restored["kind"], restored["preset"]) == ("builtin:weather", None)
