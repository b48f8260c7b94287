"""Draws what estimators say against what is true."""

from collections.abc import Iterator, Sequence
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ibsweep import checks
from ibsweep.plots.axes import canvas, headline, tidy
from ibsweep.plots.style import FAINT, INK, SERIES

_MARKERS = "osD^vPX*"
_COLUMNS = 4
_PANEL = 3.3  # inches
_LETTERS = 44  # of a title's line
_ENTRIES = 2  # of the legend in a row, for each panel above it


def calibration(table: pd.DataFrame, *, panels: Sequence[str]) -> Figure:
    """Draw estimate against truth: a panel for each kind of sample, a line for each estimator.

    Args:
        table: One row a cell, in bits: `estimator, truth, mean, sd` and the columns of `panels`.
            Bars are one standard deviation over seeds; where there is a single seed, none.
        panels: Columns that name a kind of sample, e.g. `["distribution", "samples"]`.

    Returns:
        A figure that no pyplot knows of; `savefig` writes it.

    Raises:
        ValueError: If the table is empty.
    """
    checks.integer("rows of the table", len(table), minimum=1)
    groups = list(table.groupby(list(panels), sort=False, dropna=False))
    columns = min(len(groups), _COLUMNS)
    rows = -(-len(groups) // columns)
    figure = canvas(_PANEL * columns + 0.4, _PANEL * rows + 0.9)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    estimators = list(dict.fromkeys(table["estimator"]))
    for axes, (key, cells) in zip(grid, groups, strict=False):
        _draw_panel(axes, cells, estimators)
        headline(axes, fill(_title(panels, key), _LETTERS))
    for axes in grid[len(groups) :]:
        axes.set_axis_off()
    lines = {label: line for axes in grid for line, label in _legend(axes)}
    names, widest = [*lines], min(_ENTRIES * columns, 5)
    figure.legend(lines.values(), names, loc="outside lower center", ncols=widest, frameon=False)
    for axes in grid[max(len(groups) - columns, 0) : len(groups)]:  # a supxlabel would meet it
        axes.set_xlabel("true information (bits)", fontsize=9, color=INK)
    figure.supylabel("estimate (bits)", fontsize=9, color=INK)
    return figure


def _draw_panel(axes: Axes, cells: pd.DataFrame, estimators: list[str]) -> None:
    """Draw the line of each estimator, and the diagonal that a perfect one would follow."""
    ends = np.array([min(cells["truth"].min(), 0.0), cells["truth"].max() or 1.0])
    axes.plot(ends, ends, color=FAINT, linewidth=1, linestyle="--", label="truth")
    for name, line in cells.groupby("estimator", sort=False):
        k = estimators.index(str(name))
        ordered = line.sort_values("truth")
        axes.errorbar(
            ordered["truth"],
            ordered["mean"],
            yerr=ordered["sd"].fillna(0.0),
            color=SERIES[k % len(SERIES)],
            marker=_MARKERS[k // len(SERIES) % len(_MARKERS)],
            markersize=4,
            linewidth=1.2,
            capsize=2,
            label=str(name),
        )
    tidy(axes)
    axes.tick_params(labelsize=8)


def _legend(axes: Axes) -> Iterator[tuple[Artist, str]]:
    """Yield what a panel draws, each with its label."""
    yield from zip(*axes.get_legend_handles_labels(), strict=True)


def _title(names: Sequence[str], key: tuple[object, ...]) -> str:
    """Return what a panel shows, e.g. `normal, samples 5000, dims [2, 2]`."""
    plain = ("distribution",)
    words = [
        str(value) if name in plain else f"{name.removeprefix('distribution.')} {value}"
        for name, value in zip(names, key, strict=True)
        if str(value) not in ("identity", "")
    ]
    return ", ".join(words)
