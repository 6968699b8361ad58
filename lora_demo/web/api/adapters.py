"""The Adapters tab's functions for `gradio_client` and MCP clients."""

from typing import Any

import gradio as gr

from lora_demo.service.adapter_entries import AdapterEntry
from lora_demo.service.services import Services
from lora_demo.web.events import in_turn
from lora_demo.web.validation import for_clients
from lora_demo.web.views.gallery import base_name


class AdaptersApi:
    """Registers `adapters` and the functions whose names begin with `adapter_`.

    Args:
        services: What the app can do.
    """

    def __init__(self, services: Services) -> None:
        self.services = services
        self.library = services.library

    def register(self, visibility: str = "public") -> None:
        """Register every function under its name.

        Args:
            visibility: Of the functions that take files.
        """
        work_queue = self.services.work_queue
        for function in (
            for_clients(self.adapters),
            in_turn(work_queue, for_clients(self.adapter_inspect)),
            for_clients(self.adapter_rename),
            in_turn(work_queue, for_clients(self.adapter_reduce)),
            for_clients(self.adapter_delete),
        ):
            gr.api(function, api_name=function.__name__, concurrency_limit=None)
        self._register_files(visibility)

    def _register_files(self, visibility: str) -> None:
        """Register the functions that take or return files.

        They have hidden widgets, so that Gradio reads only files that were uploaded. MCP clients
        would give URLs, which Gradio would fetch, hence the `visibility`.
        """
        work_queue, merge_queue = self.services.work_queue, self.services.merge_queue
        with gr.Row(visible=False):
            visitor = gr.Textbox(label="visitor")
            adapter = gr.Textbox(label="adapter")
            files = gr.File(file_count="multiple", label="files")
            result, archive = gr.JSON(), gr.File()
            gr.Button().click(
                in_turn(work_queue, for_clients(self.adapter_upload)),
                [files, visitor],
                result,
                api_name="adapter_upload",
                concurrency_limit=None,
                api_visibility=visibility,
            )
            gr.Button().click(
                in_turn(work_queue, for_clients(self.adapter_download)),
                [adapter, visitor],
                archive,
                api_name="adapter_download",
                concurrency_limit=None,
            )
            gr.Button().click(
                in_turn(merge_queue, for_clients(self.adapter_merge)),
                [adapter, visitor],
                archive,
                api_name="adapter_merge",
                concurrency_limit=None,
            )

    def adapters(self, visitor: str = "") -> list[dict[str, Any]]:
        """List the adapters that you can use: shipped ones and, with your key, your own.

        Args:
            visitor: Your secret key.
        """
        return [_summary(entry) for entry in self.library.entries(visitor).values()]

    def adapter_inspect(self, adapter: str, visitor: str = "") -> dict[str, Any]:
        """Describe an adapter: facts, how far it moves each matrix, what lower ranks would lose.

        Args:
            adapter: The adapter's id.
            visitor: Your secret key, if it is your own adapter.
        """
        entry = self.library.find(adapter, visitor)
        reductions = [
            {"rank": loss.rank, "frobenius_lost": loss.lost, "frobenius_whole": loss.whole}
            for loss in self.library.losses(entry)
        ]
        return self.library.details(entry) | {
            "adapter": entry.id,
            "name": entry.name,
            "base": base_name(entry.base),
            "reductions": reductions,
        }

    def adapter_rename(self, adapter: str, name: str, visitor: str) -> dict[str, str]:
        """Give one of your adapters another name. Its id does not change.

        Args:
            adapter: The adapter's id.
            name: 1 to 40 letters, digits, spaces and .,()+-
            visitor: Your secret key.
        """
        self.library.rename(adapter, name, visitor)
        return {"id": adapter, "name": self.library.find(adapter, visitor).name}

    def adapter_reduce(self, adapter: str, rank: int, visitor: str) -> dict[str, Any]:
        """Make an adapter of lower rank by truncated SVD and keep it. The original stays.

        Args:
            adapter: Id of the original.
            rank: The new rank, below that of the original.
            visitor: Your secret key.
        """
        id, loss = self.library.reduce(adapter, rank, visitor)
        return {
            "id": id,
            "rank": loss.rank,
            "frobenius_lost": loss.lost,
            "frobenius_whole": loss.whole,
        }

    def adapter_delete(self, adapter: str, visitor: str) -> dict[str, str]:
        """Delete one of your adapters. An adapter of a run is deleted with its run.

        Args:
            adapter: The adapter's id.
            visitor: Your secret key.
        """
        self.library.delete(adapter, visitor)
        return {"deleted": adapter}

    def adapter_upload(self, files: list[str], visitor: str) -> dict[str, str]:
        """Check a PEFT LoRA adapter, keep it under your key, and return its id.

        Args:
            files: A zip of an adapter folder, or its two files.
            visitor: Your secret key.
        """
        return {"id": self.library.keep_upload(files or [], visitor)}

    def adapter_download(self, adapter: str, visitor: str) -> str:
        """Pack an adapter as a zip that PEFT loads once it is unpacked.

        Args:
            adapter: The adapter's id.
            visitor: Your secret key, or empty for a shipped adapter.
        """
        return str(self.library.pack(self.library.find(adapter, visitor)))

    def adapter_merge(self, adapter: str, visitor: str) -> str:
        """Merge an adapter into the base and return a zip that transformers loads without PEFT.

        Args:
            adapter: The adapter's id.
            visitor: Your secret key, or empty for a shipped adapter.
        """
        return str(self.library.merge(adapter, visitor))


def _summary(entry: AdapterEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "name": entry.name,
        "origin": entry.origin,
        "rank": entry.rank,
        "alpha": entry.alpha,
        "targets": list(entry.targets),
        "base": entry.base,
        "bytes": entry.bytes,
        "data": entry.data,
        "scores": entry.manifest.get("scores"),
    }
