"""Draws how stable verdicts are: a heat map of estimators' settings and numbers of seeds."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from ibsweep.plots.axes import TWO_COLUMNS, canvas, headline
from ibsweep.plots.style import FAINT, INK

_COLOURS = LinearSegmentedColormap.from_list("verdict", ["#d55e00", "#f7f7f7", "#0072b2"])


def multiverse_map(verdicts: pd.DataFrame) -> Figure:
    """Draw a panel a question: blue where subsamples say positive, orange negative, white neither.

    Args:
        verdicts: `question, estimator, seeds, positive, negative`, as `analysis.multiverse` finds
            them.

    Returns:
        A figure of a page's width.
    """
    questions = verdicts["question"].unique()
    figure = canvas(TWO_COLUMNS, 1.3 + 0.32 * verdicts["estimator"].nunique())
    panels = figure.subplots(1, len(questions), sharey=True, squeeze=False)[0]
    for axes, question, letter in zip(panels, questions, "abcdefgh", strict=False):
        _draw(axes, verdicts[verdicts["question"] == question])
        headline(axes, question, letter=letter)
    note = "share of subsamples whose verdict is + or − at 5 %; – too few networks"
    figure.text(0.995, -0.005, note, fontsize=7, color=INK, ha="right", va="top")
    return figure


def _draw(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw one question's map; each cell says its larger share and that one's sign."""
    names, sizes = rows["estimator"].unique(), rows["seeds"].unique()
    cells = rows.set_index(["estimator", "seeds"])
    shares = (cells["positive"] - cells["negative"]).unstack().loc[names, sizes]
    axes.imshow(shares.to_numpy(float), cmap=_COLOURS, vmin=-1, vmax=1, aspect="auto")
    for i, name in enumerate(names):
        for j, size in enumerate(sizes):
            up, down = cells.loc[(name, size), ["positive", "negative"]]
            text = "–" if pd.isna(up) else f"{max(up, down):.0%} {'+' if up >= down else '−'}"
            dark = abs(up - down) > 0.6
            axes.text(
                j, i, text, fontsize=5.8, ha="center", va="center", color="white" if dark else INK
            )
    axes.set_xticks(range(len(sizes)), [str(size) for size in sizes])
    axes.set_yticks(range(len(names)), list(names))
    axes.set_xlabel("seeds", fontsize=8.5, color=INK)
    axes.tick_params(labelsize=8, length=0, labelcolor=INK)
    for side in axes.spines.values():
        side.set_color(FAINT)
