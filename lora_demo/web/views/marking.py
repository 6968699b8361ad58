"""Texts as escaped HTML in which the words that differ from another text are marked.

Every mark has a shape besides its colour. Words that a text lacks are drawn by the style sheet, so
that a selection of the text does not contain them.
"""

from html import escape

from lora_demo.evaluation.word_differences import word_differences
from lora_demo.language import _


def mark(text: str, reference: str) -> str:
    """Mark the words of a text that differ from a reference.

    Args:
        text: The text to show.
        reference: The text to compare it with.

    Returns:
        HTML with differing words in `<mark>`, and a gap where the text lacks words.
    """
    html = []
    done = 0
    for difference in word_differences(text, reference):
        if difference.spans:
            start, end = difference.spans[0][0], difference.spans[-1][1]
            html += [escape(text[done:start]), f"<mark>{escape(text[start:end])}</mark>"]
            done = end
        else:
            html += [escape(text[done : difference.position]), _gap(difference.missing)]
            done = difference.position
    return "".join(html) + escape(text[done:])


def mark_right_and_wrong(text: str, reference: str) -> str:
    """Mark the words of a translation that its reference has, and those that it does not have.

    Args:
        text: The translation.
        reference: The reference translation.

    Returns:
        HTML with right words in `<span class="right">`, wrong ones in `<mark class="wrong">`, and
        missing ones as `<span class="missing">`.
    """
    html = []
    done = 0
    for difference in word_differences(text, reference):
        start = end = difference.position
        if difference.spans:
            start, end = difference.spans[0][0], difference.spans[-1][1]
        html += [_right(text[done:start]), _wrong(text[start:end]), _missing(difference.missing)]
        done = end
    return "".join(html) + _right(text[done:])


def legend_html() -> str:
    """Explain the marks of `mark_right_and_wrong`."""
    return f"{_right(_('right'))} {_wrong(_('wrong'))} {_missing((_('missing'),))}"


def _right(words: str) -> str:
    return f'<span class="right">{escape(words)}</span>' if words.strip() else escape(words)


def _wrong(words: str) -> str:
    return f'<mark class="wrong">{escape(words)}</mark>' if words else ""


def _missing(words: tuple[str, ...]) -> str:
    if not words:
        return ""
    shown = escape(" ".join(words))
    label = _("missing: {words}", words=shown)
    return f'<span class="missing" role="note" data-words="{shown}" aria-label="{label}"></span>'


def _gap(words: tuple[str, ...]) -> str:
    label = escape(_("left out: {words}", words=" ".join(words)))
    return f'<span class="gap" role="note" aria-label="{label}" title="{label}"></span>'
