"""Draws information planes."""

import math

import numpy as np
import pandas as pd
from matplotlib import ticker
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Colormap, LogNorm
from matplotlib.figure import Figure
from scipy.optimize import isotonic_regression

from ibsweep.checks import integer
from ibsweep.compression import SATURATION
from ibsweep.plots.style import FAINT, GRID, INK, epoch_colours, long_name, short_name, spread

_MARKERS = 30
_ERROR_BARS = 9
_ROOMY = 8
_LEADER = {
    "arrowstyle": "-",
    "color": FAINT,
    "linewidth": 0.6,
    "relpos": (0.5, 0.0),
    "shrinkA": 0,
    "shrinkB": 4,
}


def information_plane(
    curves: pd.DataFrame,
    *,
    samples: int,
    title: str,
    band: bool = False,
    estimand: str | None = None,
) -> Figure:
    """Draw one estimator's information plane: a line per layer, coloured by epoch.

    Args:
        curves: `epoch, layer, estimator, part, i_xt, i_ty` in bits, of one estimator and part of
            the data; with `band` also `i_xt_low`, `i_xt_high`, `i_ty_low`, `i_ty_high`, as
            `analysis.mean_curves` returns. A column `i_ty_floor` is drawn as dotted lines.
        samples: Number of patterns that information was measured on: no layer can carry more
            about the input than its log2.
        title: Title of the figure.
        band: Draw 95 % intervals over seeds, on both axes.
        estimand: What is estimated, e.g. `H(EBAB30(T))`; the estimator's name if None.

    Returns:
        A figure that no pyplot knows of; `savefig` writes it.

    Raises:
        ValueError: If the curves are not of one estimator, one part and one network (or mean).
    """
    check_one_plane(curves, "estimator", "part", "network")
    ceiling = math.log2(integer("samples", samples, minimum=1))
    figure = Figure(figsize=(6.6, 4.6), dpi=120, layout=None)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.095, 0.125, 0.765, 0.785))
    last = max(int(curves["epoch"].max()), 1)
    colours, norm = epoch_colours(), LogNorm(1, last + 1)
    drawn = _drawable(axes, curves.sort_values("epoch", kind="stable"))
    for _, layer in drawn.groupby("layer", sort=False):
        _draw_layer(axes, layer, colours=colours, norm=norm, band=band)
    _set_limits(axes, drawn, ceiling)
    _draw_ceiling(axes, ceiling, samples)
    _label_layers(axes, drawn, saturated=saturated_layers(drawn, ceiling))
    _decorate(axes, title, estimand or str(curves["estimator"].iloc[0]))
    _draw_colourbar(figure, colours, norm)
    return figure


def check_one_plane(curves: pd.DataFrame, *of_one: str) -> None:
    """Check that the curves are those of one plane.

    Args:
        curves: Table of curves.
        *of_one: Columns that must hold a single value, if they are there.

    Raises:
        ValueError: If one does not.
    """
    for name in of_one:
        found = sorted(map(str, curves[name].unique())) if name in curves else ["one"]
        if len(found) != 1:
            raise ValueError(f"curves must be of one {name}, got {len(found)}: {found[:5]}")


def _drawable(axes: Axes, curves: pd.DataFrame) -> pd.DataFrame:
    """Return the points that can be drawn, and say in the figure how many cannot."""
    finite = np.isfinite(curves[["i_xt", "i_ty"]].to_numpy(float)).all(axis=1)
    missing = int((~finite).sum())
    if missing:
        text = f"{missing} undefined or infinite points not shown"
        axes.text(0.01, 0.015, text, transform=axes.transAxes, fontsize=7.5, color=FAINT)
    return curves[finite]


def _draw_layer(
    axes: Axes, layer: pd.DataFrame, *, colours: Colormap, norm: LogNorm, band: bool
) -> None:
    """Draw one layer's way through the plane, its epochs ascending."""
    points = layer[["i_xt", "i_ty"]].to_numpy(float)
    shade = norm(layer["epoch"].to_numpy(float) + 1)
    shown = spread(shade, _MARKERS)
    if band:
        _draw_error_bars(axes, layer.iloc[spread(shade, _ERROR_BARS)], colours, norm)
    steps = np.stack([points[:-1], points[1:]], axis=1)
    if "i_ty_floor" in layer:
        floor = layer["i_ty_floor"].to_numpy(float)
        axes.plot(points[:, 0], floor, color=FAINT, linewidth=0.9, linestyle=":", zorder=1)
    line = LineCollection(list(steps), colors=colours(shade[1:]), linewidths=1.3, capstyle="round")
    axes.add_collection(line, autolim=False)
    x, y = points[shown].T
    axes.scatter(x, y, s=9, c=colours(shade[shown]), linewidths=0, zorder=3)
    axes.scatter(
        x[-1:], y[-1:], s=46, c=colours(shade[-1:]), edgecolors="white", linewidths=1, zorder=5
    )


def _draw_error_bars(axes: Axes, rows: pd.DataFrame, colours: Colormap, norm: LogNorm) -> None:
    """Draw light crosses: the 95 % intervals of both quantities."""
    x, x_low, x_high = (rows[name].to_numpy(float) for name in ("i_xt", "i_xt_low", "i_xt_high"))
    y, y_low, y_high = (rows[name].to_numpy(float) for name in ("i_ty", "i_ty_low", "i_ty_high"))
    across = np.stack([np.stack([x_low, y], axis=1), np.stack([x_high, y], axis=1)], axis=1)
    along = np.stack([np.stack([x, y_low], axis=1), np.stack([x, y_high], axis=1)], axis=1)
    shade = colours(norm(rows["epoch"].to_numpy(float) + 1))
    bars = LineCollection(
        [*across, *along], colors=np.tile(shade, (2, 1)), linewidths=2.2, alpha=0.35, zorder=2
    )
    axes.add_collection(bars, autolim=False)


def _set_limits(axes: Axes, curves: pd.DataFrame, ceiling: float) -> None:
    """Show everything from zero to the ceiling, and leave room for the labels above."""
    x = curves[[name for name in curves if str(name).startswith("i_xt")]].to_numpy(float)
    y = curves[[name for name in curves if str(name).startswith("i_ty")]].to_numpy(float)
    right, top = np.nanmax(x, initial=ceiling), np.nanmax(y, initial=0.05)
    left, bottom = np.nanmin(x, initial=0.0), np.nanmin(y, initial=0.0)
    axes.set_xlim(left - 0.02 * right, 1.05 * right)
    axes.set_ylim(bottom - 0.02 * top, 1.17 * top)


def _draw_ceiling(axes: Axes, ceiling: float, samples: int) -> None:
    """Mark the most that any layer can carry about the input."""
    axes.axvline(ceiling, ymax=0.88, color=FAINT, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    axes.annotate(
        f"log₂ {samples} = {ceiling:.4g} bits",
        (ceiling, 0.03),
        xycoords=("data", "axes fraction"),
        xytext=(4, 0),
        textcoords="offset points",
        rotation=90,
        ha="left",
        va="bottom",
        fontsize=7.5,
        color=FAINT,
    )


def saturated_layers(curves: pd.DataFrame, ceiling: float) -> set[str]:
    """Return the layers that are at the ceiling all along: they cannot show compression.

    Args:
        curves: `layer, i_xt` of one network or of means.
        ceiling: log2 of the number of samples, bits.
    """
    lowest = curves.groupby("layer", sort=False)["i_xt"].min()
    return set(lowest.index[lowest > SATURATION * ceiling])


def _label_layers(axes: Axes, curves: pd.DataFrame, *, saturated: set[str]) -> None:
    """Write each layer's name above the plane, tied to its last point; * if it is saturated."""
    if saturated:
        note = "* at the ceiling all along: cannot show compression"
        axes.set_title(note, loc="right", fontsize=7.5, color=FAINT)
    final = curves.groupby("layer", sort=False).tail(1).sort_values("i_xt", kind="stable")
    left, right = axes.get_xlim()
    places = _apart((final["i_xt"].to_numpy(float) - left) / (right - left))
    crowded = len(final) > _ROOMY
    for row, place in zip(final.itertuples(), places, strict=True):
        name = str(row.layer)
        label = short_name(name) if crowded else long_name(name)
        axes.annotate(
            label + "*" * (name in saturated),
            (row.i_xt, row.i_ty),
            xytext=(place, 0.955),
            textcoords="axes fraction",
            ha="center",
            va="center",
            fontsize=7.5 if crowded else 8.5,
            color=INK,
            arrowprops=_LEADER,
            zorder=4,
        )


def _apart(wanted: np.ndarray) -> np.ndarray:
    """Move ascending positions in [0, 1] as little as needed to keep labels from touching."""
    gap = min(0.115 if len(wanted) <= _ROOMY else 0.06, 0.9 / max(len(wanted) - 1, 1))
    steps = gap * np.arange(len(wanted))
    placed = np.asarray(isotonic_regression(wanted - steps).x)
    return np.clip(placed, 0.05, 0.95 - steps[-1]) + steps


def _decorate(axes: Axes, title: str, estimand: str) -> None:
    """Name the axes and take away what says nothing."""
    axes.set_title(title, fontsize=11, color=INK, loc="left", pad=9)
    axes.set_xlabel(f"I(X; T) by {estimand}  [bits]", fontsize=9.5, color=INK)
    axes.set_ylabel(f"I(T; Y) by {estimand}  [bits]", fontsize=9.5, color=INK)
    axes.tick_params(labelsize=8.5, color=FAINT, labelcolor=INK, length=3)
    axes.grid(color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(FAINT)


def _draw_colourbar(figure: Figure, colours: Colormap, norm: LogNorm) -> None:
    """Explain the colours."""
    axes = figure.add_axes((0.885, 0.125, 0.018, 0.785))
    bar = figure.colorbar(ScalarMappable(norm, colours), cax=axes)
    bar.outline.set_visible(False)
    bar.set_label("epoch + 1", fontsize=9, color=INK)
    axes.yaxis.set_minor_locator(ticker.NullLocator())
    axes.tick_params(labelsize=8, color=FAINT, labelcolor=INK, length=2)
