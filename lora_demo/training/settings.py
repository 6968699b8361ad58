"""The config of a run, made from given settings.

The command line, the page, its functions for clients, `lora_demo.train` and sweeps all build their
configs here.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from lora_demo.checkpoints.base import find_config
from lora_demo.checkpoints.embedded import EMBEDDED
from lora_demo.model.checks import is_number
from lora_demo.model.config import T5Config
from lora_demo.training.config import TrainConfig, with_tuples


def make_config(settings: Mapping[str, Any], model: T5Config | None = None) -> TrainConfig:
    """Build the config of a run.

    Args:
        settings: Some fields of `TrainConfig`. Targets may be a text or a list, and probes a
            list. Alpha is twice the rank by default. With a parent, rank, alpha, targets and
            use_rslora are the parent's.
        model: Geometry of the base, if it is known.

    Returns:
        The validated config.

    Raises:
        ValueError: Naming every setting that is out of range or contradicts the parent.
    """
    values = dict(settings)
    if isinstance(values.get("targets"), (str, list)):
        values["targets"] = _split_targets(values["targets"])
    values = with_tuples(values)
    if isinstance(values.get("parent"), str):
        values = _with_parent(values, model)
    rank = values.get("rank", TrainConfig.rank)
    if is_number(rank):
        values.setdefault("alpha", 2.0 * rank)
    return TrainConfig(**values)


def _split_targets(targets: str | Iterable[str]) -> tuple[str, ...]:
    """Split targets at the commas; `resolve_targets` replaces sets by their members later."""
    names: Iterable[Any] = targets.split(",") if isinstance(targets, str) else targets
    stripped = (name.strip() if isinstance(name, str) else name for name in names)
    return tuple(name for name in stripped if name != "")


def _with_parent(values: dict[str, Any], model: T5Config | None) -> dict[str, Any]:
    """Fill in the settings that are the parent's."""
    from lora_demo.training.parent import complete_settings

    base, revision = values.get("base", EMBEDDED), values.get("revision")
    if not isinstance(base, str) or not isinstance(revision, str | None):
        return values  # `TrainConfig` refuses them
    return complete_settings(values, model or find_config(base, revision))
