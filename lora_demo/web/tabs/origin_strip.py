"""The strip in Compare that says what base and ticked adapters were trained on."""

from collections.abc import Sequence

import gradio as gr

from lora_demo.checkpoints.adapter_base import is_for_other_version
from lora_demo.model.shapes import total_parameters
from lora_demo.service.origins import describe_origins
from lora_demo.service.services import Services
from lora_demo.web.events import EACH, newest
from lora_demo.web.views.origins import strip_html


class OriginStrip:
    """Follows the chosen base and the ticked adapters.

    Args:
        services: The services of the page.
        base: The list of bases.
        adapters: The list of adapters.
        visitor: The visitor's key.
    """

    def __init__(
        self,
        services: Services,
        base: gr.Radio,
        adapters: gr.CheckboxGroup,
        visitor: gr.BrowserState,
    ) -> None:
        self.services = services
        strip = gr.HTML(self.show(base.value, adapters.value, ""))
        inputs = [gr.State({}), base, adapters, visitor]
        gr.on([base.change, adapters.change], newest(self.show), inputs, strip, **EACH)

    def show(self, name: str, chosen: Sequence[str], visitor: str) -> str:
        """Render the strip for the chosen base and the ticked adapters.

        Args:
            name: Name of the base.
            chosen: Ids of the ticked adapters; unknown ones are left out.
            visitor: The visitor's key; empty for the shipped adapters alone.
        """
        base = self.services.bases.find(name)
        entries = base.library.entries(visitor)
        ticked = [entries[id] for id in chosen if id in entries]
        outdated = [entry.name for entry in ticked if is_for_other_version(entry.folder)]
        weights = total_parameters(base.config)
        return strip_html(base.id, weights, describe_origins(ticked), outdated)
