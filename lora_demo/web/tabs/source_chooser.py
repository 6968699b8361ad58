"""The choice of a source of pairs on the Train and Evaluate tabs."""

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr
from gradio.components import Component

from lora_demo.data.readers import UPLOADED, supported_formats
from lora_demo.data.readers.columns import ColumnsNotFoundError
from lora_demo.language import _
from lora_demo.service.data_sources import resolve_source
from lora_demo.service.services import Services
from lora_demo.web.errors import show_errors
from lora_demo.web.events import EACH, LATEST, QUIET, newest
from lora_demo.web.views.uploads import missing_html, reading_html, sample_html, stored_html

MIN_COLUMNS = 2
"""Columns of a file from which the visitor can choose a German and an English one."""


class SourceChooser:
    """Lets the visitor choose a built-in corpus, upload a file, or name a data set on the Hub.

    Args:
        services: The services of the page.
        visitor: The visitor's key.
        label: Label of the choice.
        builtin: Names and sources of the built-in corpora.
        value: The source that is chosen at first.
        min_pairs: Number of pairs that a file must have.
        example: Name of a data set on the Hub.
        info: The form of such a name.

    Attributes:
        first: The source that is chosen at first.
        inputs: Kind, id of the uploaded file, and name of the data set, as `resolve_source`
            takes them.
        upload_events: Register a handler that runs after a file was stored, removed or refused.
    """

    def __init__(
        self,
        services: Services,
        visitor: gr.BrowserState,
        label: str,
        builtin: Sequence[tuple[str, str]],
        value: str,
        *,
        min_pairs: int,
        example: str,
        info: str,
    ) -> None:
        self.services = services
        self.visitor = visitor
        self.min_pairs = min_pairs
        self.first = value
        kinds = [*builtin, (_("a file"), "upload"), (_("the Hub"), "hub")]
        self.kind = gr.Radio(kinds, value=value, label=label)
        with gr.Column(visible=False) as self.box:
            self.file = gr.File(
                label=_(
                    "German and English pairs: {supported_formats}",
                    supported_formats=supported_formats(),
                ),
                file_types=[*UPLOADED],
                height=140,
            )
            gr.HTML(sample_html())
            self.stored = gr.HTML("")
            self.swap = gr.Button(_("Swap German and English"), visible=False, size="md")
            with gr.Row(visible=False) as self.columns:
                self.german = gr.Dropdown(
                    [], label=_("German column"), info=_("not found by its name")
                )
                self.english = gr.Dropdown([], label=_("English column"), info=_("choose both"))
        self.hub = gr.Textbox(
            label=_("Hub data set"), placeholder=example, info=info, visible=False
        )
        self.upload = gr.Textbox("", visible="hidden", label="Stored file")
        self.request = gr.State({})
        self.inputs = [self.kind, self.upload, self.hub]
        self.upload_events = self._connect()

    def _connect(self) -> list[Callable]:
        self.kind.change(self._show_field, self.kind, [self.box, self.hub], **LATEST)
        notes = [self.stored, self.swap]
        stored = self.file.upload(
            newest(show_errors(self._keep), self.services.work_queue),
            [self.request, self.file, self.visitor],
            [self.upload, *notes, self.columns, self.german, self.english],
            **EACH,
        )
        chosen = gr.on(
            [self.german.input, self.english.input],
            newest(show_errors(self._keep_columns), self.services.work_queue),
            [self.request, self.file, self.visitor, self.german, self.english],
            [self.upload, *notes],
            **EACH,
        )
        swapped = self.swap.click(
            newest(show_errors(self._swap), self.services.work_queue),
            [self.request, self.upload, self.visitor],
            [self.upload, self.stored],
            **EACH,
        )
        nothing = [self.upload, *notes, self.columns]
        removed = self.file.clear(newest(self._forget), self.request, nothing, **EACH)
        refused = stored.failure(self._clear, None, [self.file, *nothing], **QUIET)
        return [stored.success, chosen.success, swapped.success, removed.then, refused.then]

    def resolve(self, visitor: str, kind: str, upload: str, hub: str) -> str:
        """Return the source that the values of `inputs` describe.

        Args:
            visitor: The visitor's key.
            kind: Kind of the source, as `resolve_source` takes it.
            upload: Name of a stored file.
            hub: A data set on the Hub.

        Raises:
            ValueError: If it is unknown, or what it needs is missing.
        """
        return resolve_source(kind, self.services.visitors.folder(visitor), upload, hub)

    def has(self, visitor: str, upload: str) -> bool:
        """Check that a stored file is one of the visitor's.

        Args:
            visitor: The visitor's key.
            upload: Name of a stored file.
        """
        try:
            self.resolve(visitor, "upload", upload, "")
        except ValueError:
            return False
        return True

    @property
    def outputs(self) -> list[Component | gr.Row]:
        """The widgets that `updates` fills."""
        return [*self.inputs, self.file, self.columns, self.stored, self.swap]

    def updates(
        self, kind: str, upload: str = "", hub: str = "", missing: str = "", visitor: str = ""
    ) -> list[Any]:
        """Return the values of `outputs` for a source that a setting names.

        Args:
            kind: Kind of the source, as `resolve_source` takes it.
            upload: Name of a stored file.
            hub: A data set on the Hub.
            missing: Name of a file that the visitor must upload first.
            visitor: The visitor's key, for an upload.
        """
        note, swap = "", gr.Button(visible=False)
        if kind == "upload" and missing:
            note = missing_html(missing)
        elif kind == "upload":
            reading = self.services.uploads.reading(upload, visitor)
            note, swap = stored_html(reading), gr.Button(visible=reading.can_swap)
        return [kind, upload, hub, None, gr.Row(visible=False), note, swap]

    def _show_field(self, kind: str) -> tuple[gr.Column, gr.Textbox]:
        return gr.Column(visible=kind == "upload"), gr.Textbox(visible=kind == "hub")

    def _keep(
        self, file: str, visitor: str
    ) -> tuple[str, str, gr.Button, gr.Row, gr.Dropdown, gr.Dropdown]:
        """Check and store an uploaded file; return its id, or let the visitor choose columns."""
        try:
            name, _unused = self.services.uploads.keep(file, visitor, self.min_pairs)
        except ColumnsNotFoundError as error:
            if len(error.found) < MIN_COLUMNS:
                raise
            columns = gr.Dropdown(choices=list(dict.fromkeys(error.found)), value=None)
            return "", "", gr.Button(visible=False), gr.Row(visible=True), columns, columns
        columns = gr.Dropdown()
        return *self._with_notes(name, visitor), gr.Row(visible=False), columns, columns

    def _keep_columns(
        self, file: str, visitor: str, german: str | None, english: str | None
    ) -> tuple[str, str, gr.Button]:
        """Store an uploaded file once both columns are chosen, and return its id."""
        if not file or not german or not english or german == english:
            return "", "", gr.Button(visible=False)
        columns = f"de={german},en={english}"
        name, _unused = self.services.uploads.keep(file, visitor, self.min_pairs, columns)
        return self._with_notes(name, visitor)

    def _with_notes(self, upload: str, visitor: str) -> tuple[str, str, gr.Button]:
        """Return the id of an upload, how it is read, and the button where it looks swapped."""
        reading = self.services.uploads.reading(upload, visitor)
        return upload, reading_html(reading), gr.Button(visible=reading.can_swap)

    def _swap(self, upload: str, visitor: str) -> tuple[str, str]:
        """Exchange German and English; the button stays, to exchange them back."""
        swapped = self.services.uploads.swap(upload, visitor)
        return swapped, stored_html(self.services.uploads.reading(swapped, visitor))

    def _forget(self) -> tuple[str, str, gr.Button, gr.Row]:
        return "", "", gr.Button(visible=False), gr.Row(visible=False)

    def _clear(self) -> tuple[None, str, str, gr.Button, gr.Row]:
        return None, *self._forget()
