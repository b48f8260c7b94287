"""Draws scores against accuracies, a panel for each group of networks and score."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ibsweep.plots.axes import TWO_COLUMNS, canvas, headline, tidy
from ibsweep.plots.style import INK, SERIES

_PANEL = 2.1  # inches, height


class Cloud(NamedTuple):
    """The networks of one panel.

    Attributes:
        title: What they are, and of which layers the score is.
        score: Compression scores, shape `(networks,)`.
        outcome: Test accuracies, shape `(networks,)`.
        failed: Whether each failed to train, shape `(networks,)`.
        note: What is said below: the correlation and its interval.
    """

    title: str
    score: np.ndarray
    outcome: np.ndarray
    failed: np.ndarray
    note: str


def clouds(panels: Sequence[Cloud], *, columns: int = 2, outcome: str = "test accuracy") -> Figure:
    """Draw a point for each network, a panel for each cloud; crosses failed to train.

    Args:
        panels: The clouds, row by row.
        columns: Panels in a row.
        outcome: What the vertical axes are.

    Returns:
        A figure of a page's width.

    Raises:
        ValueError: If there are no panels.
    """
    if not panels:
        raise ValueError("panels must hold a group of networks, got none")
    rows = -(-len(panels) // columns)
    figure = canvas(TWO_COLUMNS, _PANEL * rows + 0.3)
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes, panel in zip(grid.flat, panels, strict=False):
        _draw(axes, panel)
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    figure.supxlabel("compression score", fontsize=9, color=INK)
    figure.supylabel(outcome, fontsize=9, color=INK)
    return figure


def _draw(axes: Axes, panel: Cloud) -> None:
    """Draw one panel."""
    for which, style in ((~panel.failed, "o"), (panel.failed, "x")):
        axes.plot(
            panel.score[which],
            panel.outcome[which],
            style,
            color=SERIES[0],
            alpha=0.65,
            markersize=4,
        )
    tidy(axes)
    axes.tick_params(labelsize=7.5)
    headline(axes, f"{panel.title}\n{panel.note}")
