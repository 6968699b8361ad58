"""A link to a comparison: what the page's address asks for fills the form of the Compare tab."""

from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.components import Component

from lora_demo.language import N_, _
from lora_demo.service.comparison_link import read_link
from lora_demo.service.services import Services
from lora_demo.web.adapter_choices import adapter_choices
from lora_demo.web.errors import show_errors
from lora_demo.web.events import EACH, QUIET
from lora_demo.web.tabs.strength_sliders import slider_updates

READ_QUERY = "() => location.search"
FILLED = N_("The link filled in the form. Press Translate.")
UNAVAILABLE = N_("Adapters of the link that you do not have are left out.")


class SharedLink:
    """Fills a form from the query of the page's address; nothing is translated without a click.

    Args:
        services: the services of the page.
        visitor: the visitor's key.
        outputs: the text, the adapters, the ids of the chosen adapters, the beams, the note, and
            the sliders for the strengths.
    """

    def __init__(
        self, services: Services, visitor: gr.BrowserState, outputs: list[Component]
    ) -> None:
        self.services = services
        self.outputs = outputs
        self.query = gr.Textbox(visible="hidden", label="Query of the address")
        # Pages without a query make no call, since the box then does not change.
        self.filled = self.query.change(
            show_errors(self.fill), [self.query, visitor], outputs, **QUIET
        )

    def open_on(self, event: Callable[..., Any]) -> None:
        """Read the address on an event.

        Args:
            event: registers a handler.
        """
        event(None, None, self.query, js=READ_QUERY, **EACH)

    def fill(self, query: str, visitor: str) -> list[Any]:
        """Return what the link asks for; nothing changes if the address is not a link."""
        linked = read_link(query)
        if linked is None:
            return [gr.skip() for _unused in self.outputs]
        entries = self.services.library.entries(visitor)
        kept = linked.keep(entries)
        note = _(FILLED) if kept == linked else f"{_(FILLED)} {_(UNAVAILABLE)}"
        choices = adapter_choices(self.services, visitor)
        return [
            kept.text,
            gr.CheckboxGroup(choices=choices, value=kept.adapters),
            kept.adapters,
            kept.beams,
            f'<p class="small" role="status">{note}</p>',
            *slider_updates([entries[id].name for id in kept.adapters], kept.strengths),
        ]
