"""The adapter library: find a visitor's adapters, add, rename, reduce, merge and delete them."""

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lora_demo.checkpoints.adapter_files import WEIGHTS
from lora_demo.checkpoints.adapters import read_adapter
from lora_demo.checkpoints.base import Base
from lora_demo.checkpoints.combining import Combined
from lora_demo.checkpoints.inspecting import inspect_adapter
from lora_demo.checkpoints.merging import merge_adapter
from lora_demo.checkpoints.reducing import Loss, decompose, loss_at
from lora_demo.hub.pull import Pulled
from lora_demo.language import _, current_language
from lora_demo.model.checks import check_whole
from lora_demo.model.config import T5Config
from lora_demo.model.parameters import MAX_RANK
from lora_demo.model.shapes import total_parameters
from lora_demo.service import adapter_storage
from lora_demo.service.adapter_entries import AdapterEntry, list_adapters
from lora_demo.service.archives import pack, pack_checkpoint
from lora_demo.service.model_loader import ModelLoader
from lora_demo.service.traces import TRACES
from lora_demo.service.uploads import received_files
from lora_demo.service.visitor_folders import VisitorFolders

MAX_CHOSEN = 6
"""Adapters that fit next to the base in one comparison or evaluation."""
MAX_MERGED_BYTES = 2 * 10**9
FLOAT_BYTES = 4


class AdapterLibrary:
    """The adapters of one base: shipped ones for everyone, and each visitor's own.

    Args:
        config: Geometry of the base, which every adapter must fit.
        visitors: Folders of the visitors.
        loader: Loads the base; its weights are needed to inspect and to merge.
    """

    def __init__(self, config: T5Config, visitors: VisitorFolders, loader: ModelLoader) -> None:
        self.config = config
        self.visitors = visitors
        self.loader = loader

    def entries(self, visitor: str) -> dict[str, AdapterEntry]:
        """List the adapters that a visitor can use, by id.

        Args:
            visitor: The visitor's key; empty for shipped adapters only.
        """
        folder = self.visitors.folder(visitor) if visitor else None
        return list_adapters(folder, self.config)

    def general_ids(self) -> list[str]:
        """List the ids of the shipped adapters that were not trained further for a domain."""
        return [id for id, entry in self.entries("").items() if entry.is_general][:MAX_CHOSEN]

    def find(self, id: str | None, visitor: str) -> AdapterEntry:
        """Find one adapter.

        Args:
            id: The adapter's id.
            visitor: The visitor's key; empty for shipped adapters only.

        Raises:
            ValueError: If the visitor has no adapter of that id.
        """
        (entry,) = self.choose([id or ""], visitor)
        return entry

    def choose(self, ids: Sequence[str], visitor: str) -> list[AdapterEntry]:
        """Find several adapters; an id that is given twice counts once.

        Args:
            ids: The adapters' ids.
            visitor: The visitor's key; empty for shipped adapters only.

        Raises:
            ValueError: If an id is unknown, or too many are given.
        """
        entries = self.entries(visitor)
        unknown = [repr(str(id)[:80]) for id in ids if id not in entries]
        if unknown:
            raise ValueError(
                _(
                    "Adapter {unknown} was not found. Available adapters: {available}.",
                    unknown=", ".join(unknown),
                    available=", ".join(entries) or "none",
                )
            )
        unique = dict.fromkeys(ids)
        if len(unique) > MAX_CHOSEN:
            raise ValueError(
                _(
                    "adapters: {count} adapters were chosen. Choose at most {max_chosen}.",
                    count=len(unique),
                    max_chosen=MAX_CHOSEN,
                )
            )
        return [entries[id] for id in unique]

    def keep_upload(self, files: Sequence[str], visitor: str) -> str:
        """Check an uploaded adapter and keep it for the visitor.

        Args:
            files: Paths of the uploaded files: one zip, or the loose files of an adapter.
            visitor: The visitor's key.

        Returns:
            The adapter's id.

        Raises:
            ValueError: If it is not an adapter for this base, or the visitor has too many adapters.
        """
        with received_files(*files) as paths:
            folder = self.visitors.writable_folder(visitor)
            TRACES.record(folder, *paths)
            return adapter_storage.keep_upload(paths, folder, self.config)

    def keep_pulled(
        self, hub_id: str, visitor: str, token: str | bool | None
    ) -> tuple[str, Pulled]:
        """Fetch an adapter from the Hub and keep it for the visitor.

        Args:
            hub_id: `user/name` or `user/name@revision`.
            visitor: The visitor's key.
            token: Token of the Hub; False for none, None for this machine's.

        Returns:
            The adapter's id on this page, and what was pulled.

        Raises:
            ValueError: If it is not an adapter for this base, or the visitor has too many adapters.
        """
        folder = self.visitors.writable_folder(visitor)
        return adapter_storage.keep_pulled(hub_id, folder, self.config, token)

    def rename(self, id: str | None, name: str, visitor: str) -> None:
        """Give one of the visitor's adapters another name.

        Args:
            id: The adapter's id, which stays.
            name: The new name.
            visitor: The visitor's key.

        Raises:
            ValueError: If the adapter is not the visitor's own, or the name is not allowed.
        """
        entry = self.find(id, visitor)
        adapter_storage.rename(entry, name, self.visitors.folder(visitor))

    def delete(self, id: str | None, visitor: str) -> None:
        """Delete one of the visitor's adapters; an adapter of a run is deleted with its run.

        Args:
            id: The adapter's id.
            visitor: The visitor's key.

        Raises:
            ValueError: If the adapter is not the visitor's own.
        """
        entry = self.find(id, visitor)
        adapter_storage.delete(entry, self.visitors.folder(visitor))

    def reduce(self, id: str | None, rank: int, visitor: str) -> tuple[str, Loss]:
        """Make an adapter of lower rank and keep it for the visitor; the original stays.

        Args:
            id: Id of the original.
            rank: The new rank.
            visitor: The visitor's key.

        Returns:
            The new adapter's id, and what the reduction lost.

        Raises:
            ValueError: If the adapter is unknown, or the rank is not lower than its own.
        """
        entry = self.find(id, visitor)
        rank = check_whole("rank", rank, 1, MAX_RANK)
        folder = self.visitors.writable_folder(visitor)
        return adapter_storage.keep_reduced(entry, rank, folder, self.config)

    def combine(
        self,
        ids: Sequence[str],
        weights: Sequence[float],
        visitor: str,
        name: str = "",
        rank: int | None = None,
    ) -> tuple[str, Combined]:
        """Add adapters with weights and keep the sum for the visitor; the parts stay.

        Args:
            ids: Ids of the adapters, each once.
            weights: One for each adapter; all 1 if empty.
            visitor: The visitor's key.
            name: Name of the sum; empty for one made of the adapters' names.
            rank: Reduce the sum to this rank. None: keep it exact.

        Returns:
            The new adapter's id, and what a reduction lost.

        Raises:
            ValueError: If the adapters cannot be combined, or a weight or the rank is out of range.
        """
        if len(set(ids)) < len(ids):
            raise ValueError(
                _("An adapter is given twice. Give it once, with the sum of its weights.")
            )
        entries = self.choose(ids, visitor)
        weights = list(weights) or [1.0] * len(entries)
        if len(weights) != len(entries):
            raise ValueError(
                _(
                    "The number of weights ({weights}) does not match the number of adapters "
                    "({adapters}). Give one weight for each adapter.",
                    weights=len(weights),
                    adapters=len(entries),
                )
            )
        if name.strip():
            adapter_storage.check_name(name)
        if rank is not None:
            rank = check_whole("rank", rank, 1, MAX_RANK)
        folder = self.visitors.writable_folder(visitor)
        parts = list(zip(entries, weights, strict=True))
        return adapter_storage.keep_combined(parts, name, rank, folder, self.config)

    def pack(self, entry: AdapterEntry) -> Path:
        """Pack an adapter as a zip that PEFT loads once it is unpacked.

        Args:
            entry: An adapter, as `find` returns it.
        """
        return pack(entry.folder, entry.name)

    def merge(self, id: str | None, visitor: str) -> Path:
        """Merge an adapter into the base and pack the checkpoint, which transformers loads.

        Args:
            id: The adapter's id.
            visitor: The visitor's key; empty for a shipped adapter.

        Returns:
            The path of the zip.

        Raises:
            ValueError: If the adapter is unknown, or the base is too large to download.
        """
        entry = self.find(id, visitor)
        if self.merged_bytes > MAX_MERGED_BYTES:
            raise ValueError(
                _(
                    "A merged {id} is larger than {max_merged_bytes} GB, which is too large for "
                    "this page. Download the adapter and run `python -m lora_demo merge`.",
                    id=self.loader.id,
                    max_merged_bytes=MAX_MERGED_BYTES // 10**9,
                )
            )
        base = self.loader.wait_for_base()
        adapter = read_adapter(entry.folder, self.config)
        packed = pack_checkpoint(
            lambda folder: merge_adapter(base, adapter, folder), f"{entry.name}-merged"
        )
        TRACES.record(entry.folder, packed)
        return packed

    @property
    def merged_bytes(self) -> int:
        """Size of a merged checkpoint, whose weights are float32."""
        return FLOAT_BYTES * total_parameters(self.config)

    def details(self, entry: AdapterEntry) -> dict[str, Any]:
        """Inspect an adapter, as `lora_demo inspect --json` does.

        Norms relative to the base are None until the base is loaded.

        Args:
            entry: An adapter, as `find` returns it.
        """
        base, language = self.loader.base, current_language()
        return _inspect(entry.folder, _modified_ns(entry), base, self.config, language)

    def losses(self, entry: AdapterEntry) -> list[Loss]:
        """Compute what an adapter would lose at a half of its rank, a quarter, and so on to 1.

        Args:
            entry: An adapter, as `find` returns it. One of DoRA has no lower ranks: the list is
                empty.
        """
        return _losses(entry.folder, _modified_ns(entry), self.config)


def _modified_ns(entry: AdapterEntry) -> int:
    """Return the time of the weights file, by which the caches below notice new weights."""
    return (entry.folder / WEIGHTS).stat().st_mtime_ns


@functools.lru_cache(maxsize=64)
def _inspect(
    folder: Path, modified_ns: int, base: Base | None, config: T5Config, language: str
) -> dict[str, Any]:
    """Inspect an adapter once for each language, since the document has sentences."""
    return inspect_adapter(folder, base, config)


@functools.lru_cache(maxsize=64)
def _losses(folder: Path, modified_ns: int, config: T5Config) -> list[Loss]:
    adapter = read_adapter(folder, config)
    if adapter.magnitudes:
        return []
    parts = decompose(adapter)
    halvings = range(1, adapter.r.bit_length())
    return [loss_at(parts, adapter.r >> halving) for halving in halvings]
