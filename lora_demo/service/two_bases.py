"""A comparison by any base of the page's menu, and with a second base beside the first."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lora_demo.language import _
from lora_demo.service.bases import Bases, ServedBase
from lora_demo.service.comparison import Comparison


def compare_bases(
    bases: Bases,
    text: str,
    ids: Sequence[str],
    visitor: str,
    *,
    base: str = "",
    beside: str = "",
    **options: Any,
) -> Comparison:
    """Translate with a base and its adapters, and with a second base alone.

    Args:
        bases: The bases of the page.
        text: German, one sentence per line.
        ids: Ids of adapters of the first base.
        visitor: The visitor's key; empty for shipped adapters only.
        base: Name of the first base; empty for the page's own.
        beside: Name of the second base; empty for none.
        options: As `Comparisons.compare` takes them.

    Raises:
        ValueError: If a value is out of range, an adapter or a base is unknown, or a base does not
            fit into memory or is loading.
    """
    if not beside:
        (first,) = bases.ready(base)
        return first.comparisons.compare(text, ids, visitor, **options)
    first, second = bases.ready(base, beside)
    if first.name == second.name:
        raise ValueError(_("{base} is chosen twice. Choose two different bases.", base=first.name))
    search = {name: options[name] for name in ("beams", "max_tokens") if name in options}
    comparison = first.comparisons.compare(text, ids, visitor, **options)
    other = second.comparisons.compare(text, [], visitor, **search)
    return _put_beside(comparison, other, first, second)


def _put_beside(
    comparison: Comparison, other: Comparison, first: ServedBase, second: ServedBase
) -> Comparison:
    """Add the second base as the last column; both bases then have their names."""
    base, *adapted = comparison.systems
    columns = [
        replace(base, name=first.name),
        *adapted,
        replace(other.systems[0], name=second.name),
    ]
    return replace(
        comparison,
        systems=columns,
        seconds=comparison.seconds + other.seconds,
        in_pieces=sorted({*comparison.in_pieces, *other.in_pieces}),
        beside=second.name,
    )
