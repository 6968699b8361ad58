"""Line plots and scatter plots as HTML: an SVG that stretches, with labels that do not.

Colours come from the style sheet.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

from lora_demo.formatting import format_count
from lora_demo.language import _, format_number
from lora_demo.web.views.plot_values import (
    axis_titles,
    in_curve,
    plot_values,
    reader_html,
    save_buttons,
)

Point = tuple[float, float]
MAX_POINTS = 240
"""Points of a drawn line."""
MIN_SMOOTHING = 0.15
"""Smallest weight of the newest point in a running mean."""
NICE_STEPS = (1, 2, 2.5, 5, 10)
"""Distances of ticks, times a power of ten."""
SVG = '<svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">'


@dataclass(frozen=True)
class Series:
    """One curve.

    Args:
        name: Name in the legend.
        points: Its points, by x.
        style: Class in the style sheet.
        dots: Draw a dot at each point.
    """

    name: str
    points: Sequence[Point]
    style: str
    dots: bool = False


class ScatterPoint(NamedTuple):
    """A named point."""

    name: str
    x: float
    y: float
    style: str


@dataclass(frozen=True)
class Axis:
    """An axis from `low` to `high` with labelled ticks."""

    low: float
    high: float
    ticks: Sequence[float]


@dataclass(frozen=True)
class Frame:
    """Maps values to percentages of the plot's width and height."""

    x: Axis
    y: Axis

    def left(self, x: float) -> float:
        """Return the distance of a value from the left edge, in percent.

        Args:
            x: The value, on the scale of the x axis.
        """
        return 100 * (x - self.x.low) / (self.x.high - self.x.low)

    def top(self, y: float) -> float:
        """Return the distance of a value from the top edge, in percent.

        Args:
            y: The value, on the scale of the y axis.
        """
        return 100 * (self.y.high - y) / (self.y.high - self.y.low)

    def polyline(self, points: Sequence[Point], style: str) -> str:
        """Draw a line through points.

        Args:
            points: The points, by x.
            style: Class in the style sheet.
        """
        places = " ".join(f"{self.left(x):.2f},{self.top(y):.2f}" for x, y in points)
        return f'<polyline class="{style}" points="{places}"/>'

    def dot(self, point: Point, style: str, title: str) -> str:
        """Draw a dot.

        Args:
            point: Its value on each axis.
            style: Class in the style sheet.
            title: The tooltip, as escaped HTML.
        """
        x, y = point
        place = f"left:{self.left(x):.2f}%;top:{self.top(y):.2f}%"
        return f'<i class="dot {style}" style="{place}" title="{title}"></i>'

    def y_labels(self) -> str:
        """Label the ticks of the y axis."""
        return "".join(
            f'<span class="y" style="top:{self.top(tick):.2f}%">{_tick_label(tick)}</span>'
            for tick in self.y.ticks
        )


def plot(
    title: str,
    series: Sequence[Series],
    *,
    x_end: float = 1,
    best: float | None = None,
    unit: str = "",
) -> str:
    """Draw curves over the steps of a run.

    Args:
        title: The title.
        series: The curves.
        x_end: The last step of the x axis, which starts at 0.
        best: The step that a vertical line marks; None for no line.
        unit: Title of the y axis; empty for the title of the plot.

    Returns:
        An HTML figure. The page's script shows its values by pointer and keyboard, switches its
        curves on and off, and saves it.
    """
    drawn = [each for each in series if each.points]
    frame = _run_frame(drawn, x_end)
    lines = "".join(
        in_curve(number, frame.polyline(thinned(each.points), each.style))
        for number, each in enumerate(drawn)
    )
    dots = "".join(
        in_curve(number, _dots_html(each, frame, best))
        for number, each in enumerate(drawn)
        if each.dots
    )
    empty = (
        "" if drawn else ('<p class="empty">' + _("The curve begins with the first step.") + "</p>")
    )
    legend = "".join(in_curve(number, _legend_html(each)) for number, each in enumerate(drawn))
    x_axis, y_axis = (frame.x.low, frame.x.high), (frame.y.low, frame.y.high)
    curves = [(each.name, thinned(each.points)) for each in drawn]
    values = plot_values(title, unit or title, x_axis, y_axis, curves)
    return _figure_html(
        _spoken(title, drawn, best),
        f"<b>{escape(title)}</b>{legend}{save_buttons(title) if drawn else ''}",
        f'{SVG}<g class="grid">{_grid_html(frame)}</g>{lines}</svg>'
        f"{_best_html(frame, best)}{dots}{frame.y_labels()}{_step_labels(frame)}{empty}",
        f"{axis_titles(unit)}{reader_html(title, frame.x.high) if drawn else ''}",
        f' data-plot="{escape(values)}"',
    )


def scatter(title: str, points: Sequence[ScatterPoint]) -> str:
    """Draw named points over a logarithmic x axis.

    Args:
        title: The title.
        points: The points, with x above 0.

    Returns:
        An HTML figure; empty without points.
    """
    if not points:
        return ""
    points = [ScatterPoint(*point) for point in points]
    frame = _logarithmic_frame(points)
    by_x = sorted(points, key=lambda point: point.x)
    line = frame.polyline([(math.log10(point.x), point.y) for point in by_x], "faint")
    dots, labels, legend, spoken = "", "", "", []
    for point in points:
        place, name = (math.log10(point.x), point.y), escape(point.name)
        dots += frame.dot(
            place,
            point.style,
            _("{name}: {x} parameters, {y:.1f}", name=name, x=format_count(point.x), y=point.y),
        )
        left = frame.left(place[0])
        labels += f'<span class="x" style="left:{left:.2f}%">{format_count(point.x)}</span>'
        legend += f'<span class="key {point.style}">{name}</span>'
        spoken.append(
            _("{name}: {x:,.0f} parameters, {y:.1f}", name=point.name, x=point.x, y=point.y)
        )
    return _figure_html(
        f"{title}: {'; '.join(spoken)}",
        f"<b>{escape(title)}</b>{legend}",
        f"{SVG}{line}</svg>{dots}{frame.y_labels()}{labels}",
    )


def smoothed(points: Sequence[Point], min_weight: float = MIN_SMOOTHING) -> list[Point]:
    """Return a running mean, which shows the trend of noisy batches.

    Args:
        points: The points, by x.
        min_weight: Smallest weight of the newest point.
    """
    mean, result = 0.0, []
    for count, (x, y) in enumerate(points, 1):
        mean += (y - mean) * max(1 / count, min_weight)
        result.append((x, mean))
    return result


def thinned(points: Sequence[Point], max_points: int = MAX_POINTS) -> list[Point]:
    """Return evenly chosen points, among them the last one.

    Args:
        points: The points, by x.
        max_points: Largest number of returned points.
    """
    stride = max(1, math.ceil(len(points) / max_points))
    return list(points[::-1][::stride][::-1])


def _run_frame(series: Sequence[Series], x_end: float) -> Frame:
    points = [point for each in series for point in each.points]
    end = max([x_end, 1, *(x for x, _unused in points)])
    return Frame(Axis(0, end, _ticks(0, end, 5)), _y_axis([y for _unused, y in points]))


def _logarithmic_frame(points: Sequence[ScatterPoint]) -> Frame:
    exponents = [math.log10(point.x) for point in points]
    x = Axis(min(exponents) - 0.15, max(exponents) + 0.15, ())
    return Frame(x, _y_axis([point.y for point in points]))


def _y_axis(values: Sequence[float]) -> Axis:
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    magnitude = max(1.0, abs(low), abs(high))
    if high - low < 1e-9 * magnitude:  # one value, or values too close for floats between them
        margin = max(0.5, 1e-6 * magnitude)
        low, high = low - margin, high + margin
    margin = (high - low) * 0.06
    return Axis(low - margin, high + margin, _ticks(low, high, 4))


def _ticks(low: float, high: float, count: int) -> list[float]:
    """Return about `count` round numbers from `low` to `high`."""
    rough = (high - low) / count
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * nice for nice in NICE_STEPS if power * nice >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(step * number, 10) for number in range(first, last + 1)]


def _figure_html(spoken: str, caption: str, area: str, more: str = "", attributes: str = "") -> str:
    return (
        f'<figure class="plot" aria-label="{escape(spoken)}"{attributes}>'
        f'<figcaption>{caption}</figcaption><div class="area">{area}{more}</div></figure>'
    )


def _grid_html(frame: Frame) -> str:
    heights = [f"{frame.top(tick):.2f}" for tick in frame.y.ticks]
    return "".join(f'<line x1="0" x2="100" y1="{top}" y2="{top}"/>' for top in heights)


def _step_labels(frame: Frame) -> str:
    return "".join(
        f'<span class="x" style="left:{frame.left(tick):.2f}%">{_tick_label(tick)}</span>'
        for tick in frame.x.ticks
    )


def _best_html(frame: Frame, best: float | None) -> str:
    """Draw the vertical line at the best step."""
    if best is None:
        return ""
    left = frame.left(best)
    side = " end" if left > 80 else ""
    return f'<i class="rule{side}" style="left:{left:.2f}%">' + f"<b>{_('best')}</b></i>"


def _dots_html(series: Series, frame: Frame, best: float | None) -> str:
    name = escape(series.name)
    return "".join(
        frame.dot(
            (x, y),
            series.style + (" best" if x == best else ""),
            _("step {x:g}: {name} {y:.3g}", x=x, name=name, y=y),
        )
        for x, y in series.points
    )


def _legend_html(series: Series) -> str:
    last = f" {format_number(series.points[-1][1], '.3g')}" if series.points else ""
    return (
        f'<button type="button" class="key {series.style}" aria-pressed="true">'
        f"{escape(series.name)}<em>{last}</em></button>"
    )


def _spoken(title: str, series: Sequence[Series], best: float | None) -> str:
    """Describe the curves for screen readers."""
    ranges = [
        _(
            "{name} from {first:.3g} to {last:.3g}",
            name=each.name,
            first=each.points[0][1],
            last=each.points[-1][1],
        )
        for each in series
    ]
    values = {"title": title, "curves": ", ".join(ranges) or _("nothing yet")}
    if best is None:
        return "{title}: {curves}".format(**values)
    return _("{title}: {curves}; best at step {best:g}", best=best, **values)


def _tick_label(number: float) -> str:
    if abs(number) >= 1e6:
        return f"{format_number(number / 1e6, '.3g')}M"
    if abs(number) >= 10_000:
        return f"{format_number(number / 1000, '.4g')}k"
    return format_number(number, "g")
