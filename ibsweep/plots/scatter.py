"""Draws compression against accuracy: figure 9 of the paper."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ibsweep.plots.axes import TWO_COLUMNS, canvas, headline, tidy
from ibsweep.plots.style import INK, SERIES

_SCORE, _ACCURACY = "compression score", "test accuracy"


def initialisations_scatter(
    networks: pd.DataFrame, scores: Mapping[str, str], *, notes: Mapping[str, str]
) -> Figure:
    """Draw a point for each initialisation, score against accuracy, a panel a score (Fig 9a).

    Networks that failed to train are crosses.

    Args:
        networks: One row a network: the scores' columns, `accuracy/test`, `failed_to_train`.
        scores: Title of each panel to the column of its score.
        notes: Title of each panel to what is said below it: correlations.

    Returns:
        A figure of a page's width.
    """
    figure = canvas(TWO_COLUMNS, 3.5)
    panels = figure.subplots(1, len(scores), sharey=True, squeeze=False)[0]
    failed = networks["failed_to_train"] > 0
    for axes, (title, column), letter in zip(panels, scores.items(), "abcdefgh", strict=False):
        for rows, style in ((networks[~failed], "o"), (networks[failed], "x")):
            kept = rows.dropna(subset=[column, "accuracy/test"])
            axes.plot(
                kept[column], kept["accuracy/test"], style, color=SERIES[0], alpha=0.65, ms=4.5
            )
        _finish(axes, title, letter, notes[title])
    panels[0].set_ylabel(_ACCURACY, fontsize=9, color=INK)
    return figure


def activations_scatter(means: pd.DataFrame, *, note: str) -> Figure:
    """Draw a point for each activation, mean score against mean accuracy (Fig 9b).

    Args:
        means: `activation, score, score_half, accuracy, accuracy_half`: means over seeds and half
            the widths of their 95 % intervals.
        note: What is said below it: the correlation, and which could be found at all.

    Returns:
        A figure of a column's width.
    """
    figure = canvas(TWO_COLUMNS * 0.62, 3.7)
    axes = figure.subplots()
    for row, colour in zip(means.itertuples(), SERIES * 4, strict=False):
        axes.errorbar(
            row.score,
            row.accuracy,
            xerr=row.score_half,
            yerr=row.accuracy_half,
            fmt="o",
            color=colour,
            markersize=5,
            elinewidth=1,
        )
        axes.annotate(
            str(row.activation).replace("_", " "),
            (row.score, row.accuracy),
            xytext=(4, 4),
            textcoords="offset points",
            fontsize=8,
            color=INK,
        )
    axes.margins(x=0.15, y=0.1)
    axes.set_ylabel(f"mean {_ACCURACY}", fontsize=9, color=INK)
    _finish(axes, "activations, hidden layers", "", note)
    return figure


def _finish(axes: Axes, title: str, letter: str, note: str) -> None:
    tidy(axes)
    axes.tick_params(labelsize=8)
    axes.set_xlabel(f"{_SCORE}\n", fontsize=9, color=INK)
    axes.annotate(
        note,
        (0, 0),
        xycoords="axes fraction",
        xytext=(0, -38),
        textcoords="offset points",
        fontsize=7,
        color=INK,
        va="top",
        annotation_clip=False,
    )
    headline(axes, title, letter=letter)
