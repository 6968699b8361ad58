"""Settings of the Train tab as a file, and the form filled from a file or from a run."""

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component

from lora_demo.files import format_json
from lora_demo.language import N_, _
from lora_demo.service.data_sources import resolve_source
from lora_demo.service.traces import TRACES
from lora_demo.service.training_settings import (
    MAX_SETTINGS_BYTES,
    FormSettings,
    form_values,
)
from lora_demo.service.uploads import received_files
from lora_demo.web.errors import show_errors
from lora_demo.web.events import QUIET
from lora_demo.web.scripts import DOWNLOAD_TEXT, SHOW_FORM
from lora_demo.web.tabs.form_section import FormSection

INFO_SECONDS = 8
NOTE = N_(
    "The file has the format of <code>train --config</code>. It names the data and the adapter to "
    "start from, but does not contain them."
)


class SettingsPanel(FormSection):
    """Saves the form as a file, and fills it from a file or from a run.

    Attributes:
        filled: Registers a handler that runs after the form was filled from a file.
    """

    def layout(self) -> None:
        """Create the widgets."""
        with gr.Accordion(_("Settings file"), open=False, elem_classes="folded"):
            gr.HTML(f'<p class="small">{_(NOTE)}</p>')
            with gr.Row():
                self.save = gr.Button(_("Save settings"), size="md", min_width=120)
                self.load = gr.UploadButton(
                    _("Load settings"), file_types=[".json"], size="md", min_width=120
                )
        self.document = gr.Textbox(visible="hidden", label="Settings")
        self.name = gr.Textbox(visible="hidden", label="Name of the file")

    def connect(self) -> None:
        """Connect the events of the widgets to their handlers."""
        saved = self.save.click(
            show_errors(self._save),
            [self.visitor, *self.form_inputs],
            [self.document, self.name],
            **QUIET,
        )
        saved.success(None, [self.document, self.name], None, js=DOWNLOAD_TEXT, **QUIET)
        loaded = self.load.upload(
            show_errors(self._load), [self.load, self.visitor], self.form_outputs, **QUIET
        )
        for ended in (loaded.success, loaded.failure):
            ended(_no_file, None, self.load, **QUIET)
        self.filled = loaded.success

    def fill_from_run(self, button: gr.Button, chosen: gr.Dropdown) -> Callable:
        """Let a button fill the form with the settings of the chosen run.

        Args:
            button: The button.
            chosen: The id of the run.

        Returns:
            Registers a handler that runs after the form was filled.
        """
        return self.fill_on(button, self._fill_from_run, [self.visitor, chosen])

    def fill_on(self, button: gr.Button, handler: Callable, inputs: list[Component]) -> Callable:
        """Let a button fill the form.

        Args:
            button: The button.
            handler: Returns the values of `form_outputs`.
            inputs: Inputs of the handler.

        Returns:
            Registers a handler that runs after the form was filled.
        """
        filled = button.click(show_errors(handler), inputs, self.form_outputs, **QUIET)
        filled.success(None, None, None, js=SHOW_FORM, **QUIET)
        return filled.success

    def _save(
        self, visitor: str, kind: str, upload: str, hub: str, *settings: Any
    ) -> tuple[str, str]:
        """Return the settings file of the form, and a name for it."""
        request = self.form.parse(settings)
        data = resolve_source(kind, self.services.visitors.folder(visitor), upload, hub)
        document = self.services.training_settings.document(request, data, visitor)
        config = self.services.trainings.configs(request, data, visitor)[0]
        return format_json(document), f"{config.adapter_name}.json"

    def _load(self, file: str, visitor: str) -> list[Any]:
        """Fill the form from an uploaded file, which is not kept."""
        with received_files(file) as (path,):
            TRACES.record(self.services.visitors.folder(visitor), path)
            with open(path, "rb") as opened:
                content = opened.read(MAX_SETTINGS_BYTES + 1)
            path.unlink(missing_ok=True)
            settings = self.services.training_settings.read(content, path.name, visitor)
        name = Path(file).name
        return self.show(settings, _("The form has the settings of {name}.", name=name), visitor)

    def _fill_from_run(self, visitor: str, run: str | None) -> list[Any]:
        """Fill the form with the settings of a run."""
        settings = self.services.training_settings.of_run(run or "", visitor)
        return self.show(settings, _("The form has the settings of this run."), visitor)

    def show(self, settings: FormSettings, message: str, visitor: str) -> list[Any]:
        """Return the values of `form_outputs` for given settings, and show a message.

        Args:
            settings: The settings.
            message: Says where they come from, in one sentence.
            visitor: The visitor's key.
        """
        if settings.missing:
            upload = _("Upload {name} under Data.", name=settings.missing)
            message = f"{message} {upload}"
        gr.Info(escape(message), title=_("Settings"), duration=INFO_SECONDS)
        values = form_values(settings, self.services.trainings, visitor)
        source = self.source.updates(
            settings.kind, settings.upload, settings.hub, settings.missing, visitor
        )
        return [*self.form.updates(values, visitor), *source]


def _no_file() -> None:
    return None
