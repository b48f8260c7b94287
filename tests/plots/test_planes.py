"""What can be read off an information plane."""

import io
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.text import Text

from ibsweep.analysis import mean_curves
from ibsweep.plots.planes import information_plane
from tests.support.records import SAMPLES, make_curves


def plane(curves=None, **options):
    curves = make_curves() if curves is None else curves
    return information_plane(curves, **{"samples": SAMPLES, "title": "relu", **options})


def texts(figure: Figure):
    axes = figure.axes[0]
    return [text.get_text() for text in axes.texts]


def overlaps(figure: Figure):
    """Return the pairs of texts inside the axes that touch."""
    figure.draw_without_rendering()
    boxes = [Text.get_window_extent(text) for text in figure.axes[0].texts]  # without the leader
    return [
        (one, other) for k, one in enumerate(boxes) for other in boxes[:k] if one.overlaps(other)
    ]


def averaged(networks=3):
    curves = [make_curves(seed).assign(network=str(seed)) for seed in range(networks)]
    return mean_curves(pd.concat(curves))


def test_every_layer_is_named_and_the_ceiling_is_drawn():
    figure = plane()
    assert {"layer 1*", "layer 2", "output", "log₂ 16 = 4 bits"} == set(texts(figure))
    assert "* at the ceiling all along" in figure.axes[0].get_title(loc="right")
    left, right = figure.axes[0].get_xlim()
    assert left <= 0 and right > 4


def test_the_axes_name_what_is_estimated_and_its_unit():
    axes = plane(estimand="H(EBAB30(T))").axes[0]
    assert axes.get_xlabel() == "I(X; T) by H(EBAB30(T))  [bits]"
    assert axes.get_ylabel() == "I(T; Y) by H(EBAB30(T))  [bits]"
    assert "ebab" in plane().axes[0].get_xlabel()
    assert axes.get_title(loc="left") == "relu"


@pytest.mark.parametrize("layers", [1, 6, 8, 14])
def test_labels_never_overlap_even_where_all_layers_meet(layers):
    names = [f"layer_{k + 1}" for k in range(layers - 1)] + ["output"]
    curves = make_curves(layers=names)
    curves["i_xt"] = 3.9 + 0.01 * curves["i_ty"]
    assert overlaps(plane(curves)) == []


def test_everything_measured_lies_inside_the_axes():
    curves = make_curves()
    axes = plane(curves).axes[0]
    assert axes.get_xlim()[0] < curves["i_xt"].min() and curves["i_xt"].max() < axes.get_xlim()[1]
    assert axes.get_ylim()[0] < curves["i_ty"].min() and curves["i_ty"].max() < axes.get_ylim()[1]


def test_an_averaged_plane_shows_its_intervals():
    means = averaged()
    with_band = plane(means, band=True).axes[0].findobj(LineCollection)
    without = plane(means).axes[0].findobj(LineCollection)
    assert len(with_band) == 2 * len(without)


def test_the_plane_of_a_single_seed_can_be_drawn_with_its_missing_intervals():
    assert "output" in texts(plane(averaged(networks=1), band=True))


def test_colour_orders_the_epochs():
    lines = plane(make_curves(layers=["output"])).axes[0].findobj(LineCollection)
    lightness = lines[0].get_colors()[:, :3] @ [0.2126, 0.7152, 0.0722]
    assert np.all(np.diff(lightness) > -1e-3)
    assert lightness[-1] - lightness[0] > 0.4


def test_a_point_that_cannot_be_drawn_is_mentioned():
    curves = make_curves()
    curves.loc[[3, 70], "i_xt"] = [np.nan, np.inf]
    assert "2 undefined or infinite points not shown" in texts(plane(curves))


def test_a_single_snapshot_can_be_drawn():
    curves = make_curves()
    figure = plane(curves[curves["epoch"] == 0])
    assert "output" in texts(figure)


def test_a_floor_is_drawn_if_it_was_measured():
    curves = make_curves().assign(i_ty_floor=0.02)
    assert len(plane(curves).axes[0].lines) == len(plane().axes[0].lines) + 3


def test_a_floor_measured_at_some_snapshots_is_one_line_through_them():
    curves = make_curves().assign(i_ty_floor=np.nan)
    curves.loc[curves["epoch"].isin([0, 8, 500]), "i_ty_floor"] = 0.02
    lines = [line for line in plane(curves).axes[0].lines if line.get_linestyle() == ":"]
    assert [len(line.get_xdata()) for line in lines] == [3, 3, 3]


@pytest.mark.parametrize(
    ("curves", "message"),
    [
        (make_curves(estimators=("ebab", "kde")), "of one estimator, got 2"),
        (make_curves(parts=("all", "test")), "of one part, got 2"),
        (make_curves().iloc[:0], "of one estimator, got 0"),
    ],
)
def test_curves_of_several_planes_are_refused(curves, message):
    with pytest.raises(ValueError, match=message):
        plane(curves)


def test_it_saves_as_a_picture_in_any_process():
    buffer = io.BytesIO()
    plane().savefig(buffer, format="png")
    assert buffer.getvalue().startswith(b"\x89PNG")
    code = "import sys, ibsweep.plots; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_known_errors_of_one_network_are_bars_and_the_figure_says_so():
    curves = make_curves().assign(i_xt_error=0.7, i_ty_error=np.nan)
    figure, said = plane(curves), "bars: one standard error of an estimate"
    assert said in texts(figure) and said not in texts(plane())
    lines = [one for one in figure.axes[0].collections if isinstance(one, LineCollection)]
    ends = [path.vertices[:, 0].min() for one in lines for path in one.get_paths()]
    assert np.nanmin(ends) == pytest.approx((curves["i_xt"] - 0.7).min())
