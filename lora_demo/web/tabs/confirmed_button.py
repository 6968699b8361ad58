"""A button whose action cannot be undone, so that it asks first."""

from collections.abc import Callable
from typing import Any

import gradio as gr

from lora_demo.language import _
from lora_demo.web.events import QUIET


class ConfirmedButton:
    """A button, and the question in its place after a click.

    Attributes:
        button: The button, which its tab shows and enables.
        yes: Starts the action.

    Args:
        label: Label of the button.
        question: The question before the action, which names the loss.
        yes: Label of the button that does it.
    """

    def __init__(self, label: str, question: str, yes: str) -> None:
        self.button = gr.Button(label, size="md", min_width=70)
        with gr.Row(visible=False, elem_classes="confirm") as self.row:
            gr.HTML(f'<p class="small" role="alert">{question}</p>')
            self.yes = gr.Button(yes, variant="stop", size="md", min_width=90)
            self.no = gr.Button(_("Keep"), size="md", min_width=90)
        self.button.click(_show, None, [self.button, self.row], **QUIET)
        for event in (self.no.click, self.yes.click):
            self.reset_on(event)

    def reset_on(self, event: Callable[..., Any]) -> None:
        """Show the button again after an event, such as the choice of something else.

        Args:
            event: Registers a handler.
        """
        event(_hide, None, [self.button, self.row], **QUIET)


def _show() -> tuple[gr.Button, gr.Row]:
    return gr.Button(visible=False), gr.Row(visible=True)


def _hide() -> tuple[gr.Button, gr.Row]:
    return gr.Button(visible=True), gr.Row(visible=False)
