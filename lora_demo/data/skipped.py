"""Sentences about the rows of a source that are left out of training."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from lora_demo.data.readers.missing import WORDS
from lora_demo.language import ngettext

MAX_LINES = 5
"""Lines that a sentence names."""


@dataclass
class SkippedRows:
    """Rows with an empty side, and rows that are kept although a side may be a missing value.

    Args:
        empty: Line numbers of rows that are left out.
        words: Line numbers of rows with only a word such as `null` on a side.
    """

    empty: list[int] = field(default_factory=list)
    words: list[int] = field(default_factory=list)

    def note(self, number: int, texts: Sequence[str]) -> None:
        """Note a row if one of its texts is empty, or a word that can mean a missing value.

        Args:
            number: Number of its line.
            texts: Its cleaned texts.
        """
        if not all(texts):
            self.empty.append(number)
        else:
            self.note_words(number, texts)

    def note_words(self, number: int, texts: Sequence[str]) -> None:
        """Note a row that is kept if one of its texts is a word that can mean a missing value.

        Args:
            number: Number of its line.
            texts: Its texts.
        """
        if not WORDS.isdisjoint(texts):
            self.words.append(number)

    def sentences(self) -> list[str]:
        """Return a sentence for each kind of row."""
        sentences = []
        if self.empty:
            text = ngettext(
                "{count:,} row is left out, because a side is empty or holds a missing value such "
                "as NaN (line {lines}).",
                "{count:,} rows are left out, because a side is empty or holds a missing value "
                "such as NaN (lines {lines}).",
                len(self.empty),
                lines=_listed(self.empty),
            )
            sentences.append(text)
        if self.words:
            text = ngettext(
                "{count:,} row has only a word such as NULL, NA or None on a side, which is read "
                "as text (line {lines}). Empty the cell if its value is missing.",
                "{count:,} rows have only a word such as NULL, NA or None on a side, which is "
                "read as text (lines {lines}). Empty the cells if their values are missing.",
                len(self.words),
                lines=_listed(self.words),
            )
            sentences.append(text)
        return sentences


def _listed(numbers: Sequence[int]) -> str:
    listed = ", ".join(map(str, numbers[:MAX_LINES]))
    return f"{listed}, ..." if len(numbers) > MAX_LINES else listed
