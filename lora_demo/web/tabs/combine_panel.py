"""The panel of the Adapters tab that adds adapters with weights."""

from collections.abc import Callable
from typing import Any

import gradio as gr

from lora_demo.language import _, format_number
from lora_demo.service.adapter_library import MAX_CHOSEN
from lora_demo.service.services import Services
from lora_demo.web.adapter_choices import adapter_choices
from lora_demo.web.errors import show_errors
from lora_demo.web.events import EACH, QUIET, in_turn
from lora_demo.web.shelf import Shelf, shelved
from lora_demo.web.tabs.section import VisitorSection

INFO_SECONDS = 8
MAX_WEIGHTS_LENGTH = 200


class CombinePanel(VisitorSection):
    """Makes one adapter from the weighted sum of several.

    Args:
        services: The services of the page.
        visitor: The visitor's key.
        shelf: Changes when the visitor's list of adapters has changed.
        base: The list of bases; the adapters of the chosen one are combined.
    """

    def __init__(
        self, services: Services, visitor: gr.BrowserState, shelf: gr.State, base: gr.Radio
    ) -> None:
        self.base = base
        super().__init__(services, visitor, shelf)

    def layout(self) -> None:
        """Create the widgets."""
        with gr.Accordion(_("Combine it with others"), open=False):
            self.parts = gr.Dropdown(
                adapter_choices(self.services, ""),
                value=[],
                multiselect=True,
                label=_("Adapters to combine"),
                info=_(
                    "2 to {max_chosen}; their updates are added, each times its weight",
                    max_chosen=MAX_CHOSEN,
                ),
            )
            self.weights = gr.Textbox(
                label=_("Weights"),
                placeholder=example_weights(),
                info=_("one for each adapter, in the same order; empty: 1 for each"),
                max_length=MAX_WEIGHTS_LENGTH,
            )
            with gr.Row():
                self.name = gr.Textbox(label=_("Name of the sum"), max_length=40, min_width=140)
                self.rank = gr.Number(
                    0, precision=0, label=_("Reduce to rank"), info=_("0: exact"), min_width=100
                )
            self.combine_button = gr.Button(_("Combine"), min_width=90)

    def connect(self) -> None:
        """Connect events to handlers."""
        self.combine_button.click(
            in_turn(self.services.work_queue, show_errors(self.combine)),
            [self.base, self.parts, self.weights, self.name, self.rank, self.visitor, self.shelf],
            self.shelf,
            **QUIET,
        )

    def refresh_on(self, event: Callable[..., Any]) -> None:
        """Refresh the list of adapters on an event.

        Args:
            event: Registers a handler.
        """
        inputs = [self.base, self.parts, self.visitor]
        event(show_errors(self.refresh), inputs, self.parts, **EACH)

    def refresh(self, base: str, chosen: list[str], visitor: str) -> gr.Dropdown:
        """Offer the visitor's adapters; what is chosen stays while it exists.

        Args:
            base: Name of the chosen base.
            chosen: Ids of the adapters that are chosen.
            visitor: The visitor's key.
        """
        offered = adapter_choices(self.services.bases.find(base), visitor)
        kept = [id for id in chosen if id in {id for _name, id in offered}]
        return gr.Dropdown(choices=offered, value=kept)

    def combine(
        self,
        base: str,
        ids: list[str],
        weights: str,
        name: str,
        rank: float,
        visitor: str,
        shelf: Shelf,
    ) -> Shelf:
        """Combine the adapters; the result is then chosen.

        Args:
            base: Name of the chosen base.
            ids: Ids of 2 to `MAX_CHOSEN` adapters.
            weights: One for each adapter, as `parse_weights` takes them; empty for 1 each.
            name: Name of the sum; empty for one made of the adapters' names.
            rank: Reduce the sum to this rank; 0 keeps it exact.
            visitor: The visitor's key.
            shelf: The shelf before the change.
        """
        made, combined = self.services.bases.find(base).library.combine(
            ids, parse_weights(weights), visitor, name, int(rank or 0) or None
        )
        loss = combined.loss
        message = _("Rank {rank}, the exact sum.", rank=combined.rank)
        if not combined.is_exact:
            message = _(
                "Rank {rank} of {exact_rank} loses {share:.2%} of the sum's Frobenius norm "
                "({lost:.4g} of {whole:.4g}).",
                rank=combined.rank,
                exact_rank=combined.exact_rank,
                share=loss.share,
                lost=loss.lost,
                whole=loss.whole,
            )
        gr.Info(message, title=_("Combined"), duration=INFO_SECONDS)
        return shelved(shelf, made)


def example_weights() -> str:
    """Return weights as a visitor may type them, with the comma of the language."""
    return "; ".join(format_number(weight) for weight in (0.7, 0.3))


def parse_weights(text: str) -> list[float]:
    """Parse the weights that a visitor types, with spaces or semicolons between them.

    Args:
        text: Such as "0.7 0.3" or "0,7; 0,3"; an empty text has no weights.

    Raises:
        ValueError: If one is not a number.
    """
    words = text.replace(";", " ").replace(", ", " ").split()
    try:
        return [float(word.replace(",", ".")) for word in words]
    except ValueError:
        raise ValueError(
            _(
                "weights = {weights!r} (must be numbers separated by spaces, such as 0.7 0.3).",
                weights=text[:60],
            )
        ) from None
