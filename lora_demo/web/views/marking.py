"""Word-level differences between two texts, as escaped HTML in which the differing words are marked."""

import re
from difflib import SequenceMatcher
from html import escape

WORD = re.compile(r"\w+(?:['’-]\w+)*|[^\w\s]")


def mark(text: str, reference: str) -> str:
    """`text` as HTML; words that `reference` has not there stand in <mark>, a gap where it has more."""
    spans, others = list(WORD.finditer(text)), WORD.findall(reference)
    matcher = SequenceMatcher(None, [span.group() for span in spans], others, autojunk=False)
    html, done = [], 0
    for kind, start, end, other_start, other_end in matcher.get_opcodes():
        if kind == "delete" or kind == "replace":
            first, last = spans[start].start(), spans[end - 1].end()
            html += [escape(text[done:first]), f"<mark>{escape(text[first:last])}</mark>"]
            done = last
        elif kind == "insert":
            before = spans[start - 1].end() if start else 0
            html += [escape(text[done:before]), _gap(others[other_start:other_end])]
            done = before
    return "".join(html) + escape(text[done:])


def _gap(words: list[str]) -> str:
    return f'<span class="gap" role="note" aria-label="left out: {escape(" ".join(words))}" title="left out: {escape(" ".join(words))}"></span>'


def changed_words(text: str, reference: str) -> int:
    """How many words of `text` differ from `reference`, or are left out of it where that is more."""
    matcher = SequenceMatcher(None, WORD.findall(text), WORD.findall(reference), autojunk=False)
    return sum(
        max(end - start, other_end - other_start)
        for kind, start, end, other_start, other_end in matcher.get_opcodes()
        if kind != "equal"
    )
