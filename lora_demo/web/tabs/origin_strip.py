"""The strip in Compare that says what base and ticked adapters were trained on."""

from collections.abc import Sequence

import gradio as gr

from lora_demo.model.parameters import total_parameters
from lora_demo.service.origins import describe_origins
from lora_demo.service.services import Services
from lora_demo.web.events import EACH, newest
from lora_demo.web.views.origins import strip_html


class OriginStrip:
    """Follows the ticked adapters.

    Args:
        services: the services of the page.
        adapters: the list of adapters.
        visitor: the visitor's key.
    """

    def __init__(
        self, services: Services, adapters: gr.CheckboxGroup, visitor: gr.BrowserState
    ) -> None:
        self.services = services
        strip = gr.HTML(self.show(adapters.value, ""))
        show = newest(self.show)
        adapters.change(show, [gr.State({}), adapters, visitor], strip, **EACH)

    def show(self, chosen: Sequence[str], visitor: str) -> str:
        """Render the strip for the ticked adapters."""
        entries = self.services.library.entries(visitor)
        origins = describe_origins(entries[id] for id in chosen if id in entries)
        return strip_html(self.services.base, total_parameters(self.services.config), origins)
