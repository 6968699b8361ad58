"""Errors at the fields of the Train tab: the hint of a field says what is wrong with its value."""

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr
from gradio.components import Component

from lora_demo.language import _

CLASS = "wrong"
"""Class of a field whose value cannot be used."""


class FieldErrors:
    """Replaces the hints of fields, and brings them back.

    Args:
        fields: The widgets by the names of the settings.
    """

    def __init__(self, fields: Mapping[str, Component]) -> None:
        self.fields = fields
        self.marked = gr.State([])

    @property
    def outputs(self) -> list[Component]:
        """The names of the fields that are marked, and the widgets; `updates` fills them."""
        return [self.marked, *self.fields.values()]

    def updates(self, problems: Mapping[str, str], marked: Sequence[str]) -> list[Any]:
        """Return the values of `outputs`; a field that is as before stays untouched.

        Args:
            problems: A sentence for each field that is wrong.
            marked: The names of the fields that were marked before.
        """
        updates = []
        for name, field in self.fields.items():
            if name in problems:
                # Gradio escapes the hint.
                updates.append(gr.update(info=problems[name], elem_classes=[CLASS]))
            elif name in marked:
                info = getattr(field, "info", None)  # English, which is the key of its translation
                updates.append(gr.update(info=info and _(info), elem_classes=[]))
            else:
                updates.append(gr.skip())
        return [list(problems), *updates]
