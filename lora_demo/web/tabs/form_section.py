"""The base class of the parts of the Train tab that read and fill its form."""

from typing import Any

import gradio as gr
from gradio.components import Component

from lora_demo.service.services import Services
from lora_demo.web.tabs.section import Section
from lora_demo.web.tabs.source_chooser import SourceChooser
from lora_demo.web.tabs.training_form import TrainingForm


class FormSection(Section):
    """A part of the Train tab that reads or fills its form.

    Args:
        services: The services of the page.
        visitor: The visitor's key.
        source: The choice of the data.
        form: The settings.
    """

    def __init__(
        self,
        services: Services,
        visitor: gr.BrowserState,
        source: SourceChooser,
        form: TrainingForm,
    ) -> None:
        self.visitor = visitor
        self.source = source
        self.form = form
        super().__init__(services)

    @property
    def form_inputs(self) -> list[Component]:
        """The widgets of the data and the settings, as inputs of a handler."""
        return [*self.source.inputs, *self.form.inputs]

    @property
    def form_outputs(self) -> list[Any]:
        """The widgets of the preset, the settings and the data, as outputs of a handler."""
        return [*self.form.outputs, *self.source.outputs]
