"""Assignment of adapters to the slots of a model's banks."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lora_demo.checkpoints.adapters import Adapter
from lora_demo.checkpoints.tensors import Array
from lora_demo.language import _

if TYPE_CHECKING:
    from lora_demo.model.dense import LoraDense
    from lora_demo.model.t5 import T5

MAX_ADAPTERS = 7
"""Adapters that fit besides the base, which is slot 0."""
MIN_RANK = 16
"""Rank of the first banks, so that smaller adapters need no new ones."""


class AdapterSlots:
    """Load adapters into the slots of a model's banks.

    Banks are made for the matrices and the largest rank seen so far. An adapter that fits them is
    written without compiling anything. One that does not fit makes larger banks.

    Args:
        model: The model; its banks belong to this object.
    """

    def __init__(self, model: "T5") -> None:
        self.model = model
        self.rank = 0
        self.has_dora = False
        self.paths: frozenset[str] = frozenset()
        self.loaded: list[Adapter | None] = [None] * (1 + MAX_ADAPTERS)

    def load(self, adapters: Sequence[Adapter]) -> tuple[bool, list[int]]:
        """Load adapters into slots.

        Args:
            adapters: At most `MAX_ADAPTERS`; one that is already loaded keeps its slot.

        Returns:
            True if new banks were made, so that programs must be compiled again, and the slot of
            each adapter.
        """
        rebuilt = self._grow(adapters)
        in_use = [self._slot_of(adapter) for adapter in adapters]
        slots: list[int] = []
        for adapter, slot in zip(adapters, in_use, strict=True):
            # The same adapter may be given twice.
            slot = slot or self._slot_of(adapter)
            if slot is None:
                slot = self._free_slot([*in_use, *slots])
                self._write(slot, adapter)
            slots.append(slot)
        return rebuilt, slots

    def _slot_of(self, adapter: Adapter) -> int | None:
        for slot, loaded in enumerate(self.loaded):
            if loaded is adapter:
                return slot
        return None

    def _free_slot(self, in_use: Sequence[int | None]) -> int:
        """Return an empty slot, or the first one that is not in use."""
        candidates = [slot for slot in range(1, len(self.loaded)) if slot not in in_use]
        for slot in candidates:
            if self.loaded[slot] is None:
                return slot
        return candidates[0]

    def _grow(self, adapters: Sequence[Adapter]) -> bool:
        """Make larger banks if an adapter does not fit the present ones."""
        ranks = [A.shape[1] for adapter in adapters for A, *_rest in adapter.matrices.values()]
        paths = self.paths.union(*(adapter.matrices for adapter in adapters))
        has_dora = self.has_dora or any(adapter.magnitudes for adapter in adapters)
        is_same = paths == self.paths and has_dora == self.has_dora
        if max(ranks, default=0) <= self.rank and is_same:
            return False
        self.has_dora = has_dora
        self.rank = max(self.rank, MIN_RANK, *map(_next_power_of_two, ranks))
        self.paths = paths
        self.loaded = [None] * len(self.loaded)
        for path, layer in self.model.lora_layers().items():
            if path in paths:
                layer.allocate(len(self.loaded), self.rank, with_gains=has_dora)
        return True

    def _write(self, slot: int, adapter: Adapter) -> None:
        layers = self.model.lora_layers()
        for path in self.paths:
            bank = layers[path].bank
            if bank is None:
                raise RuntimeError(f"{path} has no bank.")
            if path in adapter.matrices:
                A, B, scale = adapter.matrices[path]
                bank.write(slot, A, scale * B, _gain(adapter, path, layers[path]))
            else:
                bank.clear(slot)
        self.loaded[slot] = adapter


def check_strengths(adapters: Sequence[Adapter], strengths: Sequence[float]) -> None:
    """Refuse strengths that adapters of DoRA do not have.

    Args:
        adapters: The adapters.
        strengths: Factor of each adapter's update.

    Raises:
        ValueError: For an adapter of DoRA with another strength than 0 or 1.
    """
    for adapter, strength in zip(adapters, strengths, strict=True):
        if adapter.magnitudes and strength not in (0, 1):
            raise ValueError(
                _(
                    "strength = {strength:g} for {name}: a DoRA adapter has only the strengths 0 "
                    "(the base) and 1 (as trained). Choose one of them.",
                    strength=strength,
                    name=adapter.name,
                )
            )


def _gain(adapter: Adapter, path: str, layer: "LoraDense") -> Array | None:
    """Return the gain of each output for an adapter of DoRA, else None."""
    if path not in adapter.magnitudes:
        return None
    from lora_demo.model.dora import output_gains

    A, B, scale = adapter.matrices[path]
    return output_gains(layer.matrix(), A, B, scale, adapter.magnitudes[path])


def _next_power_of_two(rank: int) -> int:
    return 1 << (rank - 1).bit_length()
