"""The Adapters tab: what there is, one in detail, and what can be done with it."""

import gradio as gr

from lora_demo.model.parameters import total_parameters
from lora_demo.service.archives import pack
from lora_demo.service.studio import Studio, shelved
from lora_demo.web.adapter_choices import adapter_choices
from lora_demo.web.errors import show_errors
from lora_demo.web.events import EACH, QUIET, in_turn, newest
from lora_demo.web.scripts import COPY, SELECT_CARD
from lora_demo.web.tabs.sharing_panel import build_pull, build_push
from lora_demo.web.views.gallery import cards_html, details_html
from lora_demo.web.views.units import size


def build(studio: Studio, visitor: gr.BrowserState, shelf: gr.State, tabs: gr.Tabs):
    """Lays the tab out; returns a function that refreshes it on an event."""
    cards = gr.HTML(cards_html(list(studio.adapters("").values()), None), js_on_load=SELECT_CARD)
    with gr.Row(elem_classes=["panes", "adapter-panes"]):
        with gr.Column(scale=3, min_width=320):
            details = gr.HTML("", js_on_load=COPY, elem_classes="output")
        with gr.Column(scale=2, min_width=300, elem_classes="form-pane"):
            chosen = gr.Dropdown(adapter_choices(studio, ""), label="Adapter", filterable=False)
            with gr.Row():
                use = gr.Button("Use in Compare", variant="primary", min_width=150)
                download = gr.DownloadButton("Download zip", interactive=False, min_width=130)
            with gr.Accordion("Rename or delete", open=False):
                name = gr.Textbox(label="Name", max_length=40)
                with gr.Row():
                    rename, delete = (
                        gr.Button("Rename", min_width=90),
                        gr.Button("Delete", min_width=90),
                    )
            with gr.Accordion("Reduce its rank", open=False):
                rank = gr.Radio(
                    [],
                    label="The nearest adapter of a lower rank",
                    info="by truncated SVD of BA; what it loses of the update's Frobenius norm",
                )
                reduce = gr.Button("Reduce", min_width=90)
            with gr.Accordion("Merge it into the base", open=False):
                gr.HTML(
                    f'<p class="small">W + sBA for every matrix: a checkpoint of {size(4 * total_parameters(studio.config))} that transformers loads without PEFT.</p>'
                )
                merge = gr.Button("Merge", min_width=90)
                merged = gr.File(label="The merged checkpoint", interactive=False, visible=False)
            build_push(studio, chosen, visitor)
            build_pull(studio, visitor, shelf)
            upload = gr.File(
                label="Upload a PEFT adapter: a zip, or its two files",
                file_count="multiple",
                file_types=[".zip", ".safetensors", ".json"],
                height=150,
            )
    view = [cards, details, download, name, rename, delete, rank, reduce, merged]
    show, shown = newest(show_errors(_show(studio))), [gr.State({}), chosen, visitor]
    chosen.change(show, shown, view, **EACH)
    cards.select(_pick, None, chosen, **EACH)
    use.click(_use, [chosen, shelf], [shelf, tabs], **QUIET)
    gr.on(
        [rename.click, name.submit],
        show_errors(_rename(studio)),
        [chosen, name, visitor, shelf],
        shelf,
        **QUIET,
    )
    delete.click(show_errors(_delete(studio)), [chosen, visitor, shelf], shelf, **QUIET)
    reduce.click(
        in_turn(studio.work_queue, show_errors(_reduce(studio))),
        [chosen, rank, visitor, shelf],
        shelf,
        **QUIET,
    )
    merge.click(
        in_turn(studio.merge_queue, show_errors(_merge(studio))),
        [chosen, visitor],
        merged,
        concurrency_limit=None,
        api_visibility="private",
    )
    upload.upload(
        in_turn(studio.work_queue, show_errors(_upload(studio))),
        [upload, visitor, shelf],
        [upload, shelf],
        **QUIET,
    ).failure(lambda: None, None, upload, **QUIET)
    return lambda event: event(
        show_errors(_refresh(studio)), [chosen, visitor, shelf], chosen, **EACH
    ).then(show, shown, view, **EACH)


def _pick(event: gr.EventData) -> str:
    """The adapter whose card was clicked."""
    return event.value


def _show(studio: Studio):
    def show(id: str | None, visitor: str) -> tuple:
        """Cards of all adapters, one of them in detail, and what can be done with it."""
        entries = studio.adapters(visitor)
        entry = entries.get(id)
        if entry is None:
            nothing = gr.Button(interactive=False)
            return (
                cards_html(list(entries.values()), None),
                "",
                gr.DownloadButton(interactive=False),
                "",
                nothing,
                nothing,
                gr.Radio([]),
                nothing,
                gr.File(visible=False),
            )
        own, lower = (
            gr.Button(interactive=entry.origin != "shipped"),
            [(f"{loss.rank}, loses {loss.share:.1%}", loss.rank) for loss in studio.losses(entry)],
        )
        return (
            cards_html(list(entries.values()), id),
            details_html(entry, studio.details(entry)),
            gr.DownloadButton(value=str(pack(entry.folder, entry.name)), interactive=True),
            entry.name,
            own,
            own,
            gr.Radio(lower, value=lower[0][1] if lower else None),
            gr.Button(interactive=bool(lower)),
            gr.File(visible=False),
        )

    return show


def _refresh(studio: Studio):
    def refresh(id: str | None, visitor: str, shelf: dict) -> gr.Dropdown:
        """The visitor's adapters as choices; a new one is shown at once."""
        offered = adapter_choices(studio, visitor)
        ids = [id for _, id in offered]
        value = next((x for x in (shelf["made"], id, *ids) if x in ids), None)
        return gr.Dropdown(choices=offered, **({"value": value} if value != id else {}))

    return refresh


def _use(id: str | None, shelf: dict) -> tuple[dict, gr.Tabs]:
    """Puts the adapter among those of Compare, and goes there."""
    return shelved(shelf, id or ""), gr.Tabs(selected="compare")


def _rename(studio: Studio):
    def rename(id: str | None, name: str, visitor: str, shelf: dict) -> dict:
        """Gives an own adapter another name."""
        studio.rename_adapter(id or "", name, visitor)
        return shelved(shelf)

    return rename


def _delete(studio: Studio):
    def delete(id: str | None, visitor: str, shelf: dict) -> dict:
        """Removes an own adapter."""
        studio.delete_adapter(id or "", visitor)
        return shelved(shelf)

    return delete


def _reduce(studio: Studio):
    def reduce(id: str | None, rank: int, visitor: str, shelf: dict) -> dict:
        """Makes an adapter of lower rank, which is shown at once."""
        made, loss = studio.reduce_adapter(id or "", rank, visitor)
        gr.Info(
            f"Rank {loss.rank}, {loss.share:.2%} of the update's Frobenius norm lost ({loss.lost:.4g} of {loss.whole:.4g}).",
            title="Reduced",
            duration=8,
        )
        return shelved(shelf, made)

    return reduce


def _merge(studio: Studio):
    def merge(id: str | None, visitor: str) -> gr.File:
        """The base with the adapter folded in, to download."""
        return gr.File(str(studio.merge_adapter(id or "", visitor)), visible=True)

    return merge


def _upload(studio: Studio):
    def upload(files: list[str], visitor: str, shelf: dict) -> tuple[None, dict]:
        """Checks an uploaded adapter and keeps it."""
        return None, shelved(shelf, studio.keep_adapter(files or [], visitor))

    return upload
