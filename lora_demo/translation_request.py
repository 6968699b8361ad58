"""The checked arguments of a translation: texts as rows of ids, adapters and search settings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lora_demo.adapter_slots import MAX_ADAPTERS
from lora_demo.data.cleaning import clean
from lora_demo.data.encoding import PREFIX
from lora_demo.data.pieces import Piece, join_pieces, split_text
from lora_demo.language import _
from lora_demo.model.checks import is_number, is_whole
from lora_demo.model.programs import LENGTHS

if TYPE_CHECKING:
    from lora_demo.model.decoding import EarlyStopping

MAX_BEAMS = 16
MAX_STRENGTH = 10
MAX_LENGTH_PENALTY = 100
MAX_TOKENS = LENGTHS[-1]
Encode = Callable[[Sequence[str]], list[list[int]]]
MIN_TOGETHER = 2
MAX_RANK_STEPS = 16
DEFAULT_TOKENS = 128
"""Default limit of a translation; a source of more than 64 tokens gets twice its own number."""


@dataclass(frozen=True)
class Sources:
    """Texts as the rows of a batch: one row for a text, or one for each piece of a long text."""

    pieces: list[list[Piece]]
    rows: list[list[int]]

    @property
    def in_pieces(self) -> list[int]:
        """The positions of the texts with several pieces."""
        return [i for i, pieces in enumerate(self.pieces) if len(pieces) > 1]

    def join(self, texts: Sequence[str]) -> list[str]:
        """Join the translations of the rows to one for each text.

        Args:
            texts: The translation of each row, in the order of `rows`.
        """
        rows = iter(texts)
        return [join_pieces(pieces, [next(rows) for _piece in pieces]) for pieces in self.pieces]

    def sum(self, counts: Sequence[int]) -> list[int]:
        """Sum the counts of the rows of each text.

        Args:
            counts: A number for each row, in the order of `rows`, such as its tokens.
        """
        rows = iter(counts)
        return [sum(next(rows) for _piece in pieces) for pieces in self.pieces]


def encode_sources(texts: Sequence[str], encode: Encode) -> Sources:
    """Clean texts as training does, split long ones, and encode them.

    Args:
        texts: German texts.
        encode: Converts texts to token ids.
    """

    def encode_cleaned(texts: Sequence[str]) -> list[list[int]]:
        return encode([PREFIX + text for text in texts])

    def count_tokens(texts: Sequence[str]) -> list[int]:
        return [len(ids) for ids in encode_cleaned(texts)]

    cleaned = [clean(text) for text in texts]
    pieces: list[list[Piece]] = []
    rows: list[list[int]] = []
    for raw, text, ids in zip(texts, cleaned, encode_cleaned(cleaned), strict=True):
        if len(ids) <= MAX_TOKENS:
            pieces.append([Piece(text, "")])
            rows.append(ids)
        else:
            pieces.append(split_text(raw, count_tokens, MAX_TOKENS))
            rows += encode_cleaned([piece.text for piece in pieces[-1]])
    return Sources(pieces, rows)


@dataclass(frozen=True)
class TranslationRequest:
    """The checked arguments of one `compare`."""

    sources: Sources
    adapters: list[Path]
    strengths: list[float]
    limits: list[int]
    num_beams: int
    length_penalty: float
    early_stopping: "EarlyStopping"
    together: bool = False

    def __post_init__(self) -> None:
        """Raise ValueError for the first argument that is out of range."""
        if not self.sources.rows:
            raise ValueError(_("There is nothing to translate. Give at least one sentence."))
        if not is_whole(self.num_beams, 1, MAX_BEAMS):
            refuse("beams", self.num_beams, _("a whole number from 1 to {high}", high=MAX_BEAMS))
        if not all(is_whole(limit, 1, MAX_TOKENS) for limit in self.limits):
            limit = max(self.limits)
            refuse("max_new_tokens", limit, _("a whole number from 1 to {high}", high=MAX_TOKENS))
        if not is_number(self.length_penalty, -MAX_LENGTH_PENALTY, MAX_LENGTH_PENALTY):
            allowed = _("a number from -{limit} to {limit}", limit=MAX_LENGTH_PENALTY)
            refuse("length_penalty", self.length_penalty, allowed)
        if self.early_stopping not in (True, False, "never"):
            refuse("early_stopping", self.early_stopping, _("True, False or 'never'"))
        self._check_adapters()

    def _check_adapters(self) -> None:
        count = len(self.adapters)
        if self.together and not MIN_TOGETHER <= count < MAX_ADAPTERS:
            raise ValueError(
                _(
                    "To add adapters together, give {low} to {high} of them (given: {count}).",
                    count=count,
                    low=MIN_TOGETHER,
                    high=MAX_ADAPTERS - 1,
                )
            )
        if count > MAX_ADAPTERS:
            raise ValueError(
                _(
                    "{count} adapters were given, but only {limit} fit beside the base. Choose "
                    "fewer.",
                    count=count,
                    limit=MAX_ADAPTERS,
                )
            )
        in_range = all(is_number(s, -MAX_STRENGTH, MAX_STRENGTH) for s in self.strengths)
        if len(self.strengths) != count or not in_range:
            allowed = _(
                "a number from -{limit} to {limit} for each adapter, {count} in total",
                count=count,
                limit=MAX_STRENGTH,
            )
            refuse("strengths", self.strengths, allowed)


def refuse(name: str, value: Any, allowed: str) -> None:
    """Raise ValueError for an argument that is out of range.

    Args:
        name: The argument.
        value: Its value.
        allowed: The allowed values.

    Raises:
        ValueError: Always, with all three in its message.
    """
    raise ValueError(
        _("{name} = {value!r} (must be {allowed}).", name=name, value=value, allowed=allowed)
    )


def rank_steps(highest: int) -> list[int]:
    """Choose ranks to compare: 0 to the adapter's rank, thinned out above `MAX_RANK_STEPS`.

    Args:
        highest: The adapter's rank.

    Returns:
        At most `MAX_RANK_STEPS` + 1 increasing ranks; small ones lie closer together.
    """
    if highest <= MAX_RANK_STEPS:
        return list(range(highest + 1))
    powers = np.geomspace(1, highest, MAX_RANK_STEPS)
    return [0, *sorted({round(float(power)) for power in powers})]


def default_limit(source: Sequence[int]) -> int:
    """Return the default limit of tokens of a translation.

    Args:
        source: Token ids of the text.
    """
    return min(MAX_TOKENS, max(DEFAULT_TOKENS, 2 * len(source)))
