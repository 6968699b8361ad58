"""W + s B A drawn to scale, with a slider for the rank and the counts that follow it.

`scripts/rank_drawing.js` moves it. Sizes of the drawing are in `styles/learn.css`, as functions of
the rank and of the matrix's sides.
"""

import json
from collections.abc import Mapping
from html import escape

from lora_demo.language import _, format_number
from lora_demo.service.lessons.counts import RankCounts
from lora_demo.web.views.terms import term_html

SIDE = 220
"""Length of the longer side of W, in units of the drawing."""
VIEW = '<svg viewBox="0 0 640 376" aria-hidden="true">'
NAMES = (
    ('<text class="name of-w">W</text>', '<text class="name of-plus">+ s ·</text>'),
    ('<text class="name of-a">A</text>', '<text class="name of-b">B</text>'),
    ('<text class="name of-box">B A</text>',),
)


def drawing_html(
    bases: Mapping[str, RankCounts], base: str, rank: int, goal: int | None = None
) -> str:
    """Render the drawing of a base at a rank.

    Args:
        bases: The counts of each base that can be chosen.
        base: The one that is chosen first.
        rank: The first rank.
        goal: The rank that the visitor is asked to reach; the script reports it once.
    """
    counts = bases[base]
    place = counts.at(rank)
    data = escape(json.dumps({id: each.to_json() for id, each in bases.items()}))
    goal_attribute = "" if goal is None else f' data-goal="{goal}"'
    return (
        f'<div class="rank-drawing"{goal_attribute} data-bases="{data}">'
        f"{_slider_html(counts, place)}"
        f'<figure style="{_style(counts, place)}">{_menu_html(bases, counts)}{VIEW}'
        '<rect class="w"/><rect class="box"/><rect class="b"/><rect class="a"/>'
        f"{''.join(name for line in NAMES for name in line)}</svg></figure>"
        f"{_counts_html(counts, place)}</div>"
    )


def _menu_html(bases: Mapping[str, RankCounts], counts: RankCounts) -> str:
    options = "".join(
        f'<option value="{escape(id)}"{" selected" * (id == counts.base)}>'
        f"{escape(each.name)}</option>"
        for id, each in bases.items()
    )
    return f"<label>{_('Base')} <select>{options}</select></label>"


def _slider_html(counts: RankCounts, place: int) -> str:
    rank = counts.ranks[place]
    return (
        f'<label class="rank-slider">{_("Rank")} <output>{rank}</output><input type="range" '
        f'min="0" max="{len(counts.ranks) - 1}" value="{place}" aria-label="{_("Rank")}" '
        f'aria-valuetext="{_("rank {rank}", rank=rank)}"></label>'
    )


def _style(counts: RankCounts, place: int) -> str:
    """Return the variables of the drawing, which the script also sets."""
    unit = SIDE / max(counts.d_in, counts.d_out)
    return f"--r:{counts.ranks[place]};--d-in:{counts.d_in};--d-out:{counts.d_out};--unit:{unit:g}"


def _counts_html(counts: RankCounts, place: int) -> str:
    rank = counts.ranks[place]
    share = 100 * counts.of_adapter[place] / (counts.total + counts.of_adapter[place])
    rows = (
        (
            "W",
            _(
                "{d_out:,} × {d_in:,} = {product:,}",
                d_out=counts.d_out,
                d_in=counts.d_in,
                product=counts.of_W,
            ),
            "w",
        ),
        (
            _("A and B, {rank} r", rank=term_html("rank")),
            f"{sum_text(counts, rank)} = {format_number(counts.of_matrix[place], ',')}",
            "ab",
        ),
        (
            _("all {count} matrices q and v", count=_span("matrices", str(counts.matrices))),
            format_number(counts.of_adapter[place], ","),
            "all",
        ),
        (
            _("share of all {parameters}", parameters=term_html("parameter", _("parameters"))),
            _(
                "{share:.3g}% of {total:,}",
                share=share,
                total=counts.total + counts.of_adapter[place],
            ),
            "share",
        ),
    )
    cells = "".join(
        f'<div><dt>{name}</dt><dd data-part="{part}">{value}</dd></div>'
        for name, value, part in rows
    )
    return f'<dl class="counts" aria-live="polite">{cells}</dl>'


def _span(part: str, text: str) -> str:
    return f'<span data-part="{part}">{text}</span>'


def sum_text(counts: RankCounts, rank: int) -> str:
    """Write the product that counts A and B: 2 · d · r for a square matrix.

    Args:
        counts: Counts of the base.
        rank: r.
    """
    d_in, d_out, r = (format_number(size, ",") for size in (counts.d_in, counts.d_out, rank))
    return f"2 · {d_in} · {r}" if d_in == d_out else f"({d_in} + {d_out}) · {r}"
