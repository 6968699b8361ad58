"""The results that Compare opens with: made beforehand, then replaced by live ones."""

from typing import Any

import gradio as gr

from lora_demo.service.comparison import Comparison
from lora_demo.service.comparison_link import read_link
from lora_demo.service.services import Services
from lora_demo.web.events import QUIET
from lora_demo.web.tabs.shared_link import SharedLink
from lora_demo.web.views.comparison import EMPTY, results_html
from lora_demo.web.views.elements import blank_html

CHECK_SECONDS = 2
"""Seconds between checks whether the model is loaded."""


class FirstResults:
    """Replaces the shipped results once the model is loaded; a visitor's own results stay.

    Args:
        services: The services of the page.
        comparison: The shown comparison.
        results: Shows it.
        link: Fills the form from the page's address; the first results are then left out.
    """

    def __init__(
        self, services: Services, comparison: gr.State, results: gr.HTML, link: SharedLink
    ) -> None:
        self.services = services
        self.timer = gr.Timer(CHECK_SECONDS, active=bool(services.library.general_ids()))
        outputs = [comparison, results, self.timer]
        prepared = self.timer.tick(self.prepare, comparison, None, **QUIET)
        prepared.success(self.replace, comparison, outputs, **QUIET)
        link.filled.success(self.clear, link.query, outputs, **QUIET)

    def prepare(self, comparison: Comparison | None) -> None:
        """Translate the live results if they will be shown.

        This is a separate event, because visitors may get results of their own meanwhile. `replace`
        sees them and does not change them.

        Args:
            comparison: The shown comparison; None for none.
        """
        if self.services.loader.state == "ready" and _is_first(comparison):
            self.services.first_comparison.live()

    def replace(self, comparison: Comparison | None) -> tuple[Any, Any, Any]:
        """Show the live results if the model is loaded and the visitor has no results yet.

        Args:
            comparison: The shown comparison; None for none.
        """
        state = self.services.loader.state
        if state == "loading":
            return gr.skip(), gr.skip(), gr.skip()
        if state != "ready" or not _is_first(comparison):
            return gr.skip(), gr.skip(), gr.Timer(active=False)
        live = self.services.first_comparison.live()
        return live, results_html(live), gr.Timer(active=False)

    def clear(self, query: str) -> tuple[Any, Any, Any]:
        """Show no results where a link has filled the form with other sentences.

        Args:
            query: Query of the page's address.
        """
        if read_link(query) is None:
            return gr.skip(), gr.skip(), gr.skip()
        return None, blank_html(*EMPTY), gr.Timer(active=False)


def _is_first(comparison: Comparison | None) -> bool:
    """Return whether the visitor has no results of their own yet."""
    return comparison is None or comparison.made_beforehand
