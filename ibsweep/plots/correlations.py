"""Draws correlations with an outcome against the epoch at which the score was taken."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ibsweep.plots.axes import TWO_COLUMNS, canvas, headline, tidy
from ibsweep.plots.drawing import check_one_plane
from ibsweep.plots.style import FAINT, INK, SERIES, long_name

_COLUMNS = 3
_NAMES = {"compression": "compression so far", "i_xt": "I(X; T)", "i_ty": "I(T; Y)"}
_NOTE = (
    "bands: 95 % percentile bootstrap over networks;\n"
    "thin dashed: with those that failed to train;"
    " dotted: the |r| that is significant at 5 % for one test"
)


def correlations_figure(table: pd.DataFrame) -> Figure:
    """Draw Pearson's r against the epoch, a panel a layer, a line a score.

    Args:
        table: As `analysis.correlations.correlations_through_training` returns it, of one
            estimator, with a column `score`.

    Returns:
        A figure of a page's width.

    Raises:
        ValueError: If the table is of several estimators.
    """
    check_one_plane(table, "estimator")
    layers = list(table["layer"].unique())
    rows = -(-len(layers) // _COLUMNS)
    figure = canvas(TWO_COLUMNS, 2.1 * rows + 0.6)
    grid = figure.subplots(rows, _COLUMNS, squeeze=False, sharex=True, sharey=True)
    for axes, layer, letter in zip(grid.flat, layers, "abcdefghijklmnopqrstuvwxyz", strict=False):
        _draw(axes, table[table["layer"] == layer])
        headline(axes, long_name(str(layer)), letter=letter)
    for axes in grid.flat[len(layers) :]:
        axes.set_visible(False)
    grid[0, 0].set_xscale("log", base=2)
    grid[0, 0].set_ylim(-1.02, 1.02)
    figure.supxlabel("epoch + 1", fontsize=8.5, color=INK)
    figure.supylabel("r with final test accuracy", fontsize=8.5, color=INK)
    handles, names = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper left", ncols=3, fontsize=7.5, frameon=False)
    trained = table[table["without_failed"]]
    text = f"{table['estimator'].iloc[0]}, n = {int(trained['n'].max())} networks; {_NOTE}"
    figure.text(0.995, -0.005, text, fontsize=6.5, color=INK, ha="right", va="top")
    return figure


def _draw(axes: Axes, table: pd.DataFrame) -> None:
    """Draw one layer's correlations."""
    axes.axhline(0, color=FAINT, linewidth=0.8)
    critical = table["r_critical"].max()
    for end in (-critical, critical):
        axes.axhline(end, color=FAINT, linewidth=0.8, linestyle=":")
    for (score, name), colour in zip(_NAMES.items(), SERIES, strict=False):
        of_it = table[table["score"] == score].sort_values("epoch")
        trained, every = of_it[of_it["without_failed"]], of_it[~of_it["without_failed"]]
        time = trained["epoch"] + 1
        band = trained["r_low"], trained["r_high"]
        axes.fill_between(time, *band, color=colour, alpha=0.15, linewidth=0)
        axes.plot(time, trained["r"], color=colour, linewidth=1.6, label=name)
        axes.plot(every["epoch"] + 1, every["r"], color=colour, linewidth=0.7, linestyle="--")
    axes.tick_params(labelsize=7.5)
    tidy(axes)
