"""The time axis that information and loss share."""

import pandas as pd
import pytest

from ibsweep.plots.loss_phases import loss_phases_figure
from tests.scores.test_onsets import networks


def test_information_loss_and_slope_share_the_time_axis_and_both_marks():
    curves, training = networks(3, onset=6.0, steepest=4.0)
    information, loss, slope = loss_phases_figure(curves, training).axes
    assert information.get_title(loc="left") == "layer 3 by lossy: 3 of 3 networks compress"
    assert information.get_xlim() == loss.get_xlim() == slope.get_xlim()
    for axes in (information, loss, slope):
        *lines, steepest, onset = axes.lines
        assert len(lines) == 3 + 1
        assert steepest.get_xdata()[0] == pytest.approx(2**4, rel=0.25)
        assert onset.get_xdata()[0] == pytest.approx(2**6, rel=0.25)
    assert min(slope.lines[3].get_ydata()) == pytest.approx(-2.3 / 2, rel=0.2)


def test_without_compression_there_is_no_onset_to_mark():
    curves, training = networks(2, onset=20.0, steepest=4.0)
    axes = loss_phases_figure(curves, training).axes[0]
    assert "0 of 2 networks compress" in axes.get_title(loc="left")
    assert len(axes.lines) == 2 + 1 + 1


def test_several_layers_are_an_error():
    curves, training = networks(1, onset=6.0, steepest=4.0)
    both = pd.concat([curves, curves.assign(layer="output")])
    with pytest.raises(ValueError, match="curves must be of one layer, got 2"):
        loss_phases_figure(both, training)
