"""Draws what estimators say against what is true."""

from collections.abc import Iterator
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ibsweep import checks

_INK, _FAINT = "#30323a", "#9a9ca5"
_COLOURS = ("#3b6fb6", "#c4543a", "#4c9a52", "#8a5fa8", "#b8902f", "#3d9aa1", "#8d6e57", "#c2639a")
_MARKERS = "osD^vPX*"
_NUMBERS = (
    "truth",
    "mean",
    "bias",
    "sd",
    "rmse",
    "coverage",
    "error",
    "seconds",
    "megabytes",
    "n",
)
_PANEL = 3.3  # inches
_LETTERS = 44  # of a title's line


def calibration(table: pd.DataFrame) -> Figure:
    """Draw estimate against truth: a panel for each kind of sample, a line for each estimator.

    Args:
        table: One row a cell, in bits: `estimator, truth, mean, sd` and what else names a cell.
            Bars are one standard deviation over seeds; where there is a single seed, none.

    Returns:
        A figure that no pyplot knows of; `savefig` writes it.

    Raises:
        ValueError: If the table is empty.
    """
    checks.integer("rows of the table", len(table), minimum=1)
    names = [name for name in table if name not in (*_NUMBERS, "estimator")]
    groups = list(table.groupby(names, sort=False, dropna=False)) if names else [((), table)]
    columns = min(len(groups), 4)
    rows = -(-len(groups) // columns)
    figure = Figure(
        figsize=(_PANEL * columns + 0.4, _PANEL * rows + 0.9), dpi=110, layout="constrained"
    )
    FigureCanvasAgg(figure)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    estimators = list(dict.fromkeys(table["estimator"]))
    for axes, (key, cells) in zip(panels, groups, strict=False):
        _draw_panel(axes, cells, estimators)
        axes.set_title(fill(_title(names, key), _LETTERS), fontsize=8, color=_INK)
    for axes in panels[len(groups) :]:
        axes.set_axis_off()
    lines = {label: line for axes in panels for line, label in _legend(axes)}
    figure.legend([*lines.values()], [*lines], loc="outside lower center", ncols=5, frameon=False)
    for axes in panels[max(len(groups) - columns, 0) : len(groups)]:  # a supxlabel would meet it
        axes.set_xlabel("true information (bits)", fontsize=9, color=_INK)
    figure.supylabel("estimate (bits)", fontsize=9, color=_INK)
    return figure


def _draw_panel(axes: Axes, cells: pd.DataFrame, estimators: list[str]) -> None:
    """Draw the line of each estimator, and the diagonal that a perfect one would follow."""
    ends = np.array([min(cells["truth"].min(), 0.0), cells["truth"].max() or 1.0])
    axes.plot(ends, ends, color=_FAINT, linewidth=1, linestyle="--", label="truth")
    for name, line in cells.groupby("estimator", sort=False):
        k = estimators.index(str(name))
        ordered = line.sort_values("truth")
        axes.errorbar(
            ordered["truth"],
            ordered["mean"],
            yerr=ordered["sd"].fillna(0.0),
            color=_COLOURS[k % len(_COLOURS)],
            marker=_MARKERS[k // len(_COLOURS) % len(_MARKERS)],
            markersize=4,
            linewidth=1.2,
            capsize=2,
            label=str(name),
        )
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8, colors=_INK)


def _legend(axes: Axes) -> Iterator[tuple[Artist, str]]:
    """Yield what a panel draws, each with its label."""
    yield from zip(*axes.get_legend_handles_labels(), strict=True)


def _title(names: list[str], key: tuple[object, ...]) -> str:
    """Return what a panel shows, e.g. `normal, samples 5000, dims [2, 2]`."""
    plain = ("distribution",)
    words = [
        str(value) if name in plain else f"{name.removeprefix('distribution.')} {value}"
        for name, value in zip(names, key, strict=True)
        if str(value) not in ("identity", "")
    ]
    return ", ".join(words)
