"""Terms that explain themselves on hover, focus and tap, and the glossary that they come from.

The page holds one bubble for each term; `scripts/terms.js` shows it beside the term. A term names
its bubble as its description, so screen readers read it without the script.
"""

import re
import unicodedata
from collections.abc import Sequence
from html import escape

from lora_demo.language import _
from lora_demo.service.terms import TERMS, explain

MARKER = re.compile(r"\[([^\]|]+)(?:\|([^\]]+))?\]")
"""A term in a text: `[rank]`, or `[rank|ranks]` to show another form of it."""


def term_html(term: str, shown: str = "") -> str:
    """Render a term with its explanation.

    Args:
        term: One of `TERMS`.
        shown: The form of it to show; empty for the term itself.

    Raises:
        ValueError: If the glossary has no such term.
    """
    explain(term)
    return (
        f'<button type="button" class="term" aria-describedby="{bubble_id(term)}">'
        f"{escape(shown or _(term))}</button>"
    )


def prose_html(text: str) -> str:
    """Render a plain text in which brackets mark terms.

    Args:
        text: Such as "A [rank] of 4" or "All [rank|ranks]".

    Raises:
        ValueError: If the glossary does not have a marked term.
    """
    parts, end = [], 0
    for match in MARKER.finditer(text):
        parts += [escape(text[end : match.start()]), term_html(match[1], match[2] or "")]
        end = match.end()
    return "".join(parts) + escape(text[end:])


def marked_terms(text: str) -> list[str]:
    """List the terms that a text marks.

    Args:
        text: As `prose_html` takes it.
    """
    return [match[1] for match in MARKER.finditer(text)]


def terms_line(terms: Sequence[str]) -> str:
    """Render a line of terms, for widgets whose labels cannot hold them.

    Args:
        terms: Some of `TERMS`.
    """
    shown = " · ".join(term_html(term) for term in terms)
    return '<p class="small terms">' + _("Terms: {terms}", terms=shown) + "</p>"


def bubbles_html() -> str:
    """Render the explanation of every term, hidden until the script shows it."""
    return "".join(
        f'<div class="bubble" id="{bubble_id(term)}" role="tooltip" popover="manual">'
        f"<b>{escape(_(term))}</b> {escape(_(text))}</div>"
        for term, text in TERMS.items()
    )


def glossary_html() -> str:
    """Render the whole glossary as a list in alphabetical order."""
    texts = {_(term): _(text) for term, text in TERMS.items()}
    items = "".join(
        f"<div><dt>{escape(term)}</dt><dd>{escape(texts[term])}</dd></div>"
        for term in sorted(texts, key=_alphabetical)
    )
    return f'<dl class="glossary">{items}</dl>'


def _alphabetical(term: str) -> str:
    """Return the key that sorts letters with accents next to those without: bản before batch."""
    letters = unicodedata.normalize("NFD", term.lower().replace("đ", "d"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def bubble_id(term: str) -> str:
    """Return the id of a term's bubble.

    Args:
        term: One of `TERMS`.
    """
    return "term-" + re.sub(r"\W+", "-", term.lower())
