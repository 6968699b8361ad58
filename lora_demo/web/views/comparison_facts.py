"""Sentences about a comparison: its size, and what differs in a translation."""

from lora_demo.evaluation.word_differences import count_changed_words
from lora_demo.language import _, ngettext
from lora_demo.service.comparison import Comparison


def describe_difference(text: str, name: str, other: str) -> str:
    """Say how many words of a translation differ from another text.

    Args:
        text: The translation.
        name: Name of the other text.
        other: The other text.
    """
    if text == other:
        return _("same as {name}", name=name)
    count = count_changed_words(text, other)
    if count == 0:
        return _("only spacing differs from {name}", name=name)
    return ngettext(
        "{count:,} word differs from {name}", "{count:,} words differ from {name}", count, name=name
    )


def describe_size(comparison: Comparison) -> str:
    """Say how many sentences and systems were translated, and how many sentences in pieces.

    Args:
        comparison: The comparison.
    """
    size = {
        "sentences": ngettext("{count:,} sentence", "{count:,} sentences", len(comparison.texts)),
        "systems": ngettext("{count:,} system", "{count:,} systems", len(comparison.systems)),
    }
    if comparison.in_pieces:
        return ngettext(
            "{sentences} × {systems} in pieces ({count:,} too long text)",
            "{sentences} × {systems} in pieces ({count:,} too long texts)",
            len(comparison.in_pieces),
            **size,
        )
    return "{sentences} × {systems}".format(**size)
