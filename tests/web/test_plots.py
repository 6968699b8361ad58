"""Curves as SVG, with what the page's script needs to read, switch and save them."""

import json
import re
from html import unescape

from lora_demo.web.views import plots


def test_thinning_keeps_the_last_point_and_ticks_are_round():
    points = [(i, i) for i in range(1000)]
    assert plots.thinned(points, 100)[-1] == (999, 999)
    assert len(plots.thinned(points, 100)) <= 100
    assert plots._ticks(0, 40, 5) == [0, 10, 20, 30, 40]


def test_a_flat_curve_and_none_at_all_can_be_drawn():
    assert "polyline" in plots.plot("Loss", [plots.Series("x", [(1, 2.0)], "eval", dots=True)])
    assert "begins with the first step" in plots.plot("Loss", [plots.Series("x", [], "eval")])


def test_a_plot_carries_its_values_and_marks_the_parts_of_each_curve():
    curves = [
        plots.Series("no points", [], "train"),
        plots.Series('"<a>"', [(0, 2.0), (5, 1.5)], "eval", dots=True),
    ]
    html = plots.plot("Loss", curves, x_end=5, unit="per token")
    values = json.loads(unescape(re.search('data-plot="(.*?)"', html)[1]))
    assert values["curves"] == [{"name": '"<a>"', "points": [[0, 2.0], [5, 1.5]]}]
    assert (values["x"], values["unit"], values["step"]) == ([0, 5], "per token", "step")
    assert len(re.findall('<(?:polyline|i|button) data-curve="0"', html)) == 4, (
        "a line, 2 dots, a key"
    )
    assert "<a>" not in html and html.count("data-save=") == 3
    assert 'class="unit">per token<' in html
    assert 'role="slider" tabindex="0"' in html


def test_an_empty_plot_has_nothing_to_read_or_to_save():
    html = plots.plot("Loss", [plots.Series("x", [], "eval")])
    assert "data-save" not in html and "slider" not in html
