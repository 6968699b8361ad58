"""The settings of a run by their names in the form, and their values, in the reader's language."""

from typing import Any

from lora_demo.language import N_, _, format_number

NAMES = {
    "base": N_("Base"),
    "data": N_("Data"),
    "rank": N_("Rank"),
    "alpha": N_("Alpha"),
    "dropout": N_("Dropout"),
    "targets": N_("Matrices"),
    "use_rslora": "rsLoRA",
    "use_dora": "DoRA",
    "init": N_("Initialisation"),
    "layers": N_("Blocks"),
    "part": N_("Part"),
    "learning_rate": N_("Learning rate"),
    "warmup": N_("Warm-up"),
    "decay": N_("Decay"),
    "batch_size": N_("Batch size"),
    "accumulation": N_("Accumulation"),
    "clip": N_("Clipping"),
    "weight_decay": N_("Weight decay"),
    "label_smoothing": N_("Label smoothing"),
    "sampled_share": N_("Sampled pieces"),
    "steps": N_("Steps"),
    "epochs": N_("Epochs"),
    "minutes": N_("Minutes"),
    "eval_every": N_("Steps between evaluations"),
    "patience": N_("Patience"),
    "keep": N_("Kept step"),
    "seed": N_("Seed"),
    "precision": N_("Precision"),
    "max_length": N_("Maximum length"),
    "columns": N_("Columns"),
    "max_pairs": N_("Maximum pairs"),
    "watch": N_("Second set to watch"),
    "parent": N_("Start from"),
    "replay": N_("Replay"),
    "replay_data": N_("Replayed pairs"),
    "replay_targets": N_("Replayed English"),
    "attribution": N_("Attribution"),
    "probes": N_("Your probe sentences"),
}
"""The names of the fields of `TrainConfig`."""
CHOICES = ("part", "decay", "keep", "replay_targets")
"""Settings whose values the form shows translated."""
UNKNOWN = "–"


def setting_name(name: str) -> str:
    """Return the name of a setting for a reader.

    Args:
        name: A field of `TrainConfig`.
    """
    return _(NAMES[name])


def setting_value(name: str, value: Any) -> str:
    """Write the value of a setting for a reader.

    Args:
        name: A field of `TrainConfig`.
        value: Its value, without a path of this machine.
    """
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, float):
        return format_number(value, "g")
    return _(value) if name in CHOICES else str(value)
