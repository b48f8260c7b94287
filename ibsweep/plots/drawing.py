"""Draws the layers of information planes into axes."""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import Colormap, LogNorm

from ibsweep.checks import integer
from ibsweep.plots.labels import draw_ceiling, label_layers
from ibsweep.plots.style import FAINT, epoch_colours, spread

_MARKERS = 30
_ERROR_BARS = 9
_ON_AXIS = {
    name: {name, f"{name}_low", f"{name}_high", f"{name}_floor"} for name in ("i_xt", "i_ty")
}


class Look(NamedTuple):
    """How planes are drawn; panels that share it can be compared.

    Attributes:
        samples: Number of patterns that information was measured on: no layer can carry more
            about the input than its log2.
        norm: Epoch + 1 to [0, 1], logarithmic.
        band: Draw 95 % intervals over seeds, on both axes.
        compact: Draw a small panel among others: short names, no numbers at the ceiling.
    """

    samples: int
    norm: LogNorm
    band: bool = False
    compact: bool = False

    @property
    def ceiling(self) -> float:
        """The most that a layer can carry about the input, in bits."""
        return math.log2(integer("samples", self.samples, minimum=1))


def draw_plane(axes: Axes, curves: pd.DataFrame, look: Look) -> None:
    """Draw a plane into axes: layers, ceiling, floor, names.

    Args:
        axes: Where.
        curves: As for `information_plane`.
        look: How.

    Raises:
        ValueError: If the curves are not of one estimator, one part and one network (or mean).
    """
    check_one_plane(curves, "estimator", "part", "network")
    drawn = _drawable(axes, curves.sort_values("epoch", kind="stable"))
    if len(drawn):
        _draw_layers(axes, drawn, look)
    set_limits(axes, drawn, look.ceiling)
    draw_ceiling(axes, look.ceiling, None if look.compact else look.samples)
    label_layers(axes, drawn, look.ceiling, compact=look.compact)


def epoch_norm(curves: pd.DataFrame) -> LogNorm:
    """Return the logarithmic scale of epoch + 1 that spans all epochs of a table."""
    return LogNorm(1, max(int(curves["epoch"].max()), 1) + 1 if len(curves) else 2)


def known_errors(curves: pd.DataFrame) -> list[str]:
    """Return the quantities whose standard error is known somewhere.

    Args:
        curves: Table of curves, perhaps with `i_xt_error` and `i_ty_error`.
    """
    return [
        name
        for name in _ON_AXIS
        if f"{name}_error" in curves and curves[f"{name}_error"].notna().any()
    ]


def with_errors(curves: pd.DataFrame) -> pd.DataFrame:
    """Add the ends of bars of one standard error, as intervals: no bar where it is unknown.

    Args:
        curves: Table of curves of one network.
    """
    ends: dict[str, pd.Series] = {}
    for name in _ON_AXIS:
        known = name in known_errors(curves)
        error = curves[f"{name}_error"] if known else np.nan
        ends |= {f"{name}_low": curves[name] - error, f"{name}_high": curves[name] + error}
    return curves.assign(**ends)


def check_one_plane(curves: pd.DataFrame, *of_one: str) -> None:
    """Check that the curves are those of one plane.

    Args:
        curves: Table of curves.
        *of_one: Columns that must hold a single value, if they are there.

    Raises:
        ValueError: If one does not.
    """
    for name in of_one:
        values = sorted(map(str, curves[name].unique())) if name in curves else ["one"]
        if len(values) != 1:
            raise ValueError(f"curves must be of one {name}, got {len(values)}: {values[:5]}")


def _drawable(axes: Axes, curves: pd.DataFrame) -> pd.DataFrame:
    """Return the points that can be drawn, and say in the figure how many cannot."""
    finite = np.isfinite(curves[["i_xt", "i_ty"]].to_numpy(float)).all(axis=1)
    missing = int((~finite).sum())
    if missing:
        text = f"{missing} undefined or infinite points not shown"
        axes.text(0.01, 0.015, text, transform=axes.transAxes, fontsize=7.5, color=FAINT)
    return curves[finite]


def _draw_layers(axes: Axes, curves: pd.DataFrame, look: Look) -> None:
    """Draw the ways of all layers through the plane, epochs ascending, as few collections."""
    colours, size = epoch_colours(), 0.6 if look.compact else 1.0
    layers = [layer for _, layer in curves.groupby("layer", sort=False)]
    points = [layer[["i_xt", "i_ty"]].to_numpy(float) for layer in layers]
    shades = [look.norm(layer["epoch"].to_numpy(float) + 1) for layer in layers]
    if look.band:
        rows = [one.iloc[spread(k, _ERROR_BARS)] for one, k in zip(layers, shades, strict=True)]
        _draw_error_bars(axes, pd.concat(rows), colours, look.norm)
    if "i_ty_floor" in curves:
        measured = curves.dropna(subset="i_ty_floor")  # it may be measured at some snapshots alone
        for _, layer in measured.groupby("layer", sort=False):
            floor = layer[["i_xt", "i_ty_floor"]].to_numpy(float)
            axes.plot(*floor.T, color=FAINT, linewidth=0.9, linestyle=":", zorder=1)
    steps = np.concatenate([np.stack([one[:-1], one[1:]], axis=1) for one in points])
    shade = np.concatenate([one[1:] for one in shades])
    line = LineCollection(
        list(steps), colors=colours(shade), linewidths=1.3 * size, capstyle="round"
    )
    axes.add_collection(line, autolim=False)
    shown = [spread(shade, _MARKERS) for shade in shades]
    for chosen, area, edge, order in (
        (shown, 9 * size**2, {"linewidths": 0}, 3),
        ([[-1]] * len(layers), 46 * size**2, {"edgecolors": "white", "linewidths": size}, 5),
    ):
        x, y = np.concatenate([one[k] for one, k in zip(points, chosen, strict=True)]).T
        shade = np.concatenate([one[k] for one, k in zip(shades, chosen, strict=True)])
        axes.scatter(x, y, s=area, c=colours(shade), zorder=order, **edge)


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


def set_limits(axes: Axes, curves: pd.DataFrame, ceiling: float) -> None:
    """Show everything from zero to the ceiling, and leave room for the labels above."""
    x, y = (
        curves[[name for name in curves if name in _ON_AXIS[quantity]]].to_numpy(float)
        for quantity in ("i_xt", "i_ty")
    )
    right, top = np.nanmax(x, initial=ceiling), np.nanmax(y, initial=0.05)
    left, bottom = np.nanmin(x, initial=0.0), np.nanmin(y, initial=0.0)
    axes.set_xlim(left - 0.02 * right, 1.05 * right)
    axes.set_ylim(bottom - 0.02 * top, 1.17 * top)
