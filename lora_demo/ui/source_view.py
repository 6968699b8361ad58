"""A look into a source of pairs before training on it, as HTML."""

from collections.abc import Sequence
from html import escape

from lora_demo.training.data import Pair, load_dataset

SHOWN = 3


def source_html(source: str) -> str:
    """The built-in corpus or one of its domains: how many pairs, and the first few."""
    data = load_dataset(source)
    return _html(f"{len(data.train):,} pairs to train on, {len(data.eval):,} held out to watch, {len(data.test):,} kept for the test.", data.train)


def preview_html(pairs: Sequence[Pair]) -> str:
    """An uploaded file: how many pairs, how long they are, doubles, and the first few."""
    distinct = len(set(pairs))
    words = sorted(len(de.split()) for de, _ in pairs)
    doubles = f" {len(pairs) - distinct:,} doubles are dropped." if distinct < len(pairs) else ""
    same = sum(de == en for de, en in pairs)
    untranslated = f" In {same:,}, both sides are the same text." if same else ""
    return _html(f"{distinct:,} pairs, {words[len(words) // 2]} German words at the median, {words[-1]} at most; one in ten is held out.{doubles}{untranslated}", pairs)


def _html(sentence: str, pairs: Sequence[Pair]) -> str:
    rows = "".join(f'<tr><td lang="de" title="{escape(de[:500])}">{escape(de[:160])}</td><td lang="en" title="{escape(en[:500])}">{escape(en[:160])}</td></tr>' for de, en in pairs[:SHOWN])
    return f'<p class="small">{escape(sentence)}</p><table class="pairs"><thead><tr><th scope="col">German</th><th scope="col">English</th></tr></thead><tbody>{rows}</tbody></table>'
