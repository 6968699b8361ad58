"""Tables of a report as HTML, and the links from their rows to sentences."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from lora_demo.language import _, ngettext

MAX_LINKS = 40
"""Sentences that one cell links to."""

Shown = Mapping[int, int]
"""The sentences that the page shows in full: row -> number in the set."""


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Make a table that scrolls if it is too wide.

    Args:
        header: The header cells as HTML.
        rows: For each row its cells as HTML, made by `cell`.

    Returns:
        The table as HTML.
    """
    head = "".join(f"<th>{content}</th>" for content in header)
    lines = "".join(f"<tr>{''.join(cells)}</tr>" for cells in rows)
    return f'<div class="scroll"><table><tr>{head}</tr>{lines}</table></div>'


def cell(content: str, tone: str | None = None, title: str = "") -> str:
    """Make a table cell.

    Args:
        content: HTML.
        tone: `better`, `worse` or empty; None: no class.
        title: Text that the browser shows on hover.

    Returns:
        The cell as HTML.
    """
    attributes = "" if tone is None else f' class="{tone}"'
    if title:
        attributes += f' title="{escape(title)}"'
    return f"<td{attributes}>{content}</td>"


def sentence_links(rows: Sequence[int], shown: Shown) -> str:
    """Link to the sentences that the page shows, and count the others.

    Args:
        rows: Rows of the scored sentences.
        shown: The sentences that the page shows.

    Returns:
        HTML; empty without sentences.
    """
    if not rows:
        return ""
    numbers = [shown[i] for i in rows if i in shown][:MAX_LINKS]
    links = " ".join(f'<a href="#s{number}">{number}</a>' for number in numbers)
    left = len(rows) - len(numbers)
    more = " " + _("and {count:,} more in sentences.csv", count=left) if left else ""
    title = ngettext("{count:,} sentence", "{count:,} sentences", len(rows))
    return (
        f"<details><summary>{title}</summary>"
        f'<span class="links">{links}</span><small>{more}</small></details>'
    )
