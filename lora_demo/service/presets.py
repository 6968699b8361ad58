"""The presets of the Train tab, and the settings that an adapter to start from fixes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lora_demo.model.config import T5Config
from lora_demo.service.adapter_entries import AdapterEntry
from lora_demo.training.config import OF_PARENT
from lora_demo.training.parent import parent_settings
from lora_demo.training.request import FIELDS, TrainRequest, format_targets

START = "mini-r8"
"""The shipped adapter that a quick run starts from."""
PRESETS = {
    "60 seconds": TrainRequest(
        targets="all-linear", parent=START, learning_rate=1.5e-3, batch_size=32
    ),
    "5 minutes": TrainRequest(rank=16, alpha=32.0, targets="all-linear", length=5.0),
    "thorough": TrainRequest(
        rank=16,
        alpha=32.0,
        targets="all-linear",
        learning_rate=1e-3,
        length=20.0,
        dropout=0.05,
        patience=4,
    ),
    "rank sweep": TrainRequest(
        rank="4, 8, 16", alpha=0.0, targets="all-linear", unit="steps", length=300.0
    ),
}
KEPT_FIELDS = ("base", "seed", "name", "probes")
PRESET_FIELDS = tuple(name for name in FIELDS if name not in KEPT_FIELDS)
"""Fields that a preset sets. Base, seed, name and probe sentences keep their values."""


def preset_values(
    preset: str, entries: Mapping[str, AdapterEntry], model: T5Config
) -> dict[str, Any]:
    """Return the values of a preset's fields.

    A preset that starts from an adapter begins with a new one where that adapter is not offered,
    for example with another base. A new adapter needs the higher default rate.

    Args:
        preset: Its name.
        entries: The adapters on offer, by id.
        model: Geometry of the base.

    Returns:
        A value for each of PRESET_FIELDS.
    """
    request = PRESETS[preset]
    if request.parent and request.parent not in entries:
        rate, batch_size = TrainRequest.learning_rate, TrainRequest.batch_size
        request = replace(request, parent="", learning_rate=rate, batch_size=batch_size)
    values = {name: getattr(request, name) for name in PRESET_FIELDS}
    values |= {"rank": str(request.rank), "replay": request.replay_share}
    if request.parent:
        values |= start_values(entries[request.parent], model)
    return values


def start_values(entry: AdapterEntry, model: T5Config) -> dict[str, Any]:
    """Return the fields that an adapter to start from fixes, as a form shows them.

    Args:
        entry: The adapter.
        model: Geometry of the base.

    Returns:
        A value for each of OF_PARENT.

    Raises:
        ValueError: If the adapter cannot be used.
    """
    settings = parent_settings(entry.folder, model)
    values = settings | {
        "rank": str(settings["rank"]),
        "targets": format_targets(settings["targets"]),
    }
    return {name: values[name] for name in OF_PARENT}
