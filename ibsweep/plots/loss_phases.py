"""Draws a layer's information above the training loss and its slope, on one time axis."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ibsweep.plots.axes import TWO_COLUMNS, canvas, headline, tidy
from ibsweep.plots.drawing import check_one_plane
from ibsweep.plots.style import INK, SERIES, long_name
from ibsweep.scores.onsets import loss_phases, smoothed_loss

_NAMES = ("I(X; T)  [bits]", "loss  [nats]", "slope  [nats / doubling]")


def loss_phases_figure(curves: pd.DataFrame, training: pd.DataFrame) -> Figure:
    """Draw when a layer fits and compresses, and when the loss falls.

    A thin line a network, a thick one their mean. Vertical lines: medians over networks of the
    onset of the first compression (dashed) and of the steepest fall of the loss (dotted).

    Args:
        curves: `network, epoch, layer, estimator, part, i_xt` of one layer, estimator and part,
            of the seeds of one configuration.
        training: `network, epoch, loss/train` of these networks.

    Returns:
        A figure of a page's width.

    Raises:
        ValueError: If the curves are of several layers, estimators or parts, or too short.
    """
    check_one_plane(curves, "estimator", "part", "layer")
    table = loss_phases(curves.assign(part="all"), training)
    losses = {name: smoothed_loss(rows) for name, rows in training.groupby("network")}
    smooth = pd.concat(losses, names=["network"]).reset_index(level=0)
    figure = canvas(TWO_COLUMNS, 5.2)
    panels = figure.subplots(3, 1, sharex=True)
    columns = ((curves, "i_xt"), (smooth, "loss"), (smooth, "slope"))
    for axes, (rows, column), name, colour in zip(panels, columns, _NAMES, SERIES, strict=False):
        _draw(axes, rows, column, colour)
        axes.set_ylabel(name, fontsize=8.5, color=INK)
        axes.axvline(table["steepest_epoch"].median() + 1, color=INK, linestyle=":", linewidth=1)
        if table["onset_epoch"].notna().any():
            onset = table["onset_epoch"].median() + 1
            axes.axvline(onset, color=INK, linestyle="--", linewidth=1)
    begun, total = int(table["onset_epoch"].notna().sum()), len(table)
    what = f"{long_name(str(curves['layer'].iloc[0]))} by {curves['estimator'].iloc[0]}"
    headline(panels[0], f"{what}: {begun} of {total} networks compress")
    panels[-1].set_xscale("log", base=2)
    panels[-1].set_xlabel("epoch + 1", fontsize=8.5, color=INK)
    note = "dotted: steepest fall of the loss; dashed: onset of the first compression (medians)"
    figure.text(0.995, -0.005, note, fontsize=7, color=INK, ha="right", va="top")
    return figure


def _draw(axes: Axes, table: pd.DataFrame, column: str, colour: str) -> None:
    """Draw each network's curve and their mean."""
    ordered = table.sort_values("epoch", kind="stable")
    for _, rows in ordered.groupby("network", sort=False):
        axes.plot(rows["epoch"] + 1, rows[column], color=colour, linewidth=0.6, alpha=0.35)
    mean = ordered.groupby("epoch")[column].mean()
    axes.plot(mean.index + 1, mean, color=colour, linewidth=1.8)
    axes.tick_params(labelsize=7.5)
    tidy(axes)
