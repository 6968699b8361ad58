"""The preview of the data on the Train tab, and the estimate of a run on it."""

from collections.abc import Callable
from html import escape
from typing import Any

import gradio as gr

from lora_demo.language import N_, _
from lora_demo.service.field_problems import field_problems
from lora_demo.service.services import Services
from lora_demo.web.errors import show_errors
from lora_demo.web.events import EACH, LATEST, newest
from lora_demo.web.tabs.field_errors import FieldErrors
from lora_demo.web.tabs.source_chooser import SourceChooser
from lora_demo.web.tabs.training_form import TrainingForm
from lora_demo.web.views.data_preview import preview_and_estimate_html

READING = N_("Reading the data …")


class PreviewPanel:
    """Counts, first pairs and suspicious pairs of the chosen data.

    Args:
        services: The services of the page.
        visitor: The visitor's key.
        source: The choice of the data.
    """

    def __init__(self, services: Services, visitor: gr.BrowserState, source: SourceChooser) -> None:
        self.services = services
        self.visitor = visitor
        self.source = source
        self.request = gr.State({})
        self.preview = gr.HTML(_reading_html(), elem_classes="preview", min_height=150)

    def connect(self, form: TrainingForm, estimate: gr.HTML) -> None:
        """Show the preview again after each change of the data or the settings.

        Args:
            form: The settings.
            estimate: Shows the time and the parameters of the run, or what is wrong.
        """
        self.form = form
        self.estimate = estimate
        self.errors = FieldErrors(form.fields)
        changed = [self.source.kind.change, self.source.hub.submit]
        reading = gr.on(changed, _reading_html, None, self.preview, **EACH)
        gr.on(form.changes, **self._handler(), **LATEST)
        for event in (reading.then, *self.source.upload_events, *form.filled):
            self.show_after(event)

    def show_after(self, event: Callable) -> None:
        """Show the preview after an event.

        Args:
            event: Registers a handler.
        """
        event(**self._handler(), **EACH)

    def _handler(self) -> dict[str, Any]:
        return {
            "fn": newest(show_errors(self._show), self.services.work_queue),
            "inputs": [
                self.request,
                self.visitor,
                self.errors.marked,
                *self.source.inputs,
                *self.form.inputs,
            ],
            "outputs": [self.preview, self.estimate, *self.errors.outputs],
        }

    def _show(
        self, visitor: str, marked: list[str], kind: str, upload: str, hub: str, *settings: Any
    ) -> list[Any]:
        """Show a preview of the data, an estimate of the run, and the errors at the fields."""
        values = self.form.named(settings)
        problems = field_problems(self.services.trainings, values, visitor)
        preview, estimate = self._preview(visitor, kind, upload, hub, values)
        return [preview, estimate, *self.errors.updates(problems, marked)]

    def _preview(
        self, visitor: str, kind: str, upload: str, hub: str, values: dict[str, Any]
    ) -> tuple[str, str]:
        """Return a preview of the data and an estimate of the run, or the error in them."""
        if kind == "upload" and not upload:
            return "", ""
        if kind == "hub" and not (hub or "").strip():
            return "", ""
        try:
            data = self.source.resolve(visitor, kind, upload, hub)
            return preview_and_estimate_html(self.services.trainings, data, values, visitor)
        except ValueError as error:
            return f'<p class="warning" role="alert">{escape(str(error))}</p>', ""


def _reading_html() -> str:
    return f'<p class="busy"><i></i>{_(READING)}</p>'
