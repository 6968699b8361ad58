"""Translations side by side as HTML: a row for each sentence, a card for each column."""

from collections.abc import Sequence
from html import escape

from lora_demo.ui.marking import changed_words, mark

EMPTY = '<div class="blank"><b>Nothing translated yet.</b><p>Type German above or pick an example. The base model and each adapter answer side by side.</p></div>'
MOST_SENTENCES = 50
MOST_CHARACTERS = 5000


def sentences(text: str) -> list[str]:
    """The lines of the visitor's text.

    Raises:
        ValueError: for nothing, or too much of it.
    """
    lines = [line.strip() for line in (text or "").splitlines() if line.strip()]
    if not lines:
        raise ValueError("Type a German sentence first.")
    if len(lines) > MOST_SENTENCES or len(text) > MOST_CHARACTERS:
        raise ValueError(f"That is {len(lines)} lines with {len(text):,} characters; at most {MOST_SENTENCES} lines and {MOST_CHARACTERS:,} characters fit at once.")
    return lines


def results_html(texts: Sequence[str], columns: Sequence, labels: Sequence[str], beams: int) -> str:
    """All columns' translations; what differs from the first column is marked.

    Args:
        columns: of `Translator.compare`; labels: what to call each.
    """
    rows = "".join(_sentence(i, text, columns, labels) for i, text in enumerate(texts))
    return f'<div class="results" style="--columns:{len(columns)}">{_summary(columns, labels, beams, len(texts))}{rows}</div>'


def _summary(columns: Sequence, labels: Sequence[str], beams: int, count: int) -> str:
    how = "greedy" if beams == 1 else f"{beams} beams"
    what = f"{count} sentence{'s' * (count > 1)} × {len(columns)} in one batch"
    copies = "".join(_copy("\n".join(c.texts), f"Copy all of {label}", f"Copy {label}") for c, label in zip(columns, labels)) if count > 1 else ""
    return f'<p class="small summary"><span>{what} · {how} · {columns[0].seconds:.2f} s</span>{copies}</p>'


def _sentence(i: int, text: str, columns: Sequence, labels: Sequence[str]) -> str:
    cells = "".join(_cell(column, label, i, columns[0].texts[i]) for column, label in zip(columns, labels))
    return f'<section class="sentence"><p class="source" lang="de">{escape(text)}</p><div class="cells">{cells}</div></section>'


def _cell(column, label: str, i: int, base: str) -> str:
    text, is_base = column.texts[i], column.adapter is None
    changed = 0 if is_base else changed_words(text, base)
    note = "" if is_base else "same as base" if text == base else f"{changed} word{'s' * (changed != 1)} changed" if changed else "spacing only"
    shown = escape(text) if is_base else mark(text, base)
    rank = f'<span class="rank">r = {column.rank}</span>' if column.rank else '<span class="rank plain">no adapter</span>'
    return (
        f'<article class="cell {"base" if is_base else ""}" aria-label="{escape(label)}"><header><b>{escape(label)}</b>{rank}</header>'
        f'<p lang="en" class="text">{shown or "<i>(nothing)</i>"}</p>'
        f"<footer><span>{column.tokens[i]} tokens{' · ' + note if note else ''}</span>{_copy(text, f'Copy the translation of {label}', 'Copy')}</footer></article>"
    )


def _copy(text: str, spoken: str, shown: str) -> str:
    return f'<button type="button" class="copy" data-copy="{escape(text)}" aria-label="{escape(spoken)}">{escape(shown)}</button>'
