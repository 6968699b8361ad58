"""The presets of the Train tab."""

from lora_demo.training.request import FIELDS, TrainRequest

PRESETS = {
    "60 seconds": TrainRequest(targets="all-linear"),
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
PRESET_FIELDS = tuple(name for name in FIELDS if name not in ("seed", "name"))
"""Fields that a preset sets. Seed and name keep their values."""
