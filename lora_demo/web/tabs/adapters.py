"""The Adapters tab: the visitor's adapters, the details of one, and actions on it."""

from collections.abc import Callable
from typing import Any

import gradio as gr

from lora_demo.checkpoints.reducing import Loss
from lora_demo.formatting import format_size
from lora_demo.language import _
from lora_demo.service.adapter_library import AdapterLibrary
from lora_demo.service.services import Services
from lora_demo.web.adapter_choices import adapter_choices
from lora_demo.web.errors import show_errors
from lora_demo.web.events import EACH, QUIET, in_turn, newest
from lora_demo.web.scripts import COPY, SELECT_CARD, localised
from lora_demo.web.shelf import Shelf, shelved
from lora_demo.web.tabs.combine_panel import CombinePanel
from lora_demo.web.tabs.confirmed_button import ConfirmedButton
from lora_demo.web.tabs.section import VisitorSection
from lora_demo.web.tabs.sharing_panel import PullPanel, PushPanel
from lora_demo.web.views.adapter_cards import cards_html, details_html
from lora_demo.web.views.terms import terms_line

INFO_SECONDS = 8
TERMS = ("rank", "singular value", "combine", "merge", "Frobenius norm")


class AdaptersTab(VisitorSection):
    """The tab's widgets and handlers.

    Args:
        services: The services of the page.
        visitor: The visitor's key.
        shelf: Changes when the visitor's list of adapters has changed.
        tabs: The page's tabs, to open Compare.
        base: The list of bases in Compare; the tab shows the adapters of the chosen one.
    """

    def __init__(
        self,
        services: Services,
        visitor: gr.BrowserState,
        shelf: gr.State,
        tabs: gr.Tabs,
        base: gr.Radio,
    ) -> None:
        self.bases = services.bases
        self.tabs = tabs
        self.base = base
        super().__init__(services, visitor, shelf)

    def layout(self) -> None:
        """Create the widgets."""
        entries = list(self.services.library.entries("").values())
        self.cards = gr.HTML(cards_html(entries, None), js_on_load=SELECT_CARD)
        with gr.Row(elem_classes=["panes", "adapter-panes"]):
            with gr.Column(scale=3, min_width=320):
                self.details = gr.HTML("", js_on_load=localised(COPY), elem_classes="output")
            with gr.Column(scale=2, min_width=300, elem_classes="form-pane"):
                self.chosen = gr.Dropdown(
                    adapter_choices(self.services, ""), label=_("Adapter"), filterable=False
                )
                with gr.Row(equal_height=True):
                    self.use = gr.Button(_("Use in Compare"), variant="primary", min_width=150)
                    self.download = gr.DownloadButton(
                        _("Download zip"), interactive=False, min_width=130
                    )
                gr.HTML(terms_line(TERMS))
                self._layout_name()
                self._layout_reduce()
                self.combine_panel = CombinePanel(
                    self.services, self.visitor, self.shelf, self.base
                )
                self._layout_merge()
                PushPanel(self.services, self.chosen, self.visitor, self.base)
                PullPanel(self.services, self.visitor, self.shelf, self.base)
                self.upload = gr.File(
                    label=_("Upload a PEFT adapter: a zip, or its two files"),
                    file_count="multiple",
                    file_types=[".zip", ".safetensors", ".json"],
                    height=150,
                )

    def _layout_name(self) -> None:
        with gr.Accordion(_("Rename or delete"), open=False):
            self.name = gr.Textbox(label=_("Name"), max_length=40)
            with gr.Row():
                self.rename = gr.Button(_("Rename"), min_width=90)
                question = _("Delete this adapter? This cannot be undone.")
                self.deletion = ConfirmedButton(_("Delete"), question, _("Delete for good"))
                self.delete = self.deletion.button

    def _layout_reduce(self) -> None:
        with gr.Accordion(_("Reduce its rank"), open=False):
            self.rank = gr.Radio(
                [],
                label=_("Closest adapter of a lower rank"),
                info=_(
                    "truncated SVD of BA; the list shows the loss in the update's Frobenius norm"
                ),
            )
            self.reduce = gr.Button(_("Reduce"), min_width=90)

    def _layout_merge(self) -> None:
        with gr.Accordion(_("Merge it into the base"), open=False):
            self.merge_note = gr.HTML(_merge_note(self.services.library))
            self.merge = gr.Button(_("Merge"), min_width=90)
            self.merged = gr.File(
                label=_("The merged checkpoint"), interactive=False, visible=False
            )

    def connect(self) -> None:
        """Connect events to handlers."""
        services = self.services
        self._show = newest(show_errors(self.show))
        self._show_inputs = [gr.State({}), self.base, self.chosen, self.visitor]
        self._show_outputs = [
            self.cards,
            self.details,
            self.download,
            self.name,
            self.rename,
            self.delete,
            self.rank,
            self.reduce,
            self.merged,
        ]
        self.chosen.change(self._show, self._show_inputs, self._show_outputs, **EACH)
        self.deletion.reset_on(self.chosen.change)
        self.cards.select(_clicked_card, None, self.chosen, **EACH)
        self.use.click(_use, [self.chosen, self.shelf], [self.shelf, self.tabs], **QUIET)
        gr.on(
            [self.rename.click, self.name.submit],
            show_errors(self.rename_adapter),
            [self.base, self.chosen, self.name, self.visitor, self.shelf],
            self.shelf,
            **QUIET,
        )
        self.deletion.yes.click(
            show_errors(self.delete_adapter),
            [self.base, self.chosen, self.visitor, self.shelf],
            self.shelf,
            **QUIET,
        )
        self.reduce.click(
            in_turn(services.work_queue, show_errors(self.reduce_adapter)),
            [self.base, self.chosen, self.rank, self.visitor, self.shelf],
            self.shelf,
            **QUIET,
        )
        self.merge.click(
            in_turn(services.merge_queue, show_errors(self.merge_adapter)),
            [self.base, self.chosen, self.visitor],
            self.merged,
            concurrency_limit=None,
            api_visibility="private",
        )
        uploaded = self.upload.upload(
            in_turn(services.work_queue, show_errors(self.keep_upload)),
            [self.base, self.upload, self.visitor, self.shelf],
            [self.upload, self.shelf],
            **QUIET,
        )
        uploaded.failure(_clear_upload, None, self.upload, **QUIET)

    def refresh_on(self, event: Callable[..., Any]) -> None:
        """Refresh the list of adapters and the details on an event.

        Args:
            event: Registers a handler.
        """
        inputs = [self.base, self.chosen, self.visitor, self.shelf]
        refreshed = event(show_errors(self.refresh), inputs, [self.chosen, self.merge_note], **EACH)
        refreshed.then(self._show, self._show_inputs, self._show_outputs, **EACH)
        self.combine_panel.refresh_on(event)

    def show(self, base: str, id: str | None, visitor: str) -> tuple[Any, ...]:
        """Show the cards of all adapters, and the details and actions of one.

        Args:
            base: Name of the chosen base.
            id: Id of the chosen adapter; None for none.
            visitor: The visitor's key.
        """
        library = self.bases.find(base).library
        entries = library.entries(visitor)
        cards = cards_html(list(entries.values()), id)
        entry = entries.get(id or "")
        if entry is None:
            return cards, *_nothing_chosen()
        may_change = gr.Button(interactive=entry.is_own)
        losses = library.losses(entry)
        return (
            cards,
            details_html(entry, library.details(entry)),
            gr.DownloadButton(value=str(library.pack(entry)), interactive=True),
            entry.name,
            may_change,
            may_change,
            _rank_choices(losses),
            gr.Button(interactive=bool(losses)),
            gr.File(visible=False),
        )

    def refresh(
        self, base: str, id: str | None, visitor: str, shelf: Shelf
    ) -> tuple[gr.Dropdown, str]:
        """Offer the visitor's adapters, and choose a new one.

        Args:
            base: Name of the chosen base.
            id: Id of the adapter that was chosen before; None for none.
            visitor: The visitor's key.
            shelf: Names the adapter that was just made.
        """
        served = self.bases.find(base)
        note = _merge_note(served.library)
        offered = adapter_choices(served, visitor)
        ids = [offered_id for _name, offered_id in offered]
        preferred = (shelf["made"], id, *ids)
        value = next((wanted for wanted in preferred if wanted in ids), None)
        if value == id:
            return gr.Dropdown(choices=offered), note
        return gr.Dropdown(choices=offered, value=value), note

    def rename_adapter(
        self, base: str, id: str | None, name: str, visitor: str, shelf: Shelf
    ) -> Shelf:
        """Give one of the visitor's adapters another name.

        Args:
            base: Name of the chosen base.
            id: Id of the adapter, which stays.
            name: The new name, at most 40 characters.
            visitor: The visitor's key.
            shelf: The shelf before the change.
        """
        self.bases.find(base).library.rename(id, name, visitor)
        return shelved(shelf)

    def delete_adapter(self, base: str, id: str | None, visitor: str, shelf: Shelf) -> Shelf:
        """Delete one of the visitor's adapters.

        Args:
            base: Name of the chosen base.
            id: Id of the adapter.
            visitor: The visitor's key.
            shelf: The shelf before the change.
        """
        self.bases.find(base).library.delete(id, visitor)
        return shelved(shelf)

    def reduce_adapter(
        self, base: str, id: str | None, rank: int, visitor: str, shelf: Shelf
    ) -> Shelf:
        """Make an adapter of lower rank, which is then chosen.

        Args:
            base: Name of the chosen base.
            id: Id of the original, which stays.
            rank: The new rank, lower than that of the original.
            visitor: The visitor's key.
            shelf: The shelf before the change.
        """
        made, loss = self.bases.find(base).library.reduce(id, rank, visitor)
        gr.Info(
            _(
                "Rank {rank} loses {share:.2%} of the update's Frobenius norm ({lost:.4g} "
                "of {whole:.4g}).",
                rank=loss.rank,
                share=loss.share,
                lost=loss.lost,
                whole=loss.whole,
            ),
            title=_("Reduced"),
            duration=INFO_SECONDS,
        )
        return shelved(shelf, made)

    def merge_adapter(self, base: str, id: str | None, visitor: str) -> gr.File:
        """Merge the adapter into the base and offer the checkpoint.

        Args:
            base: Name of the chosen base.
            id: Id of the adapter.
            visitor: The visitor's key.
        """
        (served,) = self.bases.ready(base)
        return gr.File(str(served.library.merge(id, visitor)), visible=True)

    def keep_upload(
        self, base: str, files: list[str], visitor: str, shelf: Shelf
    ) -> tuple[None, Shelf]:
        """Check an uploaded adapter and keep it.

        Args:
            base: Name of the chosen base.
            files: Paths of the uploaded files: one zip, or the loose files of an adapter.
            visitor: The visitor's key.
            shelf: The shelf before the change.
        """
        made = self.bases.find(base).library.keep_upload(files or [], visitor)
        return None, shelved(shelf, made)


def _merge_note(library: AdapterLibrary) -> str:
    """Say what a merge makes, and its size."""
    text = _(
        "Computes W + sBA for every matrix. The result is a checkpoint of {size} "
        "that transformers loads without PEFT.",
        size=format_size(library.merged_bytes),
    )
    return f'<p class="small">{text}</p>'


def _nothing_chosen() -> tuple[Any, ...]:
    """Values of the widgets of an adapter while none is chosen."""
    disabled = gr.Button(interactive=False)
    return (
        "",
        gr.DownloadButton(interactive=False),
        "",
        disabled,
        disabled,
        gr.Radio([]),
        disabled,
        gr.File(visible=False),
    )


def _rank_choices(losses: list[Loss]) -> gr.Radio:
    offered = [
        (_("{rank}, loses {share:.1%}", rank=loss.rank, share=loss.share), loss.rank)
        for loss in losses
    ]
    return gr.Radio(offered, value=losses[0].rank if losses else None)


def _clicked_card(event: gr.EventData) -> str:
    return event.value


def _use(id: str | None, shelf: Shelf) -> tuple[Shelf, gr.Tabs]:
    """Choose the adapter in Compare, and open that tab."""
    return shelved(shelf, id or ""), gr.Tabs(selected="compare")


def _clear_upload() -> None:
    return None
