"""The status line under the title: the model, the training queue and the memory."""

from html import escape

import gradio as gr

from lora_demo.formatting import format_count, format_size
from lora_demo.language import N_, _
from lora_demo.model.shapes import total_parameters
from lora_demo.service.bases import ServedBase
from lora_demo.service.model_loader import ModelLoader
from lora_demo.service.services import Services
from lora_demo.service.status import describe_queue, health
from lora_demo.web.events import QUIET

NO_ANSWER = N_(
    "The server does not answer. The page will work again when the server answers. What you "
    "typed stays here."
)
"""Shown by the script `lost_server.js` alone."""
FURTHER = {"loading": N_("{base} loading"), "ready": N_("{base} ready")}
NOT_LOADED = N_("{base} not loaded")
LOADING_SECONDS = 1
SETTLED_SECONDS = 15
"""Seconds between updates of the line after the model was loaded."""


class StatusLine:
    """The line, and on a page of this machine a button to cancel a download.

    Args:
        services: The services of the page.
    """

    def __init__(self, services: Services) -> None:
        self.services = services
        self.timer = gr.Timer(LOADING_SECONDS)
        self.line = gr.HTML(status_html(services), elem_classes="server")
        self.download = gr.Button(visible=False, size="sm", elem_classes="download")

    def connect(self) -> None:
        """Connect the widgets to their handlers."""
        widgets = [self.line, self.timer, self.download]
        self.timer.tick(self.update, None, widgets, **QUIET)
        if self.services.is_local:
            self.download.click(self.cancel_or_resume, None, widgets, **QUIET)

    def update(self) -> tuple[gr.HTML, gr.Timer, gr.Button]:
        """Show the present state."""
        loader = self.services.loader
        is_cancelled = loader.state == "cancelled"
        states = [loader.state, *(base.loader.state for base in self.services.bases.started())]
        seconds = LOADING_SECONDS if "loading" in states else SETTLED_SECONDS
        label = _("Resume the download") if is_cancelled else _("Cancel the download")
        has_button = self.services.is_local and (loader.is_downloading or is_cancelled)
        return (
            gr.HTML(status_html(self.services)),
            gr.Timer(seconds),
            gr.Button(label, visible=has_button),
        )

    def cancel_or_resume(self) -> tuple[gr.HTML, gr.Timer, gr.Button]:
        """Cancel the download of the base model, or resume it."""
        loader = self.services.loader
        if loader.state == "cancelled":
            loader.start()
        else:
            loader.cancel()
        return self.update()


def status_html(services: Services) -> str:
    """Render the line.

    Args:
        services: The services of the page.
    """
    facts = health(services)
    parts = [
        _("{count} weights", count=format_count(total_parameters(services.config))),
        _describe_model(services, facts["device"]),
        *map(_describe_further, services.bases.started()),
        describe_queue(facts),
        _(
            "{used} of {limit} memory",
            used=format_size(facts["memory_bytes"]),
            limit=format_size(facts["memory_limit_bytes"]),
        ),
    ]
    return (
        f'<p class="status {facts["status"]}" role="status"><i></i>'
        f"<b>{escape(facts['base'])}</b> {escape(' · '.join(parts))}</p>"
        f'<p class="status failed no-answer" role="alert"><i></i>{_(NO_ANSWER)}</p>'
    )


def _describe_model(services: Services, device: str | None) -> str:
    loader = services.loader
    return {
        "loading": _describe_loading(loader),
        "ready": describe_ready(loader, device or "CPU"),
        "failed": _("not loaded: {error}", error=_(loader.error)),
        "cancelled": loader.error,
    }[loader.state]


def _describe_further(base: ServedBase) -> str:
    """Describe a further base of the menu."""
    return _(FURTHER.get(base.loader.state, NOT_LOADED), base=base.name)


def _describe_loading(loader: ModelLoader) -> str:
    if not loader.last_end:
        return _(
            "loading: {message}, {seconds:.0f} s …", message=loader.message, seconds=loader.seconds
        )
    return _(
        "{reason} It is starting again: {message}, {seconds:.0f} s …",
        reason=_(loader.last_end),
        message=loader.message,
        seconds=loader.seconds,
    )


def describe_ready(loader: ModelLoader, device: str) -> str:
    """Say where the loaded model runs, and whether it translates in int8.

    Args:
        loader: The loader of the model.
        device: `CPU`, or the name of a GPU.
    """
    if loader.note:
        return _("ready on {device}. {note}", device=device, note=loader.note)
    if loader.precision == "int8":
        return _("ready on {device} in int8", device=device)
    return _("ready on {device}", device=device)
