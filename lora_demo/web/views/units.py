"""Counts and bytes for a reader, and the frame around a wide table."""

SCROLL = '<div class="scroll" tabindex="0" role="region" aria-label="{}">'
"""Around a table that may be wider than the page: the keyboard can scroll it."""


def size(count: int) -> str:
    """Bytes for a reader: 1.8 MB."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return (
                f"{count:.0f} {unit}"
                if unit == "B"
                else f"{count:.3g} {unit}"
                if count < 1000
                else f"{count:,.0f} {unit}"
            )
        count /= 1000


def short(number: float) -> str:
    """A count for a label: 442 k, 1.77 M."""
    for limit, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if number >= limit:
            return f"{number / limit:.3g}{unit}"
    return f"{number:g}"
