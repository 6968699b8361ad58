"""Known translations of sentences: those that a visitor pastes, else those of the examples."""

from collections.abc import Sequence

from lora_demo.data.cleaning import split_lines
from lora_demo.language import _, ngettext
from lora_demo.service.comparison import MAX_CHARACTERS
from lora_demo.service.examples import EXAMPLES


def find_references(sentences: Sequence[str], pasted: str) -> list[str | None]:
    """Find a reference translation of each sentence.

    Args:
        sentences: The German sentences.
        pasted: References of a visitor, one line for each sentence; may be empty.

    Returns:
        One reference for each sentence; None where none is known.

    Raises:
        ValueError: If the numbers of lines and sentences differ, or the text is too long.
    """
    known = dict(EXAMPLES)
    references: Sequence[str | None] = split_references(pasted, len(sentences))
    return list(references) or [known.get(sentence) for sentence in sentences]


def split_references(text: str, count: int) -> list[str]:
    """Split a pasted reference translation into lines, one for each sentence.

    Args:
        text: The reference; may be empty.
        count: Number of sentences.

    Returns:
        `count` lines; none if the text is empty.

    Raises:
        ValueError: If the numbers of lines and sentences differ, or the text is too long.
    """
    lines = split_lines(text)
    if len(text or "") > MAX_CHARACTERS:
        raise ValueError(
            _(
                "The reference has {count:,} characters. The limit is {max_characters:,}. "
                "Shorten it.",
                count=len(text),
                max_characters=MAX_CHARACTERS,
            )
        )
    if lines and len(lines) != count:
        raise ValueError(
            _(
                "The reference has {lines} for {sentences}. Give one line for each sentence.",
                lines=ngettext("{count} line", "{count} lines", len(lines)),
                sentences=ngettext("{count} sentence", "{count} sentences", count),
            )
        )
    return lines
