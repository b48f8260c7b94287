"""Correlations against the epoch."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from ibsweep.plots.correlations import correlations_figure


def table(layers=("layer_1", "output"), estimator="ebab"):
    epochs = np.array([0, 1, 3, 7])
    tables = [
        pd.DataFrame({"epoch": epochs, "r": 0.1 * epochs, "r_low": -0.2, "r_high": 0.9}).assign(
            layer=layer, score=score, without_failed=without, estimator=estimator
        )
        for layer in layers
        for score in ("compression", "i_xt", "i_ty")
        for without in (False, True)
    ]
    return pd.concat(tables, ignore_index=True).assign(n=50, r_critical=0.28)


def test_each_layer_has_a_panel_with_a_line_and_a_band_a_score():
    figure = correlations_figure(table())
    shown = [axes for axes in figure.axes if axes.get_visible()]
    assert [axes.get_title(loc="left") for axes in shown] == ["(a) layer 1", "(b) output"]
    for axes in shown:
        thick = [line for line in axes.lines if line.get_linewidth() > 1]
        assert [line.get_xdata().tolist() for line in thick] == [[1, 2, 4, 8]] * 3
        assert len({to_hex(line.get_color()) for line in thick}) == len(axes.collections) == 3
    (legend,) = figure.legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["compression so far", "I(X; T)", "I(T; Y)"]


def test_two_estimators_are_an_error():
    both = pd.concat([table(), table(estimator="kde")])
    with pytest.raises(ValueError, match="curves must be of one estimator, got 2"):
        correlations_figure(both)
