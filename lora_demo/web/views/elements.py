"""Small parts of HTML that several views use."""

from html import escape

from lora_demo.language import _

SCROLL = '<div class="scroll" tabindex="0" role="region" aria-label="{}">'
"""Opens the frame of a table that may be wider than the page; the keyboard can scroll it."""


def blank_html(title: str, text: str) -> str:
    """Render a box that says what is not there yet.

    Args:
        title: Such as "No run yet.", in English.
        text: The next action, in English.
    """
    return f'<div class="blank"><b>{_(title)}</b><p>{_(text)}</p></div>'


def busy_html(message: str) -> str:
    """Render a line that says what is being done.

    Args:
        message: The action, as text.
    """
    return f'<p class="busy" role="status"><i></i>{escape(message)}</p>'


def copy_button(text: str, label: str, shown: str = "") -> str:
    """Render a button that copies a text; the page's script reads `data-copy`.

    Args:
        text: The text to copy.
        label: Action of the button, for screen readers.
        shown: Text on the button; empty for "Copy".
    """
    return (
        f'<button type="button" class="copy" data-copy="{escape(text)}" '
        f'aria-label="{escape(label)}">{escape(shown or _("Copy"))}</button>'
    )


def link_button(query: str) -> str:
    """Render a button that copies the page's address with a query.

    Args:
        query: The query with its question mark; empty if there is too much for a link.
    """
    if not query:
        return f"<em>{_('too long for a link')}</em>"
    shown = _("Copy link")
    return f'<button type="button" class="copy" data-link="{escape(query)}">{shown}</button>'


def file_button(text: str, name: str, shown: str) -> str:
    """Render a button that saves a text as a file.

    Args:
        text: The text.
        name: Name of the file.
        shown: Text on the button.
    """
    return (
        f'<button type="button" class="copy" data-file="{escape(name)}" '
        f'data-text="{escape(text)}">{escape(shown)}</button>'
    )


def progress_bar(label: str, percent: float, is_indefinite: bool = False) -> str:
    """Render a progress bar.

    Args:
        label: Name of the work, for screen readers.
        percent: Finished part, from 0 to 100.
        is_indefinite: True if work has begun, but its progress is not known yet.
    """
    return (
        f'<div class="progress {"indefinite" if is_indefinite else ""}" role="progressbar" '
        f'aria-label="{escape(label)}" aria-valuemin="0" aria-valuemax="100" '
        f'aria-valuenow="{percent:.0f}"><i style="width:{percent:.1f}%"></i></div>'
    )
