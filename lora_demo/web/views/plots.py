"""Line plots as HTML: an SVG that stretches, labels that do not; colours come from the style sheet."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from lora_demo.formatting import format_count

Point = tuple[float, float]
MOST_POINTS = 240


@dataclass(frozen=True)
class Series:
    """One curve: its name in the legend, its points by x, its class in the style sheet, and whether each point gets a dot."""

    name: str
    points: Sequence[Point]
    style: str
    dots: bool = False


def plot(
    title: str,
    series: Sequence[Series],
    *,
    x_end: float = 1,
    best: float | None = None,
    unit: str = "",
) -> str:
    """An HTML figure of the curves over steps from 0 to `x_end`; a vertical line marks the x of the best."""
    filled = [s for s in series if s.points]
    low, high, ticks = _axis([y for s in filled for _, y in s.points])
    x_end = max([x_end, 1, *(x for s in filled for x, _ in s.points)])
    place = lambda x, y: (100 * x / x_end, 100 * (high - y) / (high - low))
    lines = "".join(_line(s, place) for s in filled)
    dots = "".join(
        _dot(s, point, place, best, unit) for s in filled if s.dots for point in s.points
    )
    rule = (
        f'<i class="rule{" end" if best > 0.8 * x_end else ""}" style="left:{100 * best / x_end:.2f}%"><b>best</b></i>'
        if best is not None
        else ""
    )
    y_labels = "".join(
        f'<span class="y" style="top:{place(0, tick)[1]:.2f}%">{_short(tick)}</span>'
        for tick in ticks
    )
    x_labels = "".join(
        f'<span class="x" style="left:{100 * tick / x_end:.2f}%">{_short(tick)}</span>'
        for tick in _ticks(0, x_end, 5)
    )
    empty = "" if filled else '<p class="empty">The curve begins with the first step.</p>'
    grid = "".join(
        f'<line x1="0" x2="100" y1="{place(0, tick)[1]:.2f}" y2="{place(0, tick)[1]:.2f}"/>'
        for tick in ticks
    )
    return (
        f'<figure class="plot" role="img" aria-label="{escape(_spoken(title, filled, best))}">'
        f"<figcaption><b>{escape(title)}</b>{''.join(_legend(s) for s in series)}</figcaption>"
        f'<div class="area"><svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true"><g class="grid">{grid}</g>{lines}</svg>'
        f"{rule}{dots}{y_labels}{x_labels}{empty}</div></figure>"
    )


def scatter(title: str, points: Sequence[tuple[str, float, float, str]]) -> str:
    """An HTML figure of named points (name, x, y, style), x at equal ratios."""
    if not points:
        return ""
    exponents = [math.log10(x) for _, x, _, _ in points]
    left, right = min(exponents) - 0.15, max(exponents) + 0.15
    low, high, ticks = _axis([y for _, _, y, _ in points])
    place = lambda x, y: (
        100 * (math.log10(x) - left) / (right - left),
        100 * (high - y) / (high - low),
    )
    line = " ".join(
        "{:.2f},{:.2f}".format(*place(x, y))
        for _, x, y, _ in sorted(points, key=lambda point: point[1])
    )
    dots = "".join(
        '<i class="dot {}" style="left:{:.2f}%;top:{:.2f}%" title="{}: {} parameters, {:.1f}"></i>'.format(
            style, *place(x, y), escape(name), format_count(x), y
        )
        for name, x, y, style in points
    )
    y_labels = "".join(
        f'<span class="y" style="top:{place(points[0][1], tick)[1]:.2f}%">{_short(tick)}</span>'
        for tick in ticks
    )
    x_labels = "".join(
        f'<span class="x" style="left:{place(x, y)[0]:.2f}%">{format_count(x)}</span>'
        for _, x, y, _ in points
    )
    spoken = "; ".join(f"{name}: {x:,.0f} parameters, {y:.1f}" for name, x, y, _ in points)
    legend = "".join(
        f'<span class="key {style}">{escape(name)}</span>' for name, _, _, style in points
    )
    return (
        f'<figure class="plot" role="img" aria-label="{escape(title)}: {escape(spoken)}"><figcaption><b>{escape(title)}</b>{legend}</figcaption>'
        f'<div class="area"><svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true"><polyline class="faint" points="{line}"/></svg>{dots}{y_labels}{x_labels}</div></figure>'
    )


def smoothed(points: Sequence[Point], share: float = 0.15) -> list[Point]:
    """A running mean that weighs the newest point by at least `share`; noise of single batches goes, the trend stays."""
    mean, result = 0.0, []
    for i, (x, y) in enumerate(points, 1):
        mean += (y - mean) * max(1 / i, share)
        result.append((x, mean))
    return result


def thinned(points: Sequence[Point], most: int = MOST_POINTS) -> list[Point]:
    """Evenly chosen points, at most `most`, the last one always among them."""
    stride = max(1, math.ceil(len(points) / most))
    return list(points[::-1][::stride][::-1])


def _axis(values: Sequence[float]) -> tuple[float, float, list[float]]:
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    size = max(1.0, abs(low), abs(high))
    if high - low < 1e-9 * size:  # one value, or values too near for floats to lie between
        room = max(0.5, 1e-6 * size)
        low, high = low - room, high + room
    ticks = _ticks(low, high, 4)
    room = (high - low) * 0.06
    return low - room, high + room, ticks


def _ticks(low: float, high: float, about: int) -> list[float]:
    """Round numbers from `low` to `high`, about so many."""
    rough = (high - low) / about
    size = 10 ** math.floor(math.log10(rough))
    step = next(size * m for m in (1, 2, 2.5, 5, 10) if size * m >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(step * k, 10) for k in range(first, math.floor(high / step + 1e-9) + 1)]


def _line(series: Series, place) -> str:
    points = " ".join("{:.2f},{:.2f}".format(*place(x, y)) for x, y in thinned(series.points))
    return f'<polyline class="{series.style}" points="{points}"/>'


def _dot(series: Series, point: Point, place, best: float | None, unit: str) -> str:
    left, top = place(*point)
    kind = f"dot {series.style}" + (" best" if point[0] == best else "")
    return f'<i class="{kind}" style="left:{left:.2f}%;top:{top:.2f}%" title="step {point[0]:g}: {escape(series.name)} {point[1]:.3g}{unit}"></i>'


def _legend(series: Series) -> str:
    last = f" {series.points[-1][1]:.3g}" if series.points else ""
    return f'<span class="key {series.style}">{escape(series.name)}<em>{last}</em></span>'


def _spoken(title: str, series: Sequence[Series], best: float | None) -> str:
    said = [f"{s.name} from {s.points[0][1]:.3g} to {s.points[-1][1]:.3g}" for s in series]
    return f"{title}: {', '.join(said) or 'nothing yet'}" + (
        f"; best at step {best:g}" if best is not None else ""
    )


def _short(number: float) -> str:
    return (
        f"{number / 1e6:.3g}M"
        if abs(number) >= 1e6
        else f"{number / 1000:.4g}k"
        if abs(number) >= 10_000
        else f"{number:g}"
    )
