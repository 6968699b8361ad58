"""Results of the functions of the Train tab as JSON documents for clients."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from lora_demo.data.pairs import Pair
from lora_demo.data.preview import Preview
from lora_demo.service.training_settings import FormSettings

MAX_EXAMPLES = 10
COUNTS = {
    "train": "train",
    "eval": "eval",
    "test": "test",
    "doubles": "duplicates",
    "cut": "cut",
    "padding": "padding",
}
"""Keys of a preview's document, and the fields of `Preview` that they hold."""
EXAMPLES = ("first", "swapped", "untranslated")


def start_arguments(form: FormSettings) -> dict[str, Any]:
    """Return the arguments of `train_start`, without the visitor's key.

    Args:
        form: The settings.
    """
    ranks = form.request.ranks
    values = asdict(form.request) | {"data": form.data, "rank": ranks[0]}
    lists = {"ranks": ranks if len(ranks) > 1 else [], "probes": form.request.probes.splitlines()}
    return values | lists


def preview_document(preview: Preview) -> dict[str, Any]:
    """Describe a preview.

    Args:
        preview: The preview.
    """
    return {
        **{key: getattr(preview, field) for key, field in COUNTS.items()},
        "looked_at": preview.sample_size,
        **{name: examples(getattr(preview, name)[:MAX_EXAMPLES]) for name in EXAMPLES},
        "swapped_count": len(preview.swapped),
        "untranslated_count": len(preview.untranslated),
        "histogram": [
            {"from": low, "to": high, "pairs": count} for low, high, count in preview.histogram
        ],
    }


def examples(pairs: Sequence[Pair]) -> list[dict[str, str]]:
    """Return pairs as dictionaries.

    Args:
        pairs: German and English.
    """
    return [{"de": de, "en": en} for de, en in pairs]
