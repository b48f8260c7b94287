"""The figure of a calibration shows every cell of its table."""

import numpy as np
import pandas as pd
import pytest

from ibsweep.plots.calibration import calibration
from ibsweep.plots.style import SERIES


def table(distributions=("normal", "uniform"), sd=0.1):
    rows = [
        (law, estimator, 5000, truth, truth - shift, sd)
        for law in distributions
        for estimator, shift in {"kl": 0.1, "ksg": 0.5}.items()
        for truth in (0.0, 1.0, 4.0)
    ]
    return pd.DataFrame(
        rows, columns=["distribution", "estimator", "samples", "truth", "mean", "sd"]
    )


def drawn(cells):
    return calibration(cells, panels=["distribution", "samples"])


def panels(figure):
    return [axes for axes in figure.axes if axes.axison]


def test_a_panel_a_kind_of_sample_and_a_line_an_estimator():
    figure = drawn(table())
    assert [axes.get_title(loc="left") for axes in panels(figure)] == [
        "normal, samples 5000",
        "uniform, samples 5000",
    ]
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["truth", "kl", "ksg"]


@pytest.mark.parametrize("distributions", [["normal"], list("abcde")])
def test_the_legend_is_inside_the_picture(distributions):
    cells = table(distributions)
    more = [cells.assign(estimator=f"{name}_subsampled") for name in ("kl", "wkl", "ksg")]
    figure = drawn(pd.concat([cells, *more]))
    figure.canvas.draw()
    inside = figure.bbox.padded(1)  # of rounding
    place = figure.legends[0].get_window_extent()
    assert inside.contains(place.x0, place.y0) and inside.contains(place.x1, place.y1)


def test_lines_are_truth_against_mean():
    (axes,) = panels(drawn(table(["normal"])))
    lines = {line.get_label(): line for line in axes.containers}
    x, y = lines["ksg"].lines[0].get_data()
    assert np.array_equal(x, [0.0, 1.0, 4.0])
    assert np.array_equal(y, [-0.5, 0.5, 3.5])
    assert [line.lines[0].get_color() for line in axes.containers] == list(SERIES[:2])


def test_a_single_seed_has_no_bars(tmp_path):
    figure = drawn(table(sd=np.nan))
    figure.savefig(tmp_path / "figure.png")
    bars = panels(figure)[0].containers[0].lines[2][0].get_segments()
    assert all(np.ptp(bar[:, 1]) == 0 for bar in bars)


def test_nothing_cannot_be_drawn():
    with pytest.raises(ValueError, match="rows of the table must be an integer ≥ 1, got 0"):
        drawn(table([]))
