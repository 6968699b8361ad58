"""Parts of a plot for its script: values, a slider that reads them, buttons that save the plot."""

import json
import re
from collections.abc import Sequence
from html import escape

from lora_demo.language import _

Point = tuple[float, float]
FORMATS = ("PNG", "SVG", "CSV")


def plot_values(
    title: str,
    unit: str,
    x_axis: tuple[float, float],
    y_axis: tuple[float, float],
    curves: Sequence[tuple[str, Sequence[Point]]],
) -> str:
    """Return the values of a plot as JSON.

    Args:
        title: Title of the plot.
        unit: Title of the y axis.
        x_axis: Its first and last step.
        y_axis: Its lowest and highest value.
        curves: Name and drawn points of each curve.
    """
    values = {
        "title": title,
        "step": _("step"),
        "unit": unit,
        "x": x_axis,
        "y": y_axis,
        "curves": [{"name": name, "points": points} for name, points in curves],
    }
    return json.dumps(values, ensure_ascii=False)


def in_curve(number: int, html: str) -> str:
    """Mark each element of a curve with its number, so that the script can hide it.

    Args:
        number: Number of the curve.
        html: Elements without children, or with text only.
    """
    return re.sub(r"<(polyline|i|button) ", rf'<\1 data-curve="{number}" ', html)


def save_buttons(title: str) -> str:
    """Render the buttons that save a plot.

    Args:
        title: Title of the plot.
    """
    buttons = "".join(
        f'<button type="button" class="copy" data-save="{kind.lower()}">{kind}</button>'
        for kind in FORMATS
    )
    label = escape(_("Save the plot {title}", title=title))
    return f'<span class="saves" role="group" aria-label="{label}">{buttons}</span>'


def reader_html(title: str, last: float) -> str:
    """Render the slider that reads the values of all curves at a step, by pointer or arrow keys.

    Args:
        title: Title of the plot.
        last: The last step of the x axis.
    """
    label = escape(_("Values of {title} at a step", title=title))
    return (
        f'<div class="reader" role="slider" tabindex="0" aria-label="{label}" aria-valuemin="0" '
        f'aria-valuemax="{last:g}" aria-valuenow="{last:g}"></div>'
    )


def axis_titles(unit: str) -> str:
    """Render the titles of both axes; without a unit, the plot's title names the y axis.

    Args:
        unit: Title of the y axis.
    """
    y = f'<span class="unit">{escape(unit)}</span>' if unit else ""
    return f'{y}<span class="unit of-x">{escape(_("step"))}</span>'
