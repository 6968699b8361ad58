"""Plots of a report as HTML and SVG; colours and sizes come from the report's style."""

from collections.abc import Mapping, Sequence
from html import escape

from lora_demo.evaluation.scores import Score
from lora_demo.language import _, format_number

MAX_DOTS = 3000
MAX_NAME_CHARACTERS = 22
COLOURS = 8
SIDE = 360
"""Width and height of a scatter plot in pixels, for scores from 0 to 100."""
LEFT, TOP = 40, 10
"""Position of a scatter plot's frame in pixels."""


def interval_plot(title: str, names: Sequence[str], scores: Sequence[Score]) -> str:
    """Plot a dot for each system's score on a line for its 95% confidence interval.

    Args:
        title: the title.
        names: the systems' names.
        scores: the systems' scores.

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
            "{name}: {score:.2f} ({low:.2f} to {high:.2f})",
            name=escape(name),
            score=score.score,
            low=score.low,
            high=score.high,
        )
        rows.append(
            f'<span>{escape(name)}</span><div class="track s{k % COLOURS}" title="{label}">'
            f'<i style="left:{left:.1f}%;width:{right - left:.1f}%"></i>'
            f'<b style="left:{position(score.score):.1f}%"></b></div>'
            f"<span>{format_number(score.score, '.2f')}</span>"
        )
    ticks = "".join(
        f'<small style="left:{position(value):.0f}%">{format_number(value, ".1f")}</small>'
        for value in (low, (low + high) / 2, high)
    )
    axis = f'<span></span><div class="ticks">{ticks}</div><span></span>'
    return _figure(title, f'<div class="intervals">{"".join(rows)}{axis}</div>')


def bar_plot(
    title: str, groups: Sequence[str], names: Sequence[str], values: Sequence[Sequence[float]]
) -> str:
    """Plot groups of bars, one bar for each system.

    Args:
        title: the title.
        groups: names of the groups.
        names: names of the systems.
        values: for each system its value in each group.

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
        title: the title.
        names: the systems on the horizontal and the vertical axis.
        xs: sentence scores of the first system, 0 to 100.
        ys: sentence scores of the second system, 0 to 100.
        shown: numbers of the sentences that the page shows, by row; their dots are links.

    Returns:
        HTML.
    """
    step = -(-len(xs) // MAX_DOTS) or 1
    dots = "".join(_dot(xs[i], ys[i], shown.get(i)) for i in range(0, len(xs), step))
    width, height = SIDE + 60, SIDE + 50
    return _figure(
        title,
        f'<svg viewBox="0 0 {width} {height}" width="{width}" role="img" '
        f'aria-label="{escape(title)}">{_scatter_frame(names)}{dots}</svg>',
    )


def _dot(x: float, y: float, number: int | None) -> str:
    kind = "up" if y > x else "down" if y < x else "same"
    label = _("{x:.1f} and {y:.1f}", x=x, y=y)
    if number is not None:
        label = _("sentence {number}: {label}", number=number, label=label)
    left, top = LEFT + SIDE * x / 100, TOP + SIDE - SIDE * y / 100
    dot = (
        f'<circle class="{kind}" cx="{left:.1f}" cy="{top:.1f}" r="3">'
        f"<title>{label}</title></circle>"
    )
    return dot if number is None else f'<a href="#s{number}">{dot}</a>'


def _scatter_frame(names: tuple[str, str]) -> str:
    """Draw the frame, the diagonal, the ticks and the names of a scatter plot."""
    right, bottom, middle = LEFT + SIDE, TOP + SIDE, SIDE / 2
    parts = [
        f'<rect class="frame" x="{LEFT}" y="{TOP}" width="{SIDE}" height="{SIDE}"/>',
        f'<line class="axis" x1="{LEFT}" y1="{bottom}" x2="{right}" y2="{TOP}"/>',
    ]
    for value in (0, 50, 100):
        offset = SIDE * value / 100
        parts.append(
            f'<text x="{LEFT + offset}" y="{bottom + 16}" class="mid">{value}</text>'
            f'<text x="{LEFT - 6}" y="{bottom + 4 - offset}" class="end">{value}</text>'
        )
    across, upwards = (escape(_shorten(name)) for name in names)
    parts.append(f'<text x="{LEFT + middle}" y="{bottom + 32}" class="mid">{across}</text>')
    parts.append(
        f'<text transform="translate(14 {TOP + middle}) rotate(-90)" class="mid">{upwards}</text>'
    )
    return "".join(parts)


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
