"""The slider on an adapter's card: its translation, and the update that is kept, at each rank."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from lora_demo.language import _
from lora_demo.service.rank_ladder import RankLadder

MAX_BARS = 32


@dataclass(frozen=True)
class CardStep:
    """One translation as a card shows it.

    Args:
        text: The translation, to copy.
        html: The translation, escaped and marked.
        facts: Its length, and how it compares with others.
        quality: Its score from 0 to 100; None without a reference.
        flaw: One sentence if it looks broken; else empty.
    """

    text: str
    html: str
    facts: str
    quality: float | None
    flaw: str


def slider_html(ladder: RankLadder, name: str) -> str:
    """Render the slider, what the chosen rank keeps, and the singular values.

    `scripts/rank_slider.js` moves all of it.

    Args:
        ladder: The translations at each rank.
        name: The adapter's name.
    """
    notes = [_note(rank, kept) for rank, kept in zip(ladder.ranks, ladder.kept, strict=True)]
    last = len(notes) - 1
    label = _("Rank of {name}", name=escape(name))
    return (
        f'<div class="ladder" data-adapter="{escape(ladder.adapter)}" '
        f"data-ranks='{_attribute(ladder.ranks)}' data-notes='{_attribute(notes)}'>"
        f"<label>{_('Rank')} <output>{ladder.ranks[-1]}</output>"
        f'<input type="range" min="0" max="{last}" value="{last}" aria-label="{label}"></label>'
        f"{_bars(ladder.singular_values)}<p>{escape(notes[-1])}</p></div>"
    )


def steps_attribute(steps: Sequence[CardStep]) -> str:
    """Return the attribute of a card that holds what it shows at each rank.

    Args:
        steps: One for each rank of the ladder.
    """
    return f" data-steps='{_attribute([asdict(step) for step in steps])}'"


def _note(rank: int, kept: float) -> str:
    if rank == 0:
        return _("The base, without the adapter.")
    return _("Keeps {kept:.1%} of the update (squared norm).", kept=kept)


def _bars(values: list[float]) -> str:
    """Render the first singular values as bars; those up to the chosen rank are coloured."""
    largest = max(values) or 1
    bars = "".join(
        f'<i class="kept" style="height:{100 * value / largest:.0f}%" '
        f'title="{_("singular value {number}: {value:.3g}", number=k, value=value)}"></i>'
        for k, value in enumerate(values[:MAX_BARS], 1)
    )
    return f'<div class="bars" aria-hidden="true">{bars}</div>'


def _attribute(values: list[Any]) -> str:
    """Write values as JSON for an attribute in single quotes."""
    return escape(json.dumps(values, ensure_ascii=False), quote=True)
