"""What the Adapters tab can do, as functions for `gradio_client` and MCP clients."""

import gradio as gr

from lora_demo.service.adapter_library import choose
from lora_demo.service.archives import pack
from lora_demo.service.studio import Studio
from lora_demo.web.events import in_turn
from lora_demo.web.validation import for_clients
from lora_demo.web.views.gallery import base_name


def build(studio: Studio, acting: str = "public"):
    """Registers every function under its name; those that take files with the visibility `acting`."""
    gr.api(for_clients(_adapters(studio)), api_name="adapters", concurrency_limit=None)
    gr.api(
        in_turn(studio.work_queue, for_clients(_adapter_inspect(studio))),
        api_name="adapter_inspect",
        concurrency_limit=None,
    )
    gr.api(for_clients(_adapter_rename(studio)), api_name="adapter_rename", concurrency_limit=None)
    gr.api(
        in_turn(studio.work_queue, for_clients(_adapter_reduce(studio))),
        api_name="adapter_reduce",
        concurrency_limit=None,
    )
    gr.api(for_clients(_adapter_delete(studio)), api_name="adapter_delete", concurrency_limit=None)
    _files(studio, acting)


def _files(studio: Studio, acting: str):
    """The functions that take or give files: hidden widgets see to it that only uploaded files are read.

    MCP clients would give addresses of files, which Gradio fetches; so those that take files have the visibility `acting`.
    """
    with gr.Row(visible=False):
        visitor, name, result = gr.Textbox(label="visitor"), gr.Textbox(label="adapter"), gr.JSON()
        files, archive = gr.File(file_count="multiple", label="files"), gr.File()
        gr.Button().click(
            in_turn(studio.work_queue, for_clients(_adapter_upload(studio))),
            [files, visitor],
            result,
            api_name="adapter_upload",
            concurrency_limit=None,
            api_visibility=acting,
        )
        gr.Button().click(
            in_turn(studio.work_queue, for_clients(_adapter_download(studio))),
            [name, visitor],
            archive,
            api_name="adapter_download",
            concurrency_limit=None,
        )
        gr.Button().click(
            in_turn(studio.merge_queue, for_clients(_adapter_merge(studio))),
            [name, visitor],
            archive,
            api_name="adapter_merge",
            concurrency_limit=None,
        )


def _adapters(studio: Studio):
    def adapters(visitor: str = "") -> list[dict]:
        """Lists the adapters that can be used: shipped ones, and your own if you give your key.

        Args:
            visitor: your secret key.
        """
        return [
            {
                "id": e.id,
                "name": e.name,
                "origin": e.origin,
                "rank": e.rank,
                "alpha": e.alpha,
                "targets": list(e.targets),
                "base": e.base,
                "bytes": e.bytes,
                "data": e.data,
                "scores": e.manifest.get("scores"),
            }
            for e in studio.adapters(visitor).values()
        ]

    return adapters


def _adapter_inspect(studio: Studio):
    def adapter_inspect(adapter: str, visitor: str = "") -> dict:
        """Tells what an adapter is, how far it moves each matrix (||sBA|| / ||W||), and what lower ranks would lose of it.

        Args:
            adapter: its id; visitor: your secret key, if it is your own.
        """
        (entry,) = choose(studio.adapters(visitor), [adapter])
        lower = [
            {"rank": loss.rank, "frobenius_lost": loss.lost, "frobenius_whole": loss.whole}
            for loss in studio.losses(entry)
        ]
        return studio.details(entry) | {
            "adapter": entry.id,
            "name": entry.name,
            "base": base_name(entry.base),
            "reductions": lower,
        }

    return adapter_inspect


def _adapter_rename(studio: Studio):
    def adapter_rename(adapter: str, name: str, visitor: str) -> dict:
        """Gives an adapter of your own another name; its id stays.

        Args:
            adapter: its id; name: 1 to 40 letters, digits, spaces and .,()+-; visitor: your secret key.
        """
        studio.rename_adapter(adapter, name, visitor)
        return {"id": adapter, "name": studio.adapters(visitor)[adapter].name}

    return adapter_rename


def _adapter_reduce(studio: Studio):
    def adapter_reduce(adapter: str, rank: int, visitor: str) -> dict:
        """Makes an adapter of lower rank by truncated SVD and keeps it under your key; the original stays.

        Args:
            adapter: id of the original; rank: the new one; visitor: your secret key.
        """
        id, loss = studio.reduce_adapter(adapter, rank, visitor)
        return {
            "id": id,
            "rank": loss.rank,
            "frobenius_lost": loss.lost,
            "frobenius_whole": loss.whole,
        }

    return adapter_reduce


def _adapter_delete(studio: Studio):
    def adapter_delete(adapter: str, visitor: str) -> dict:
        """Deletes an adapter of your own; one that a run made goes with its run.

        Args:
            adapter: its id; visitor: your secret key.
        """
        studio.delete_adapter(adapter, visitor)
        return {"deleted": adapter}

    return adapter_delete


def _adapter_upload(studio: Studio):
    def adapter_upload(files: list[str], visitor: str) -> dict:
        """Checks a PEFT LoRA adapter (a zip, or its two files) and keeps it under your key; returns its id."""
        return {"id": studio.keep_adapter(files or [], visitor)}

    return adapter_upload


def _adapter_download(studio: Studio):
    def adapter_download(adapter: str, visitor: str) -> str:
        """Packs an adapter as a zip that PEFT loads once it is unpacked."""
        (entry,) = choose(studio.adapters(visitor), [adapter])
        return str(pack(entry.folder, entry.name))

    return adapter_download


def _adapter_merge(studio: Studio):
    def adapter_merge(adapter: str, visitor: str) -> str:
        """Folds an adapter into the base; gives a zip of a full checkpoint that transformers loads without PEFT."""
        return str(studio.merge_adapter(adapter, visitor))

    return adapter_merge
