"""Draws planes under growing penalties: figure 8 of the paper."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ibsweep.plots.axes import TWO_COLUMNS, canvas, headline, share_colourbar, tidy
from ibsweep.plots.drawing import Look, draw_plane, epoch_norm
from ibsweep.plots.labels import draw_ceiling
from ibsweep.plots.style import INK, long_name


def penalties(means: Mapping[float, pd.DataFrame], *, samples: int) -> Figure:
    """Draw all layers for each penalty, then each layer for all penalties (Fig 8).

    Args:
        means: Penalty to mean curves with their intervals, as `analysis.mean_curves` returns.
        samples: Number of patterns that information was measured on.

    Returns:
        A figure of a page's width.
    """
    ordered = {value: means[value] for value in sorted(means)}
    layers = list(dict.fromkeys(next(iter(ordered.values()))["layer"]))
    figure = canvas(TWO_COLUMNS * 1.25, 6.2)
    above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=(1, 1.6))[:, 0]
    top = above.subplots(1, len(ordered), sharex=True, sharey=True, squeeze=False)[0]
    look = Look(samples, epoch_norm(pd.concat(ordered.values())), band=True, compact=True)
    for axes, (value, curves), letter in zip(top, ordered.items(), "abcdefgh", strict=False):
        draw_plane(axes, curves, look)
        draw_ceiling(axes, samples)
        _finish(axes, f"L2 penalty {value:g}", letter)
    share_colourbar(above, list(top), look.norm)
    columns = -(-len(layers) // 2)
    grid = below.subplots(2, columns, squeeze=False)
    letters = "abcdefghijklmnopqrstuvwxyz"[len(ordered) :]
    for axes, layer, letter in zip(grid.flat, layers, letters, strict=False):
        _draw_layer(axes, layer, ordered)
        _finish(axes, long_name(layer), letter)
    for axes in grid.flat[len(layers) :]:
        axes.set_visible(False)
    grid[0, 0].legend(fontsize=7, frameon=False, title="L2 penalty", title_fontsize=7)
    for part in (above, below):
        part.supxlabel("I(X; T)  [bits]", fontsize=9, color=INK)
        part.supylabel("I(T; Y)  [bits]", fontsize=9, color=INK)
    return figure


def _draw_layer(axes: Axes, layer: str, means: Mapping[float, pd.DataFrame]) -> None:
    """Draw one layer's paths, a colour a penalty; a dot where training ends."""
    colours = colormaps["viridis"](np.linspace(0.0, 0.88, len(means)))
    for (value, curves), colour in zip(means.items(), colours, strict=True):
        rows = curves[curves["layer"] == layer].sort_values("epoch")
        x, y = rows["i_xt"].to_numpy(float), rows["i_ty"].to_numpy(float)
        axes.plot(x, y, color=colour, linewidth=1.2, label=f"{value:g}")
        axes.errorbar(
            x[-1],
            y[-1],
            xerr=rows["i_xt_high"].to_numpy(float)[-1] - x[-1],
            yerr=rows["i_ty_high"].to_numpy(float)[-1] - y[-1],
            color=colour,
            marker="o",
            markersize=4,
            elinewidth=1.2,
        )


def _finish(axes: Axes, title: str, letter: str) -> None:
    tidy(axes)
    axes.tick_params(labelsize=7)
    headline(axes, title, letter=letter)
