"""The number of translations that each adapter changed, and how far it moves the weights."""

from html import escape

from lora_demo.language import _, format_number, ngettext
from lora_demo.service.compared_system import ComparedSystem
from lora_demo.service.comparison import Comparison
from lora_demo.web.views.movement import ZERO, Movement, heat_map, movement


def learned_html(comparison: Comparison) -> str:
    """Render, for each adapter, how many translations changed and how far it moves the weights.

    Args:
        comparison: The translations and the systems; those without an adapter are left out.
    """
    adapters = [
        (system, movement(system.layers, system.strength))
        for system in comparison.systems
        if system.is_adapted
    ]
    if not adapters:
        return ""
    darkest = max((found.largest for _system, found in adapters if found), default=0.0)
    cards = "".join(_learned_card(comparison, *adapter, darkest) for adapter in adapters)
    scale = f'<span class="scale">0<i></i>{format_number(darkest, ".1%")}</span>' if darkest else ""
    return (
        '<section class="learned"><h2>'
        + _("Did it learn?")
        + '</h2><p class="small">'
        + _(
            "Movement of each matrix by each adapter, ‖sBA‖ / ‖W‖: a row for each block, a column "
            "for each kind of matrix. {scale}",
            scale=scale,
        )
        + f'</p><div class="cards">{cards}</div></section>'
    )


def _learned_card(
    comparison: Comparison, system: ComparedSystem, found: Movement | None, darkest: float
) -> str:
    name = escape(system.name)
    cells = heat_map(found, darkest) if found and found.largest else ""
    label = _("Did {name} learn?", name=name)
    return (
        f'<div role="group" aria-label="{label}">'
        f"<header><b>{name}</b>{shown_strength(system)}</header>"
        f"<p>{_verdict(comparison, system, found)}</p>{cells}</div>"
    )


def _verdict(comparison: Comparison, system: ComparedSystem, found: Movement | None) -> str:
    if system.strength == 0:
        return _("At strength 0, it equals the base.")
    if found and not found.largest:
        return _(ZERO)
    count = len(comparison.texts)
    verdict = ngettext(
        "<b>{changed} of {count}</b> translation changed.",
        "<b>{changed} of {count}</b> translations changed.",
        count,
        changed=comparison.changed(system),
    )
    if not found:
        return verdict
    return _(
        "{verdict} Matrices move by {mean:.1%} on average. {farthest} moves the most, by "
        "{largest:.1%}.",
        verdict=verdict,
        mean=found.mean,
        largest=found.largest,
        farthest=found.farthest,
    )


def shown_strength(system: ComparedSystem) -> str:
    """Return the factor of an adapter as the page shows it; empty for 1.

    Args:
        system: A column of a comparison.
    """
    return "" if system.strength == 1 else f" × {format_number(system.strength, 'g')}"
