"""Scores against accuracies, a panel a group: points, crosses, and r with its interval."""

import numpy as np
import pytest

from ibsweep.analysis.headlines import headline_correlations, interval
from ibsweep.plots.clouds import clouds
from ibsweep.reports.clouds import group_clouds
from tests.analysis.test_headlines import HIDDEN, networks


def points(axes, style):
    return sum(len(line.get_xdata()) for line in axes.lines if line.get_marker() == style)


def test_each_group_has_a_panel_for_each_score_that_says_r_with_its_interval():
    runs = networks(slope=1.0)
    figure = group_clouds(runs)
    titles = [axes.get_title("left") for axes in figure.axes]
    assert [title.split("\n")[0] for title in titles] == [
        "relu, hidden layers",
        "relu, output layer",
        "tanh, hidden layers",
        "tanh, output layer",
    ]
    row = headline_correlations(runs).query(
        f"group == 'relu' and score == '{HIDDEN}' and without_failed"
    )
    assert interval(row.iloc[0].to_dict()) in titles[0]
    for axes in figure.axes:
        assert (points(axes, "o"), points(axes, "x")) == (20, 0)


def test_networks_that_failed_to_train_are_crosses():
    runs = networks()
    runs.loc[:2, "failed_to_train"] = 1.0
    panel = group_clouds(runs).axes[0]
    assert (points(panel, "o"), points(panel, "x")) == (17, 3)


def test_networks_that_are_all_alike_share_a_panel():
    runs = networks().query("activation == 'relu'")
    (axes,) = group_clouds(runs, score=[HIDDEN]).axes
    assert axes.get_title("left").startswith("all networks, hidden layers\n")


def test_an_undefined_score_is_not_drawn():
    runs = networks()
    runs.loc[:4, HIDDEN] = np.nan
    figure = group_clouds(runs, score=[HIDDEN], against="accuracy/test")
    xs = np.concatenate([line.get_xdata() for line in figure.axes[0].lines])
    assert np.isfinite(xs).sum() == 15


def test_nothing_cannot_be_drawn():
    with pytest.raises(ValueError, match="panels must hold a group of networks, got none"):
        clouds([])
