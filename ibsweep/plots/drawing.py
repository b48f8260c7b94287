"""Draws the layers of information planes into axes."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LogNorm

from ibsweep.checks import integer
from ibsweep.plots.labels import label_layers
from ibsweep.plots.style import FAINT, epoch_colours, spread

_MARKERS = 30
_ERROR_BARS = 9
_ON_AXIS = {
    name: {name, f"{name}_low", f"{name}_high", f"{name}_floor"} for name in ("i_xt", "i_ty")
}
_DRAWN = set.union(*_ON_AXIS.values())
_LIMIT_STEP = 0.05  # bits: planes of many networks have the same limits


class Look(NamedTuple):
    """How planes are drawn; panels that share it can be compared.

    Attributes:
        samples: Number of patterns that information was measured on: no layer can carry more
            about the input than its log2.
        norm: Epoch + 1 to [0, 1], logarithmic.
        band: Draw 95 % intervals over seeds, on both axes.
        compact: Draw a small panel among others, with short names.
        given: What is given, in bits: H(Y) for I(X;T|Y), which can be no more than the rest.
    """

    samples: int
    norm: LogNorm
    band: bool = False
    compact: bool = False
    given: float = 0.0

    @property
    def ceiling(self) -> float:
        """The most that a layer can carry about the input, in bits."""
        return math.log2(integer("samples", self.samples, minimum=1)) - self.given


def draw_plane(axes: Axes, curves: pd.DataFrame, look: Look) -> set[str]:
    """Draw a plane into axes: layers, floor, names; set the limits.

    Args:
        axes: Where.
        curves: As for `information_plane`.
        look: How.

    Returns:
        The layers that are marked *: at the ceiling all along.

    Raises:
        ValueError: If the curves are not of one estimator, one part and one network (or mean).
    """
    check_one_plane(curves, "estimator", "part", "network")
    drawn = _drawable(axes, curves.sort_values("epoch", kind="stable"))
    if len(drawn):
        _draw_layers(axes, drawn, look)
    set_limits(axes, drawn, look.ceiling)
    return label_layers(axes, drawn, look.ceiling, compact=look.compact)


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
    size = 0.6 if look.compact else 1.0
    values = {name: curves[name].to_numpy(float) for name in curves if name in _DRAWN}
    points = np.stack([values["i_xt"], values["i_ty"]], axis=1)
    place = look.norm(curves["epoch"].to_numpy(float) + 1)
    colours = epoch_colours()(place)
    codes, layers = pd.factorize(curves["layer"])
    rows = [np.flatnonzero(codes == k) for k in range(len(layers))]  # of each layer
    if look.band:
        barred = np.concatenate([row[spread(place[row], _ERROR_BARS)] for row in rows])
        _draw_error_bars(axes, {name: values[name][barred] for name in values}, colours[barred])
    if "i_ty_floor" in values:
        _draw_floors(axes, np.stack([values["i_xt"], values["i_ty_floor"]], axis=1), rows)
    steps = np.concatenate([np.stack([points[row[:-1]], points[row[1:]]], axis=1) for row in rows])
    ends = np.concatenate([row[1:] for row in rows])
    line = LineCollection(
        list(steps), colors=colours[ends], linewidths=1.3 * size, capstyle="round"
    )
    axes.add_collection(line, autolim=False)
    shown = np.concatenate([row[spread(place[row], _MARKERS)] for row in rows])
    last = np.array([row[-1] for row in rows])
    for chosen, area, edge, order in (
        (shown, 9 * size**2, {"linewidths": 0}, 3),
        (last, 46 * size**2, {"edgecolors": "white", "linewidths": size}, 5),
    ):
        x, y = points[chosen].T
        axes.scatter(x, y, s=area, c=colours[chosen], zorder=order, **edge)


def _draw_floors(axes: Axes, points: np.ndarray, rows: Sequence[np.ndarray]) -> None:
    """Draw a dotted line a layer through the snapshots at which its floor was measured."""
    known = np.isfinite(points).all(axis=1)
    lines = [points[row[known[row]]] for row in rows]
    floors = LineCollection(lines, colors=FAINT, linewidths=0.9, linestyles=":", zorder=1)
    axes.add_collection(floors, autolim=False)


def _draw_error_bars(axes: Axes, values: Mapping[str, np.ndarray], colours: np.ndarray) -> None:
    """Draw light crosses: the 95 % intervals of both quantities."""
    x, x_low, x_high = (values[name] for name in ("i_xt", "i_xt_low", "i_xt_high"))
    y, y_low, y_high = (values[name] for name in ("i_ty", "i_ty_low", "i_ty_high"))
    across = np.stack([np.stack([x_low, y], axis=1), np.stack([x_high, y], axis=1)], axis=1)
    along = np.stack([np.stack([x, y_low], axis=1), np.stack([x, y_high], axis=1)], axis=1)
    bars = LineCollection(
        [*across, *along], colors=np.tile(colours, (2, 1)), linewidths=2.2, alpha=0.35, zorder=2
    )
    axes.add_collection(bars, autolim=False)


def set_limits(axes: Axes, curves: pd.DataFrame, ceiling: float) -> None:
    """Show everything from zero to the ceiling, and leave room for the labels above."""
    x, y = (
        curves[[name for name in curves if name in _ON_AXIS[quantity]]].to_numpy(float)
        for quantity in ("i_xt", "i_ty")
    )
    step = _LIMIT_STEP
    right, top = (
        step * np.ceil(np.nanmax(v, initial=w) / step) for v, w in ((x, ceiling), (y, step))
    )
    left, bottom = (step * np.floor(np.nanmin(v, initial=0.0) / step) for v in (x, y))
    axes.set_xlim(left - 0.02 * right, 1.05 * right)
    axes.set_ylim(bottom - 0.02 * top, 1.17 * top)
