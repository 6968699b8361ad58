"""The checkbox for a browser notification when a run ends."""

import gradio as gr

from lora_demo.language import _
from lora_demo.web.events import QUIET
from lora_demo.web.scripts import ASK_NOTIFY, RECALL_NOTIFY


def notify_box() -> gr.Checkbox:
    """Create the checkbox. The browser keeps its value, and the server does not see it."""
    box = gr.Checkbox(
        label=_("Notify me when a run ends"),
        info=_("by the browser, while this page is in the background"),
        elem_classes="notify",
        min_width=220,
    )
    box.input(None, box, box, js=ASK_NOTIFY, **QUIET)
    return box


def recall_choice(page: gr.Blocks, box: gr.Checkbox) -> None:
    """Restore the value after a reload.

    Args:
        page: The page.
        box: Result of `notify_box`.
    """
    page.load(None, None, box, js=RECALL_NOTIFY)
