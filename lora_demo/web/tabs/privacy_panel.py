"""The panel below the tabs: what the page keeps of a visitor, and a button that deletes it."""

from html import escape

import gradio as gr

from lora_demo.language import _
from lora_demo.web.errors import show_errors
from lora_demo.web.events import QUIET
from lora_demo.web.shelf import Shelf, shelved
from lora_demo.web.tabs.section import VisitorSection


class PrivacyPanel(VisitorSection):
    """Shows what the page keeps of a visitor; its button deletes everything after a question.

    Attributes:
        deleted: The event of a deletion.
    """

    def layout(self) -> None:
        """Create the widgets."""
        notice = escape(self.services.visitor_data.notice)
        with gr.Accordion(_("Your data on this page"), open=False, elem_classes="privacy"):
            gr.HTML(f'<p class="small">{notice}</p>')
            self.delete = gr.Button(_("Delete everything of mine"), size="md")
            with gr.Column(visible=False) as self.question:
                gr.HTML(
                    '<p class="small">'
                    + _(
                        "This deletes all your runs, adapters, evaluations and uploads, and ends "
                        "active ones. It cannot be undone."
                    )
                    + "</p>"
                )
                with gr.Row():
                    self.confirm = gr.Button(_("Yes, delete everything"), variant="stop")
                    self.cancel = gr.Button(_("Keep my data"))

    def connect(self) -> None:
        """Connect the events of the widgets to their handlers."""
        buttons = [self.delete, self.question]
        self.delete.click(_ask, None, buttons, **QUIET)
        self.cancel.click(_close, None, buttons, **QUIET)
        self.deleted = self.confirm.click(
            show_errors(self.delete_all), [self.visitor, self.shelf], self.shelf, **QUIET
        )
        self.deleted.then(_close, None, buttons, **QUIET)

    def delete_all(self, visitor: str, shelf: Shelf) -> Shelf:
        """Delete everything of the visitor and refresh the other tabs.

        Args:
            visitor: The visitor's key.
            shelf: The shelf before the change.
        """
        deleted = self.services.visitor_data.delete_all(visitor)
        gr.Info(
            _(
                "Deleted: runs ({runs}), evaluations ({evaluations}), and all your adapters and "
                "uploads.",
                runs=deleted["runs"],
                evaluations=deleted["evaluations"],
            ),
            title=_("Deleted"),
        )
        return shelved(shelf)


def _ask() -> tuple[gr.Button, gr.Column]:
    return gr.Button(visible=False), gr.Column(visible=True)


def _close() -> tuple[gr.Button, gr.Column]:
    return gr.Button(visible=True), gr.Column(visible=False)
