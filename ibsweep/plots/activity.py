"""Draws how large activity is and how bins divide it: figures 1 and 2 of the paper."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ibsweep.plots.axes import TWO_COLUMNS, canvas, headline, tidy
from ibsweep.plots.style import FAINT, INK, SERIES, long_name

_RED, _YELLOW = "#d55e00", "#f0e442"


def largest_activity(training: pd.DataFrame) -> Figure:
    """Draw the largest activity at each epoch, of the network and of each hidden layer (Fig 1).

    Red: what a range taken over all epochs leaves empty. Yellow: what a range taken over all
    layers leaves empty in the layer whose activity is smallest.

    Args:
        training: `epoch, max_activity/hidden, max_activity/<layer>` of one network, in units of
            the activity.

    Returns:
        A figure of a page's width.
    """
    rows = training.sort_values("epoch")
    epochs, network = rows["epoch"] + 1, rows["max_activity/hidden"]
    layers = [name for name in rows if name.startswith("max_activity/layer")]
    figure = canvas(TWO_COLUMNS, 2.7)
    left, right = figure.subplots(1, 2, sharex=True, sharey=True)
    for axes in (left, right):
        axes.fill_between(epochs, network, network.max(), color=_RED, alpha=0.2, linewidth=0)
        axes.axhline(network.max(), color=FAINT, linewidth=0.9, linestyle=(0, (4, 3)))
    left.plot(epochs, network, color=INK, linewidth=1.5)
    lowest = rows[layers].min(axis=1)
    right.fill_between(epochs, lowest, network, color=_YELLOW, alpha=0.35, linewidth=0)
    for name, colour in zip(layers, SERIES, strict=False):
        label = long_name(name.removeprefix("max_activity/"))
        right.plot(epochs, rows[name], color=colour, linewidth=1.4, label=label)
    right.legend(fontsize=7.5, frameon=False, loc="upper left")
    for axes, title, letter in ((left, "network", "a"), (right, "layers", "b")):
        _finish(axes, title, letter)
        axes.set_xscale("log")
        axes.set_xlabel("epoch + 1", fontsize=9, color=INK)
    left.set_ylabel("largest |activity|", fontsize=9, color=INK)
    return figure


def activity_bins(values: np.ndarray, edges: Mapping[str, np.ndarray], *, title: str) -> Figure:
    """Draw one layer's histogram with the inner edges of several binnings over it (Fig 2).

    Args:
        values: Activities, any shape.
        edges: Name of each binning to its inner edges, in units of the activity.
        title: Which layer and epoch it is.

    Returns:
        A figure of a page's width, one panel a binning.
    """
    pooled = np.asarray(values, dtype=float).ravel()
    figure = canvas(TWO_COLUMNS, 2.7)
    panels = figure.subplots(1, len(edges), squeeze=False, sharex=True, sharey=True)[0]
    for axes, (name, inner), letter in zip(panels, edges.items(), "abcdefgh", strict=False):
        axes.hist(pooled, bins=100, color=SERIES[0], alpha=0.75, log=True)
        axes.vlines(
            np.unique(inner), 0, 1, transform=axes.get_xaxis_transform(), color=_RED, linewidth=0.6
        )
        share = np.bincount(np.searchsorted(np.sort(inner), pooled, side="right")).max()
        note = f"fullest bin: {share / pooled.size:.0%}"
        axes.text(
            0.98, 0.95, note, transform=axes.transAxes, fontsize=8, color=INK, ha="right", va="top"
        )
        _finish(axes, name, letter)
        axes.set_xlabel(f"activity, {title}", fontsize=9, color=INK)
    panels[0].set_ylabel("values", fontsize=9, color=INK)
    return figure


def _finish(axes: Axes, title: str, letter: str) -> None:
    tidy(axes)
    axes.tick_params(labelsize=8)
    headline(axes, title, letter=letter)
