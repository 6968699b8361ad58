"""Small parts of HTML that several views use."""

from html import escape

SCROLL = '<div class="scroll" tabindex="0" role="region" aria-label="{}">'
"""Opens the frame of a table that may be wider than the page; the keyboard can scroll it."""


def copy_button(text: str, label: str, shown: str = "Copy") -> str:
    """Render a button that copies a text; the page's script reads `data-copy`.

    Args:
        text: The text to copy.
        label: What the button does, for screen readers.
        shown: Text on the button.
    """
    return (
        f'<button type="button" class="copy" data-copy="{escape(text)}" '
        f'aria-label="{escape(label)}">{escape(shown)}</button>'
    )


def progress_bar(label: str, percent: float, is_indefinite: bool = False) -> str:
    """Render a progress bar.

    Args:
        label: What progresses, for screen readers.
        percent: How much is done, from 0 to 100.
        is_indefinite: True if work has begun, but its progress is not known yet.
    """
    return (
        f'<div class="progress {"indefinite" if is_indefinite else ""}" role="progressbar" '
        f'aria-label="{escape(label)}" aria-valuemin="0" aria-valuemax="100" '
        f'aria-valuenow="{percent:.0f}"><i style="width:{percent:.1f}%"></i></div>'
    )
