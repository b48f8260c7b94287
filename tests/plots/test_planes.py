"""What can be read off an information plane."""

import io
import itertools
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.text import Text

from ibsweep.analysis import mean_curves
from ibsweep.plots.planes import information_plane, plane_pixels
from tests.support.records import SAMPLES, make_curves


def plane(curves=None, **options):
    curves = make_curves() if curves is None else curves
    return information_plane(curves, **{"samples": SAMPLES, "title": "relu", **options})


def texts(figure: Figure):
    return [text.get_text() for text in (*figure.axes[0].texts, *figure.texts) if text.get_text()]


def overlaps(figure: Figure):
    """Return the pairs of texts that touch: names, notes, the title, the axes' labels."""
    axes, bar = figure.axes
    figure.draw_without_rendering()
    around = [axes.xaxis.label, axes.yaxis.label, bar.yaxis.label, *figure.texts]
    shown = [one for one in axes.get_children() + around if isinstance(one, Text)]
    boxes = {one.get_text(): Text.get_window_extent(one) for one in shown if one.get_text()}
    return [(a, b) for a, b in itertools.combinations(boxes, 2) if boxes[a].overlaps(boxes[b])]


def floors(figure: Figure):
    """Return the dotted lines."""
    solid = (0, None)
    lines = [one for one in figure.axes[0].collections if isinstance(one, LineCollection)]
    dotted = [one for one in lines if one.get_linestyle() != [solid]]
    return [line for one in dotted for line in one.get_segments()]


def averaged(networks=3):
    curves = [make_curves(seed).assign(network=str(seed)) for seed in range(networks)]
    return mean_curves(pd.concat(curves))


def test_every_layer_is_named_and_the_ceiling_is_drawn():
    figure = plane()
    note = "* at the ceiling all along: cannot show compression"
    assert {"layer 1*", "layer 2", "output", "log₂ 16 = 4 bits", note} == set(texts(figure))
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


def test_notes_overlap_neither_each_other_nor_a_long_title_or_label():
    curves = make_curves().assign(i_xt_error=0.7, i_ty_error=0.1)
    long = {"title": "relu " * 16, "estimand": "shuffled (neighbours 5, " + "rank " * 5 + ")"}
    figure = plane(curves, **long)
    (notes,) = figure.texts
    assert notes.get_text().startswith("* at") and "; bars: one" in notes.get_text()
    assert overlaps(figure) == []
    box, page = notes.get_window_extent(), figure.bbox
    assert page.x0 < box.x0 < box.x1 < page.x1 and page.y0 <= box.y0


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
    assert floors(plane()) == []
    assert len(floors(plane(make_curves().assign(i_ty_floor=0.02)))) == 3


def test_a_floor_measured_at_some_snapshots_is_one_line_through_them():
    curves = make_curves().assign(i_ty_floor=np.nan)
    curves.loc[curves["epoch"].isin([0, 8, 500]), "i_ty_floor"] = 0.02
    assert [len(line) for line in floors(plane(curves))] == [3, 3, 3]


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
    assert said in texts(figure)[-1] and said not in texts(plane())[-1]
    lines = [one for one in figure.axes[0].collections if isinstance(one, LineCollection)]
    ends = [path.vertices[:, 0].min() for one in lines for path in one.get_paths()]
    assert np.nanmin(ends) == pytest.approx((curves["i_xt"] - 0.7).min())


def test_quickly_drawn_pixels_are_those_of_the_figure_also_after_another_network_s():
    for seed in (0, 1):
        curves = make_curves(seed).assign(i_ty_floor=0.02)
        picture = plane_pixels(curves, samples=SAMPLES, title=f"{seed}", band=False, estimand="e")
        figure = plane(curves, title=f"{seed}", estimand="e")
        figure.canvas.draw()
        differ = picture != np.asarray(figure.canvas.buffer_rgba())
        assert differ.mean() < 1e-3  # where a line crosses an axis


@pytest.mark.parametrize("flag", [0.0, 1.0])
def test_a_plane_says_that_a_layer_has_too_few_samples(flag):
    note = "undersampled: I(X; T) > .1 bits too low"
    flags = {"undersampled": np.where(make_curves()["layer"] == "layer_2", flag, 0.0)}
    for figure in (
        plane(make_curves().assign(**flags)),
        plane(mean_curves(make_curves().assign(network="a", **flags)), band=True),
    ):
        assert any(note in text for text in texts(figure)) == bool(flag)
        assert not overlaps(figure)
    assert not any(note in text for text in texts(plane()))
