"""The choice of a source of pairs on the Train and Evaluate tabs."""

from collections.abc import Callable, Sequence

import gradio as gr

from lora_demo.data.readers import GZIP, SUFFIXES, supported_formats
from lora_demo.service.services import Services
from lora_demo.web.errors import show_errors
from lora_demo.web.events import EACH, LATEST, QUIET, newest


class SourceChooser:
    """Lets the visitor choose a built-in corpus, upload a file, or name a data set on the Hub.

    Args:
        services: the services of the page.
        visitor: the visitor's key.
        label: label of the choice.
        builtin: names and sources of the built-in corpora.
        value: the source that is chosen at first.
        min_pairs: number of pairs that a file must have.
        example: name of a data set on the Hub.
        info: how to write such a name.

    Attributes:
        inputs: kind, id of the uploaded file, and name of the data set, as `resolve_source`
            takes them.
        upload_events: register a handler that runs after a file was stored, removed or refused.
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
        kinds = [*builtin, ("a file", "upload"), ("the Hub", "hub")]
        self.kind = gr.Radio(kinds, value=value, label=label)
        self.file = gr.File(
            label=f"German and English pairs: {supported_formats()}",
            file_types=[*SUFFIXES, GZIP],
            visible=False,
            height=140,
        )
        self.hub = gr.Textbox(label="Hub data set", placeholder=example, info=info, visible=False)
        self.upload = gr.State("")
        self.request = gr.State({})
        self.inputs = [self.kind, self.upload, self.hub]
        self.upload_events = self._connect()

    def _connect(self) -> list[Callable]:
        self.kind.change(self._show_field, self.kind, [self.file, self.hub], **LATEST)
        stored = self.file.upload(
            newest(show_errors(self._keep), self.services.work_queue),
            [self.request, self.file, self.visitor],
            self.upload,
            **EACH,
        )
        removed = self.file.clear(newest(self._forget), self.request, self.upload, **EACH)
        refused = stored.failure(self._clear, None, [self.file, self.upload], **QUIET)
        return [stored.success, removed.then, refused.then]

    def _show_field(self, kind: str) -> tuple[gr.File, gr.Textbox]:
        return gr.File(visible=kind == "upload"), gr.Textbox(visible=kind == "hub")

    def _keep(self, file: str, visitor: str) -> str:
        """Check and store an uploaded file, and return its id."""
        name, _ = self.services.uploads.keep(file, visitor, self.min_pairs)
        return name

    def _forget(self) -> str:
        return ""

    def _clear(self) -> tuple[None, str]:
        return None, ""
