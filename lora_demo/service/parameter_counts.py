"""Exact parameter counts of adapters, from a base's geometry alone."""

from collections.abc import Sequence

from lora_demo.checkpoints.base import EMBEDDED, find_config
from lora_demo.model.config import FLAN_T5, T5Config
from lora_demo.model.parameters import AdapterCount, count_adapter, total_parameters, training_bytes

MOST_RANKS = 8


def parse_ranks(text: str | Sequence[int]) -> list[int]:
    """Ranks written as "4, 8 16" or given as numbers, in rising order, each once.

    Raises:
        ValueError: for anything that is no whole number, and for more than a table holds.
    """
    words = text.replace(",", " ").split() if isinstance(text, str) else list(text)
    try:
        ranks = sorted({int(str(word)) for word in words})
    except ValueError:
        raise ValueError(
            f"ranks: {str(text)[:60]!r} is no list of whole numbers such as 4, 8, 16."
        ) from None
    if not 1 <= len(ranks) <= MOST_RANKS:
        raise ValueError(f"ranks: give 1 to {MOST_RANKS} of them, such as 4, 8, 16.")
    return ranks


def count_all(
    base: str | T5Config, targets: str, ranks: Sequence[int]
) -> tuple[T5Config, list[AdapterCount]]:
    """A base's geometry and its adapters' counts, one for each rank."""
    config = find_config(base) if isinstance(base, str) else base
    return config, [count_adapter(config, rank, targets) for rank in ranks]


def as_json(base: str, config: T5Config, counts: Sequence[AdapterCount]) -> dict:
    """The document that `lora_demo params --json` prints."""
    rows = [
        {
            "rank": c.rank,
            "targets": list(c.targets),
            "trainable": c.trainable,
            "percent": c.percent,
            "adapter_bytes": c.adapter_bytes,
        }
        for c in counts
    ]
    return {"base": base, "total": total_parameters(config), "rows": rows}


def with_memory(document: dict, config: T5Config, counts: Sequence[AdapterCount]) -> dict:
    """The document with what the page's table says besides: memory, in bytes, of each rank, and the full fine-tune."""
    memory = lambda trainable: {
        "optimizer_bytes": 12 * trainable,
        "training_bytes": training_bytes(config, trainable),
    }
    rows, total = (
        [row | memory(count.trainable) for row, count in zip(document["rows"], counts)],
        document["total"],
    )
    return document | {
        "rows": rows,
        "full": {"trainable": total, "percent": 100.0, "file_bytes": 4 * total} | memory(total),
    }


def known_bases(own: str) -> list[str]:
    """Bases to offer: the app's own, the embedded one, every FLAN-T5."""
    return list(dict.fromkeys([own, EMBEDDED, *FLAN_T5]))
