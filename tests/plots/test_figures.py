"""What the paper's figures show, drawn from tables."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PolyCollection

from ibsweep.analysis import mean_curves
from ibsweep.plots.activity import activity_bins, largest_activity
from ibsweep.plots.pages import picture_page
from ibsweep.plots.panels import plane_grid
from ibsweep.plots.penalties import penalties
from ibsweep.plots.scatter import activations_scatter, initialisations_scatter
from tests.support.records import EPOCHS, LAYERS, SAMPLES, make_curves


def means(shift=0.0):
    curves = [make_curves(seed).assign(network=str(seed)) for seed in range(3)]
    return mean_curves(pd.concat(curves).assign(i_xt=lambda table: table["i_xt"] - shift))


def titles(figure):
    return [axes.get_title(loc="left") for axes in figure.axes if axes.get_title(loc="left")]


def test_panels_share_axes_and_colours_and_carry_the_paper_s_letters():
    figure = plane_grid({"relu": means(), "tanh": means(1.0)}, samples=SAMPLES, band=True)
    assert titles(figure) == ["(a) relu", "(b) tanh"]
    relu, tanh, bar = figure.axes
    assert relu.get_xlim() == tanh.get_xlim() and relu.get_ylim() == tanh.get_ylim()
    assert relu.get_xlim()[1] > 4 > tanh.get_xlim()[0]
    assert bar.get_ylabel() == "epoch + 1"
    intervals, paths = sorted(relu.findobj(LineCollection), key=lambda one: one.get_zorder())
    assert len(paths.get_segments()) == len(LAYERS) * (len(EPOCHS) - 1)
    assert len(intervals.get_segments()) > 2 * len(LAYERS)


def test_where_the_label_is_given_the_ceiling_is_lower_by_its_entropy():
    panels = {"I(X;T)": make_curves(0), "I(X;T|Y)": make_curves(1)}
    figure = plane_grid(panels, samples=SAMPLES, given={"I(X;T|Y)": 0.75})
    lines = [
        {x for line in axes.lines for x in line.get_xdata() if line.get_linestyle() == "--"}
        for axes in figure.axes[:2]
    ]
    assert lines == [{np.log2(SAMPLES)}, {np.log2(SAMPLES) - 0.75}]


def test_a_gallery_of_any_number_fills_its_rows():
    panels = {f"seed {k}": make_curves(k) for k in range(10)}
    figure = plane_grid(panels, samples=SAMPLES, columns=4)
    assert titles(figure) == list(panels)
    assert sum(axes.get_visible() for axes in figure.axes) == 10 + 1


def test_no_panels_are_an_error():
    with pytest.raises(ValueError, match="panels must hold a plane, got none"):
        plane_grid({}, samples=SAMPLES)


def test_the_largest_activity_marks_what_a_common_range_leaves_empty():
    table = pd.DataFrame(
        {
            "epoch": [0, 1, 9],
            "max_activity/layer_1": [1.0, 2.0, 3.0],
            "max_activity/layer_2": [0.5, 4.0, 8.0],
            "max_activity/hidden": [1.0, 4.0, 8.0],
        }
    )
    left, right = largest_activity(table).axes
    assert left.lines[-1].get_ydata().tolist() == [1, 4, 8]
    labels = [text.get_text() for text in right.get_legend().get_texts()]
    assert labels == ["layer 1", "layer 2"]
    red, yellow = right.findobj(PolyCollection)
    assert red.get_paths()[0].get_extents().ymax == 8  # the range over all epochs
    assert yellow.get_paths()[0].get_extents().ymin == 0.5  # the smallest layer


def test_the_fullest_bin_says_how_little_fixed_bins_see():
    values = np.r_[np.linspace(0, 0.1, 90), np.linspace(0.2, 10, 10)]
    edges = {"fixed": np.array([5.0]), "adaptive": np.array([values[50]])}
    first, second = activity_bins(values, edges, title="layer 5").axes
    assert [text.get_text() for text in first.texts] == ["fullest bin: 95%"]
    assert [text.get_text() for text in second.texts] == ["fullest bin: 50%"]


def test_penalties_are_shown_together_and_layer_by_layer():
    figure = penalties({0.03: means(1.0), 0.0: means()}, samples=SAMPLES)
    shown = titles(figure)
    assert shown[:2] == ["(a) L2 penalty 0", "(b) L2 penalty 0.03"]
    assert shown[2:] == ["(c) layer 1", "(d) layer 2", "(e) output"]
    legend = next(axes.get_legend() for axes in figure.axes if axes.get_legend())
    assert [text.get_text() for text in legend.get_texts()] == ["0", "0.03"]


def test_each_initialisation_is_a_point_and_failed_ones_are_crosses():
    table = pd.DataFrame(
        {
            "score": [0.1, 0.2, np.nan, 0.4],
            "accuracy/test": [0.9, 0.8, 0.7, 0.5],
            "failed_to_train": [0.0, 0.0, 0.0, 1.0],
        }
    )
    figure = initialisations_scatter(table, {"hidden": "score"}, notes={"hidden": "r = 1"})
    points, crosses = figure.axes[0].lines
    assert points.get_xdata().tolist() == [0.1, 0.2]
    assert crosses.get_xdata().tolist() == [0.4] and crosses.get_marker() == "x"
    assert "r = 1" in [text.get_text() for text in figure.axes[0].texts]


def test_activations_are_named_points_with_intervals():
    columns = ["activation", "score", "score_half", "accuracy", "accuracy_half"]
    rows = [("relu", 0.1, 0.01, 0.9, 0.01), ("centered_softplus", 0.2, 0.01, 0.95, 0.02)]
    axes = activations_scatter(pd.DataFrame(rows, columns=columns), note="n = 2").axes[0]
    assert {"relu", "centered softplus", "n = 2"} == {text.get_text() for text in axes.texts}


def test_a_figure_becomes_a_page_with_its_text_as_text():
    html = picture_page("fig6", plane_grid({"relu": means()}, samples=SAMPLES))
    assert html.count("<svg") == 1 and ">(a) relu<" in html
    assert len(html) < 1e6  # without plotly.js
