"""Plots and marked texts as escaped HTML and SVG that need nothing from elsewhere; colours and sizes come from the report's style."""

import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from html import escape

from lora_demo.evaluation.scores import Score

TOKEN = re.compile(r"\w+(?:['’-]\w+)*|[^\w\s]")
MOST_DOTS = 3000
MOST_COMPARED = 10**7
"""Words of one text times those of the other; longer ones are left unmarked."""


def mark(text: str, other: str, references: Sequence[str]) -> str:
    """`text` with the words that `other` does not have there in <mark>: of class `hit` where a reference has them, else `miss`."""
    spans, theirs = list(TOKEN.finditer(text)), TOKEN.findall(other)
    if len(spans) * len(theirs) > MOST_COMPARED:
        return escape(text)
    ours, wanted = (
        [span.group() for span in spans],
        {token for reference in references for token in TOKEN.findall(reference)},
    )
    html, done = [], 0
    for kind, start, end, _, _ in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        for k in range(start, end) if kind in ("delete", "replace") else ():
            html += [
                escape(text[done : spans[k].start()]),
                f'<mark class="{"hit" if ours[k] in wanted else "miss"}">{escape(spans[k].group())}</mark>',
            ]
            done = spans[k].end()
    return "".join(html) + escape(text[done:])


def intervals(title: str, names: Sequence[str], scores: Sequence[Score]) -> str:
    """A dot for each system's score, a line for its 95 % interval."""
    low, high = min(s.low for s in scores), max(s.high for s in scores)
    low, high = (low, high) if high - low > 1e-6 else (low - 1, high + 1)
    place = lambda x: 100 * (x - low) / (high - low)
    rows = "".join(
        f'<span>{escape(name)}</span><div class="track s{k % 8}" title="{escape(name)}: {s.score:.2f} ({s.low:.2f} to {s.high:.2f})">'
        f'<i style="left:{place(s.low):.1f}%;width:{place(s.high) - place(s.low):.1f}%"></i><b style="left:{place(s.score):.1f}%"></b></div><span>{s.score:.2f}</span>'
        for k, (name, s) in enumerate(zip(names, scores))
    )
    ticks = "".join(
        f'<small style="left:{place(x):.0f}%">{x:.1f}</small>'
        for x in (low, (low + high) / 2, high)
    )
    return _figure(
        title,
        f'<div class="intervals">{rows}<span></span><div class="ticks">{ticks}</div><span></span></div>',
    )


def bars(
    title: str, groups: Sequence[str], names: Sequence[str], values: Sequence[Sequence[float]]
) -> str:
    """Groups of bars: `values[k][g]` is system k's in group g."""
    top = max([1e-9, *(v for row in values for v in row)])
    bar = lambda k, g: (
        f'<i class="s{k % 8}" style="height:{100 * values[k][g] / top:.1f}%" title="{escape(names[k])}, {escape(groups[g])}: {values[k][g]:.1f}"></i>'
    )
    shown = "".join(
        f"<div><div>{''.join(bar(k, g) for k in range(len(names)))}</div><small>{escape(group)}</small></div>"
        for g, group in enumerate(groups)
    )
    return _figure(title, f'<div class="bars">{shown}</div>{legend(names)}')


def scatter(
    title: str,
    names: tuple[str, str],
    xs: Sequence[float],
    ys: Sequence[float],
    linked: Mapping[int, int],
) -> str:
    """A dot for each sentence, its score by the one system across, by the other upwards; dots lead to linked sentences, which are given with their numbers."""
    side, rows = 360, list(range(len(xs)))
    rows = rows[:: -(-len(rows) // MOST_DOTS)] if rows else rows
    dot = lambda i: (
        f'<circle class="{"up" if ys[i] > xs[i] else "down" if ys[i] < xs[i] else "same"}" cx="{40 + side * xs[i] / 100:.1f}" cy="{side + 10 - side * ys[i] / 100:.1f}" r="3"><title>{f"sentence {linked[i]}: " if i in linked else ""}{xs[i]:.1f} and {ys[i]:.1f}</title></circle>'
    )
    dots = "".join(f'<a href="#s{linked[i]}">{dot(i)}</a>' if i in linked else dot(i) for i in rows)
    frame = f'<rect class="frame" x="40" y="10" width="{side}" height="{side}"/><line class="axis" x1="40" y1="{side + 10}" x2="{side + 40}" y2="10"/>'
    ticks = "".join(
        f'<text x="{40 + side * t / 100}" y="{side + 26}" class="mid">{t}</text><text x="34" y="{side + 14 - side * t / 100}" class="end">{t}</text>'
        for t in (0, 50, 100)
    )
    words = f'<text x="{40 + side / 2}" y="{side + 42}" class="mid">{escape(_short(names[0]))}</text><text transform="translate(14 {10 + side / 2}) rotate(-90)" class="mid">{escape(_short(names[1]))}</text>'
    return _figure(
        title,
        f'<svg viewBox="0 0 {side + 60} {side + 50}" width="{side + 60}" role="img" aria-label="{escape(title)}">{frame}{ticks}{words}{dots}</svg>',
    )


def legend(names: Sequence[str]) -> str:
    """A coloured key for each system."""
    return (
        '<p class="legend">'
        + "".join(
            f'<span class="s{k % 8}"><i></i>{escape(name)}</span>' for k, name in enumerate(names)
        )
        + "</p>"
    )


def _figure(title: str, inside: str) -> str:
    return f"<figure><figcaption>{escape(title)}</figcaption>{inside}</figure>"


def _short(name: str, most: int = 22) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"
