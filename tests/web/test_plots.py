"""Curves as SVG."""

from lora_demo.web.views import plots


def test_thinning_keeps_the_last_point_and_ticks_are_round():
    points = [(i, i) for i in range(1000)]
    assert plots.thinned(points, 100)[-1] == (999, 999) and len(plots.thinned(points, 100)) <= 100
    assert plots._ticks(0, 40, 5) == [0, 10, 20, 30, 40]


def test_a_flat_curve_and_none_at_all_can_be_drawn():
    assert "polyline" in plots.plot("Loss", [plots.Series("x", [(1, 2.0)], "eval", dots=True)])
    assert "begins with the first step" in plots.plot("Loss", [plots.Series("x", [], "eval")])
