"""A link to a comparison, which fills the form of the Compare tab."""

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
from lora_demo.web.tabs.base_menu import BaseMenu
from lora_demo.web.tabs.strength_sliders import slider_updates

READ_QUERY = "() => location.search"
FILLED = N_("The link filled in the form. Press Translate.")
UNAVAILABLE = N_("The link names adapters that you do not have. They were left out.")
OTHER_BASE = N_("The link names a base that this page does not offer. It was left out.")


class SharedLink:
    """Fills a form from the query of the page's address; nothing is translated without a click.

    Args:
        services: The services of the page.
        visitor: The visitor's key.
        menu: The menu of bases.
        outputs: The text, the beams, the note, and the widgets that depend on the base: the two
            lists of the menu, the adapters, their chosen ids, and the sliders for the strengths.
    """

    def __init__(
        self,
        services: Services,
        visitor: gr.BrowserState,
        menu: BaseMenu,
        outputs: list[Component],
    ) -> None:
        self.bases = services.bases
        self.menu = menu
        self.outputs = outputs
        self.query = gr.Textbox(visible="hidden", label="Query of the address")
        # Pages without a query make no call, since the box then does not change.
        self.filled = self.query.change(
            show_errors(self.fill), [self.query, visitor], outputs, **QUIET
        )

    def open_on(self, event: Callable[..., Any]) -> None:
        """Read the address on an event.

        Args:
            event: Registers a handler.
        """
        event(None, None, self.query, js=READ_QUERY, **EACH)

    def fill(self, query: str, visitor: str) -> list[Any]:
        """Return the values of the link; nothing changes if the address is not a link.

        Args:
            query: Query of the page's address.
            visitor: The visitor's key.
        """
        linked = read_link(query)
        if linked is None:
            return [gr.skip() for _unused in self.outputs]
        linked_here = linked.keep_bases(self.bases.names)
        base = self.bases.find(linked_here.base)
        entries = base.library.entries(visitor)
        kept = linked_here.keep(entries)
        notes = [FILLED]
        if linked_here != linked:
            notes.append(OTHER_BASE)
        if kept != linked_here:
            notes.append(UNAVAILABLE)
        note = " ".join(map(_, notes))
        return [
            kept.text,
            kept.beams,
            f'<p class="small" role="status">{note}</p>',
            *self.menu.updates(base, kept.beside),
            gr.CheckboxGroup(choices=adapter_choices(base, visitor), value=kept.adapters),
            kept.adapters,
            *slider_updates([entries[id].name for id in kept.adapters], kept.strengths),
        ]
