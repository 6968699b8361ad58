"""The Adapters tab: what there is, one in detail, download, upload, delete."""

from pathlib import Path

import gradio as gr

from lora_demo.ui.archives import pack
from lora_demo.ui.collection import keep_upload
from lora_demo.ui.gallery import cards_html, details_html
from lora_demo.ui.studio import Studio, shelved
from lora_demo.ui.visitors import visitor_folder
from lora_demo.ui.wiring import COPY, QUIET, said

CHOOSE = """element.addEventListener('click', (event) => {
  const card = event.target.closest('[data-id]');
  if (card) trigger('select', {value: card.dataset.id});
});"""


def build(studio: Studio, visitor: gr.BrowserState, shelf: gr.State):
    """Lays the tab out; returns a function that refreshes it on an event."""
    cards = gr.HTML(cards_html(list(studio.adapters("").values()), None), js_on_load=CHOOSE)
    with gr.Row(elem_classes="panes"):
        with gr.Column(scale=3, min_width=320):
            details = gr.HTML("", js_on_load=COPY, elem_classes="output")
        with gr.Column(scale=2, min_width=300):
            chosen = gr.Dropdown(_choices(studio, ""), label="Adapter", filterable=False)
            with gr.Row():
                download = gr.DownloadButton("Download zip", variant="primary", interactive=False)
                delete = gr.Button("Delete", interactive=False, min_width=90)
            upload = gr.File(label="Upload a PEFT adapter: a zip, or its two files", file_count="multiple", file_types=[".zip", ".safetensors", ".json"], height=150)
    view = [cards, details, download, delete]
    show = said(_show(studio))
    chosen.change(show, [chosen, visitor], view, **QUIET)
    cards.select(_pick, None, chosen, **QUIET)
    delete.click(said(_delete(studio)), [chosen, visitor, shelf], shelf, **QUIET)
    upload.upload(said(_upload(studio)), [upload, visitor, shelf], [upload, shelf], **QUIET)
    return lambda event: event(said(_refresh(studio)), [chosen, visitor, shelf], chosen, **QUIET).then(show, [chosen, visitor], view, **QUIET)


def _choices(studio: Studio, visitor: str) -> list[tuple[str, str]]:
    return [(entry.label, entry.id) for entry in studio.adapters(visitor).values()]


def _pick(event: gr.EventData) -> str:
    """The adapter whose card was clicked."""
    return event.value


def _show(studio: Studio):
    def show(id: str | None, visitor: str) -> tuple:
        """Cards of all adapters, and one of them in detail."""
        entries = studio.adapters(visitor)
        entry = entries.get(id)
        if entry is None:
            return cards_html(list(entries.values()), None), "", gr.DownloadButton(interactive=False), gr.Button(interactive=False)
        return (
            cards_html(list(entries.values()), id),
            details_html(entry, studio.details(entry)),
            gr.DownloadButton(value=str(pack(entry.folder, entry.name)), interactive=True),
            gr.Button(interactive=entry.origin != "shipped"),
        )

    return show


def _refresh(studio: Studio):
    def refresh(id: str | None, visitor: str, shelf: dict) -> gr.Dropdown:
        """The visitor's adapters as choices; a new one is shown at once."""
        choices = _choices(studio, visitor)
        ids = [id for _, id in choices]
        return gr.Dropdown(choices=choices, value=next((x for x in (shelf["made"], id, *ids) if x in ids), None))

    return refresh


def _delete(studio: Studio):
    def delete(id: str | None, visitor: str, shelf: dict) -> dict:
        """Removes an own adapter."""
        studio.delete_adapter(id or "", visitor)
        return shelved(shelf)

    return delete


def _upload(studio: Studio):
    def upload(files: list[str], visitor: str, shelf: dict) -> tuple[None, dict]:
        """Checks an uploaded adapter and keeps it."""
        folder = visitor_folder(studio.root, visitor)
        return None, shelved(shelf, keep_upload([Path(file) for file in files or []], folder, studio.config))

    return upload
