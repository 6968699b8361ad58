"""The status line under the title: the model, the training queue and the memory."""

from html import escape

import gradio as gr

from lora_demo.formatting import format_count, format_size
from lora_demo.model.parameters import total_parameters
from lora_demo.service.services import Services
from lora_demo.service.status import describe_queue, health
from lora_demo.web.events import QUIET

LOADING_SECONDS = 1
SETTLED_SECONDS = 15
"""Seconds between updates of the line after the model was loaded."""


class StatusLine:
    """The line, and on a page of this machine a button to cancel a download.

    Args:
        services: what the page can do.
    """

    def __init__(self, services: Services) -> None:
        self.services = services
        self.timer = gr.Timer(LOADING_SECONDS)
        self.line = gr.HTML(status_html(services))
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
        seconds = LOADING_SECONDS if loader.state == "loading" else SETTLED_SECONDS
        label = "Resume the download" if is_cancelled else "Cancel the download"
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
        services: what the page can do.
    """
    facts = health(services)
    parts = [
        f"{format_count(total_parameters(services.config))} weights",
        _describe_model(services, facts["device"]),
        describe_queue(facts),
        f"{format_size(facts['memory_bytes'])} of {format_size(facts['memory_limit_bytes'])} "
        "memory",
    ]
    return (
        f'<p class="status {facts["status"]}" role="status"><i></i>'
        f"<b>{escape(facts['base'])}</b> {escape(' · '.join(parts))}</p>"
    )


def _describe_model(services: Services, device: str | None) -> str:
    loader = services.loader
    return {
        "loading": f"loading: {loader.message}, {loader.seconds:.0f} s …",
        "ready": f"ready on {device or 'CPU'}",
        "failed": f"not loaded: {loader.error}",
        "cancelled": loader.error,
    }[loader.state]
