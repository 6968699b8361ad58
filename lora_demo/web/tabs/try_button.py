"""The button of a finished run that opens Compare with its adapter ticked."""

import gradio as gr

from lora_demo.language import _
from lora_demo.web.events import QUIET
from lora_demo.web.shelf import Shelf, shelved


class TryButton:
    """The button; the view of a run shows and hides it.

    Attributes:
        button: The widget.
    """

    def __init__(self) -> None:
        self.button = gr.Button(
            _("Try it in Compare"), variant="primary", size="md", min_width=160, visible=False
        )

    def open_on_click(self, run: gr.Dropdown, shelf: gr.State, tabs: gr.Tabs) -> None:
        """Open Compare on a click; the shelf ticks the adapter there.

        Args:
            run: The shown run.
            shelf: Changes when the visitor's list of adapters has changed.
            tabs: The page's tabs.
        """
        self.button.click(_try, [run, shelf], [shelf, tabs], **QUIET)


def _try(run: str | None, shelf: Shelf) -> tuple[Shelf, gr.Tabs]:
    return shelved(shelf, f"run-{run}"), gr.Tabs(selected="compare")
