"""Plots of a report as HTML and SVG; colours and sizes come from the report's style."""

import math
from collections.abc import Callable, Mapping, Sequence
from html import escape

from lora_demo.evaluation.scores import Score
from lora_demo.language import _, format_number

MAX_DOTS = 3000
MAX_NAME_CHARACTERS = 22
COLOURS = 8
SIDE = 360
"""Width and height of a scatter plot in pixels, for scores from 0 to 100."""
LEFT, TOP = 64, 10
"""Position of a scatter plot's frame in pixels."""
Ticks = Sequence[tuple[float, str]]
"""Shares of an axis with their labels."""


def _two_decimals(value: float) -> str:
    return format_number(value, ".2f")


def interval_plot(
    title: str,
    names: Sequence[str],
    scores: Sequence[Score],
    format_score: Callable[[float], str] = _two_decimals,
) -> str:
    """Plot a dot for each system's score on a line for its 95% confidence interval.

    Args:
        title: The title.
        names: The systems' names.
        scores: The systems' scores.
        format_score: Writes a score.

    Returns:
        HTML.
    """
    low, high = min(score.low for score in scores), max(score.high for score in scores)
    if high - low < 1e-6:
        low, high = low - 1, high + 1

    def position(value: float) -> float:
        return 100 * (value - low) / (high - low)

    rows = []
    for k, (name, score) in enumerate(zip(names, scores, strict=True)):
        left, right = position(score.low), position(score.high)
        label = _(
            "{name}: {score} ({low} to {high})",
            name=escape(name),
            score=format_score(score.score),
            low=format_score(score.low),
            high=format_score(score.high),
        )
        rows.append(
            f'<span>{escape(name)}</span><div class="track s{k % COLOURS}" title="{label}">'
            f'<i style="left:{left:.1f}%;width:{right - left:.1f}%"></i>'
            f'<b style="left:{position(score.score):.1f}%"></b></div>'
            f"<span>{format_score(score.score)}</span>"
        )
    ticks = "".join(
        f'<small style="left:{position(value):.0f}%">{format_score(value)}</small>'
        for value in (low, (low + high) / 2, high)
    )
    axis = f'<span></span><div class="ticks">{ticks}</div><span></span>'
    return _figure(title, f'<div class="intervals">{"".join(rows)}{axis}</div>')


def bar_plot(
    title: str, groups: Sequence[str], names: Sequence[str], values: Sequence[Sequence[float]]
) -> str:
    """Plot groups of bars, one bar for each system.

    Args:
        title: The title.
        groups: Names of the groups.
        names: Names of the systems.
        values: For each system its value in each group.

    Returns:
        HTML.
    """
    highest = max([1e-9, *(value for row in values for value in row)])
    columns = []
    for g, group in enumerate(groups):
        bars = []
        for k, name in enumerate(names):
            value = values[k][g]
            label = f"{escape(name)}, {escape(group)}: {format_number(value, '.1f')}"
            height = 100 * value / highest
            bars.append(
                f'<i class="s{k % COLOURS}" style="height:{height:.1f}%" title="{label}"></i>'
            )
        columns.append(f"<div><div>{''.join(bars)}</div><small>{escape(group)}</small></div>")
    return _figure(title, f'<div class="bars">{"".join(columns)}</div>{_legend(names)}')


def scatter_plot(
    title: str,
    names: tuple[str, str],
    xs: Sequence[float],
    ys: Sequence[float],
    shown: Mapping[int, int],
) -> str:
    """Plot a dot for each sentence, by its scores of two systems.

    Args:
        title: The title.
        names: The systems on the horizontal and the vertical axis.
        xs: Sentence scores of the first system, 0 to 100.
        ys: Sentence scores of the second system, 0 to 100.
        shown: Numbers of the sentences that the page shows, by row; their dots are links.

    Returns:
        HTML.
    """
    step = max(1, math.ceil(len(xs) / MAX_DOTS))
    dots = []
    for i in range(0, len(xs), step):
        x, y = xs[i], ys[i]
        label = _("{x} and {y}", x=format_number(x, ".1f"), y=format_number(y, ".1f"))
        dots.append(_dot(x / 100, y / 100, label, shown.get(i), _direction(x, y)))
    diagonal = f'<line class="axis" x1="{LEFT}" y1="{TOP + SIDE}" x2="{LEFT + SIDE}" y2="{TOP}"/>'
    ticks = [(value / 100, str(value)) for value in (0, 50, 100)]
    return _scatter(title, names, (ticks, ticks), diagonal + "".join(dots))


def _direction(x: float, y: float) -> str:
    """Return the CSS class of a change from x to y."""
    if y > x:
        return "up"
    return "down" if y < x else "same"


def grouped_scatter_plot(
    title: str,
    axes: tuple[str, str],
    names: Sequence[str],
    points: Sequence[tuple[Sequence[float], Sequence[float]]],
    format_y: Callable[[float], str],
    shown: Mapping[int, int],
) -> str:
    """Plot a dot for each sentence of each system, by its chrF and another score.

    Args:
        title: The title.
        axes: Labels of the horizontal and the vertical axis.
        names: The systems.
        points: For each system the chrF of its sentences, 0 to 100, and their other scores.
        format_y: Writes one of the other scores.
        shown: Numbers of the sentences that the page shows, by row; their dots are links.

    Returns:
        HTML.
    """
    low = min(min(ys) for _xs, ys in points)
    high = max(max(ys) for _xs, ys in points)
    span = high - low or 1.0
    count = sum(len(ys) for _xs, ys in points)
    step = max(1, math.ceil(count / MAX_DOTS))
    groups = []
    for k, (name, (xs, ys)) in enumerate(zip(names, points, strict=True)):
        dots = []
        for i in range(0, len(xs), step):
            values = _("{x} and {y}", x=format_number(xs[i], ".1f"), y=format_y(ys[i]))
            label = f"{escape(name)}: {values}"
            dots.append(_dot(xs[i] / 100, (ys[i] - low) / span, label, shown.get(i)))
        groups.append(f'<g class="s{k % COLOURS}">{"".join(dots)}</g>')
    x_ticks = [(value / 100, str(value)) for value in (0, 50, 100)]
    y_ticks = [(share, format_y(low + share * span)) for share in (0.0, 0.5, 1.0)]
    return _scatter(title, axes, (x_ticks, y_ticks), "".join(groups), _legend(names))


def _dot(x: float, y: float, label: str, number: int | None, kind: str = "") -> str:
    """Draw a dot at a share of the frame's width and height, as a link if it has a number."""
    if number is not None:
        label = _("sentence {number}: {label}", number=number, label=label)
    left, top = LEFT + SIDE * x, TOP + SIDE * (1 - y)
    attribute = f'class="{kind}" ' if kind else ""
    dot = f'<circle {attribute}cx="{left:.1f}" cy="{top:.1f}" r="3"><title>{label}</title></circle>'
    return dot if number is None else f'<a href="#s{number}">{dot}</a>'


def _scatter(
    title: str, axes: tuple[str, str], ticks: tuple[Ticks, Ticks], content: str, legend: str = ""
) -> str:
    """Draw a scatter plot around its dots: the frame, the ticks and the labels of the axes."""
    bottom, middle = TOP + SIDE, SIDE / 2
    parts = [f'<rect class="frame" x="{LEFT}" y="{TOP}" width="{SIDE}" height="{SIDE}"/>']
    for share, text in ticks[0]:
        parts.append(f'<text x="{LEFT + SIDE * share}" y="{bottom + 16}" class="mid">{text}</text>')
    for share, text in ticks[1]:
        y = bottom + 4 - SIDE * share
        parts.append(f'<text x="{LEFT - 6}" y="{y}" class="end">{text}</text>')
    across, upwards = (escape(_shorten(name)) for name in axes)
    parts.append(f'<text x="{LEFT + middle}" y="{bottom + 32}" class="mid">{across}</text>')
    parts.append(
        f'<text transform="translate(14 {TOP + middle}) rotate(-90)" class="mid">{upwards}</text>'
    )
    width, height = LEFT + SIDE + 20, SIDE + 50
    return _figure(
        title,
        f'<svg viewBox="0 0 {width} {height}" width="{width}" role="img" '
        f'aria-label="{escape(title)}">{"".join(parts)}{content}</svg>{legend}',
    )


def _legend(names: Sequence[str]) -> str:
    keys = [
        f'<span class="s{k % COLOURS}"><i></i>{escape(name)}</span>' for k, name in enumerate(names)
    ]
    return f'<p class="legend">{"".join(keys)}</p>'


def _figure(title: str, content: str) -> str:
    return f"<figure><figcaption>{escape(title)}</figcaption>{content}</figure>"


def _shorten(name: str) -> str:
    if len(name) <= MAX_NAME_CHARACTERS:
        return name
    return name[: MAX_NAME_CHARACTERS - 1] + "…"
