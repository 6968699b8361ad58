"""Where pairs come from, as the Train and the Evaluate tab ask for it: a built-in corpus, a file, or the Hub."""

from typing import NamedTuple

import gradio as gr

from lora_demo.service.studio import Studio
from lora_demo.web.errors import show_errors
from lora_demo.web.events import EACH, LATEST, QUIET, newest


class Source(NamedTuple):
    """The widgets of a choice.

    Attributes:
        inputs: the kind, the id of the file that was sent, and the data set on the Hub: what `resolve_source` takes.
        sent: starts an event after a file was kept, taken away or refused.
    """

    kind: gr.Radio
    hub: gr.Textbox
    inputs: list
    sent: list


def build(
    studio: Studio,
    visitor: gr.BrowserState,
    label: str,
    kinds: list[tuple[str, str]],
    value: str,
    *,
    least: int,
    example: str,
    info: str,
) -> Source:
    """Lays a choice out.

    Args:
        kinds: names and sources that are built in, beside a file and the Hub.
        value: the source to begin with.
        least: pairs that a file must have.
        example, info: a data set on the Hub, and how one is named.
    """
    kind = gr.Radio([*kinds, ("a file", "upload"), ("the Hub", "hub")], value=value, label=label)
    file = gr.File(
        label="German and English, .tsv .csv .jsonl",
        file_types=[".tsv", ".csv", ".jsonl"],
        visible=False,
        height=140,
    )
    hub = gr.Textbox(label="Hub data set", placeholder=example, info=info, visible=False)
    upload, asked = gr.State(""), gr.State({})
    kind.change(
        lambda kind: (gr.File(visible=kind == "upload"), gr.Textbox(visible=kind == "hub")),
        kind,
        [file, hub],
        **LATEST,
    )
    kept = file.upload(
        newest(show_errors(_keep(studio, least)), studio.work_queue),
        [asked, file, visitor],
        upload,
        **EACH,
    )
    gone = file.clear(newest(_forget), asked, upload, **EACH)
    refused = kept.failure(lambda: (None, ""), None, [file, upload], **QUIET)
    return Source(kind, hub, [kind, upload, hub], [kept.success, gone.then, refused.then])


def _keep(studio: Studio, least: int):
    def keep(file: str, visitor: str) -> str:
        """Checks an uploaded file and keeps it."""
        return studio.uploads.keep(file, visitor, least)[0]

    return keep


def _forget() -> str:
    return ""
