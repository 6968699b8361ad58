"""The Adapters tab's functions for `gradio_client` and MCP clients."""

from typing import Any

import gradio as gr

from lora_demo.service.adapter_entries import AdapterEntry
from lora_demo.service.adapter_library import AdapterLibrary
from lora_demo.service.bases import shown_base
from lora_demo.web.api.group import FunctionGroup


class AdaptersApi(FunctionGroup):
    """The function `adapters` and the functions whose names begin with `adapter_`."""

    def register(self, visibility: str = "public") -> None:
        """Register the functions with Gradio.

        Args:
            visibility: `api_visibility` of the function that takes files.
        """
        work_queue, merge_queue = self.services.work_queue, self.services.merge_queue
        self._add(self.adapters)
        self._add(self.adapter_inspect, work_queue)
        self._add(self.adapter_rename)
        self._add(self.adapter_reduce, work_queue)
        self._add(self.adapter_combine, work_queue)
        self._add(self.adapter_delete)
        with gr.Row(visible=False):
            visitor, base = gr.Textbox(label="visitor"), gr.Textbox("", label="base")
            adapter = gr.Textbox(label="adapter")
            files = gr.File(file_count="multiple", label="files")
            result, archive = gr.JSON(), gr.File()
            self._add_with_files(
                self.adapter_upload,
                work_queue,
                [files, visitor, base],
                result,
                api_visibility=visibility,
            )
            for function, queue in (
                (self.adapter_download, work_queue),
                (self.adapter_merge, merge_queue),
            ):
                self._add_with_files(function, queue, [adapter, visitor, base], archive)

    def adapters(self, visitor: str = "", base: str = "") -> list[dict[str, Any]]:
        """List the adapters that you can use: shipped ones and, with your key, your own.

        Args:
            visitor: Your secret key.
            base: Name of a base model of the page's menu. The page's own if left out.
        """
        return [_summary(entry) for entry in self._library(base).entries(visitor).values()]

    def adapter_inspect(self, adapter: str, visitor: str = "", base: str = "") -> dict[str, Any]:
        """Describe an adapter: facts, how far it moves each matrix, what lower ranks would lose.

        Args:
            adapter: The adapter's id.
            visitor: Your secret key, if it is your own adapter.
            base: Name of a base model of the page's menu. The page's own if left out.
        """
        library = self._library(base)
        entry = library.find(adapter, visitor)
        reductions = [
            {"rank": loss.rank, "frobenius_lost": loss.lost, "frobenius_whole": loss.whole}
            for loss in library.losses(entry)
        ]
        return library.details(entry) | {
            "adapter": entry.id,
            "name": entry.name,
            "base": shown_base(entry.base),
            "reductions": reductions,
        }

    def adapter_rename(
        self, adapter: str, name: str, visitor: str, base: str = ""
    ) -> dict[str, str]:
        """Give one of your adapters another name. Its id does not change.

        Args:
            adapter: The adapter's id.
            name: 1 to 40 letters, digits, spaces and .,()+-
            visitor: Your secret key.
            base: Name of a base model of the page's menu. The page's own if left out.
        """
        library = self._library(base)
        library.rename(adapter, name, visitor)
        return {"id": adapter, "name": library.find(adapter, visitor).name}

    def adapter_reduce(
        self, adapter: str, rank: int, visitor: str, base: str = ""
    ) -> dict[str, Any]:
        """Make an adapter of lower rank by truncated SVD and keep it. The original stays.

        Args:
            adapter: Id of the original.
            rank: The new rank, below that of the original.
            visitor: Your secret key.
            base: Name of a base model of the page's menu. The page's own if left out.
        """
        id, loss = self._library(base).reduce(adapter, rank, visitor)
        return {
            "id": id,
            "rank": loss.rank,
            "frobenius_lost": loss.lost,
            "frobenius_whole": loss.whole,
        }

    def adapter_combine(
        self,
        adapters: list[str],
        weights: list[float],
        visitor: str,
        name: str = "",
        rank: int = 0,
        base: str = "",
    ) -> dict[str, Any]:
        """Add adapters with weights and keep the sum. The adapters stay.

        Args:
            adapters: Ids of 2 to 6 adapters.
            weights: One number for each adapter, from -10 to 10 and not 0.
            visitor: Your secret key.
            name: Name of the sum; made of the adapters' names if empty.
            rank: Reduce the sum to this rank by truncated SVD. 0 keeps it exact.
            base: Name of a base model of the page's menu. The page's own if left out.
        """
        id, combined = self._library(base).combine(adapters, weights, visitor, name, rank or None)
        return {
            "id": id,
            "rank": combined.rank,
            "exact_rank": combined.exact_rank,
            "exact": combined.is_exact,
            "frobenius_lost": combined.loss.lost,
            "frobenius_whole": combined.loss.whole,
        }

    def adapter_delete(self, adapter: str, visitor: str, base: str = "") -> dict[str, str]:
        """Delete one of your adapters. An adapter of a run is deleted with its run.

        Args:
            adapter: The adapter's id.
            visitor: Your secret key.
            base: Name of a base model of the page's menu. The page's own if left out.
        """
        self._library(base).delete(adapter, visitor)
        return {"deleted": adapter}

    def adapter_upload(self, files: list[str], visitor: str, base: str = "") -> dict[str, str]:
        """Check a PEFT LoRA adapter, keep it under your key, and return its id.

        Args:
            files: A zip of an adapter folder, or its two files.
            visitor: Your secret key.
            base: Name of a base model of the page's menu. The page's own if left out.
        """
        return {"id": self._library(base).keep_upload(files or [], visitor)}

    def adapter_download(self, adapter: str, visitor: str, base: str = "") -> str:
        """Pack an adapter as a zip that PEFT loads once it is unpacked.

        Args:
            adapter: The adapter's id.
            visitor: Your secret key, or empty for a shipped adapter.
            base: Name of a base model of the page's menu. The page's own if left out.
        """
        library = self._library(base)
        return str(library.pack(library.find(adapter, visitor)))

    def adapter_merge(self, adapter: str, visitor: str, base: str = "") -> str:
        """Merge an adapter into the base and return a zip that transformers loads without PEFT.

        Args:
            adapter: The adapter's id.
            visitor: Your secret key, or empty for a shipped adapter.
            base: Name of a base model of the page's menu. The page's own if left out.
        """
        (served,) = self.services.bases.ready(base)
        return str(served.library.merge(adapter, visitor))

    def _library(self, base: str) -> AdapterLibrary:
        return self.services.bases.find(base).library


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
