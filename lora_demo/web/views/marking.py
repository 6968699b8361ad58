"""Texts as escaped HTML in which the words that differ from another text are marked."""

from html import escape

from lora_demo.evaluation.word_differences import word_differences


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


def _gap(words: tuple[str, ...]) -> str:
    label = escape(f"left out: {' '.join(words)}")
    return f'<span class="gap" role="note" aria-label="{label}" title="{label}"></span>'
