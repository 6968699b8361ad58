"""The form of the Train tab after a reload: the browser keeps the choices and the settings."""

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import gradio as gr
from gradio.components import Component

from lora_demo.model.checks import is_number
from lora_demo.service.presets import PRESETS
from lora_demo.web.events import EACH, QUIET
from lora_demo.web.tabs.form_section import FormSection

STORAGE_KEY = "lora_demo_train_form"
MAX_TEXT = 2000
"""Characters of a text that is filled in again."""
KEEP = "(...values) => [['{mark}', ...values]]"
"""JavaScript that returns the values of the form; the mark changes with the names of the fields."""
SOURCE = ("kind", "upload", "hub")
"""Names of the values that describe the data, in the order of `SourceChooser.inputs`."""


class FormMemory(FormSection):
    """Keeps the form in the browser, and fills it in again.

    The stored values are checked like any input: a file must be one of the visitor's own, and an
    adapter must be on offer. Values that no longer exist are left out without an error.
    """

    def layout(self) -> None:
        """Create what the browser keeps."""
        self.kept = gr.BrowserState([], storage_key=STORAGE_KEY, secret="lora_demo")
        self.names = [*SOURCE, "preset", *self.form.fields]
        self.mark = hashlib.sha256(" ".join(self.names).encode()).hexdigest()[:8]

    def connect(self) -> None:
        """Keep the form after each change of it."""
        source, form = self.source, self.form
        entered = [source.kind.input, source.hub.input]
        entered += [form.fields[name].input for name in ("base", "parent")]
        self.keep_after(partial(gr.on, [*entered, *form.changes]))
        for event in (*source.upload_events, *form.filled):
            self.keep_after(event)

    def keep_after(self, event: Callable) -> None:
        """Keep the form after an event, without asking the server.

        Args:
            event: Registers a handler.
        """
        inputs = [*self.source.inputs, self.form.preset, *self.form.inputs]
        event(None, inputs, self.kept, js=KEEP.format(mark=self.mark), **EACH)

    def forget_after(self, event: Callable) -> None:
        """Forget the form after an event.

        Args:
            event: Registers a handler.
        """
        event(None, None, self.kept, js="() => [[]]", **QUIET)

    def restore_after(self, event: Callable) -> Any:
        """Fill the form in again after an event.

        Args:
            event: Registers a handler.

        Returns:
            The result of the registration.
        """
        return event(self.restore, [self.kept, self.visitor], self.form_outputs, **QUIET)

    def restore(self, stored: Any, visitor: str) -> list[Any]:
        """Return the values of the form for what the browser stored; nothing changes without it.

        Args:
            stored: What the browser kept: a list of the mark and the values of the form. Anything
                else, or another mark, changes nothing.
            visitor: The visitor's key.
        """
        if not isinstance(stored, list) or stored[:1] != [self.mark]:
            return [gr.skip() for _output in self.form_outputs]
        kept = dict(zip(self.names, stored[1:], strict=False))
        preset, *fields = self.form.updates(self._values(kept, visitor), visitor)
        if kept.get("preset") in list(PRESETS):
            preset = kept["preset"]
        return [preset, *fields, *self.source.updates(**self._data(kept, visitor), visitor=visitor)]

    def _values(self, kept: Mapping[str, Any], visitor: str) -> dict[str, Any]:
        """Return a value for each setting: the kept one if it is possible, else the first one."""
        values = {
            name: kept[name] if _is_possible(field, kept.get(name)) else field.value
            for name, field in self.form.fields.items()
            if name != "parent"
        }
        values["parent"] = ""
        with suppress(ValueError):
            parent = str(kept.get("parent") or "")
            values |= self.form.values_of_start(parent, values["base"], visitor)
        return values

    def _data(self, kept: Mapping[str, Any], visitor: str) -> dict[str, str]:
        """Return the kept data; the first choice if the file is not among the visitor's."""
        kind, upload, hub = (str(kept.get(name) or "")[:MAX_TEXT] for name in SOURCE)
        if kind == "hub":
            return {"kind": kind, "hub": hub}
        known = [value for _label, value in self.source.kind.choices]
        if kind == "upload" and not self.source.has(visitor, upload):
            kind = ""
        upload = upload if kind == "upload" else ""
        return {"kind": kind if kind in known else self.source.first, "upload": upload}


def _is_possible(field: Component, value: Any) -> bool:
    """Check that a widget can show a value."""
    if isinstance(field, gr.Checkbox):
        return isinstance(value, bool)
    if isinstance(field, (gr.Number, gr.Slider)):
        return is_number(value)
    is_open = isinstance(field, gr.Dropdown) and field.allow_custom_value
    if isinstance(field, (gr.Dropdown, gr.Radio)) and not is_open:
        return value in [choice for _label, choice in field.choices]
    return isinstance(value, str) and len(value) <= MAX_TEXT
