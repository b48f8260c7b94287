"""Draws several planes side by side: figures 3 to 7 of the paper, and galleries."""

import string
from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from ibsweep.plots.axes import TWO_COLUMNS, canvas, headline, share_colourbar, tidy
from ibsweep.plots.drawing import Look, draw_plane, epoch_norm
from ibsweep.plots.labels import draw_ceiling
from ibsweep.plots.style import INK


def plane_grid(
    panels: Mapping[str, pd.DataFrame],
    *,
    samples: int,
    columns: int = 2,
    band: bool = False,
    note: str = "",
    about_input: str = "I(X; T)",
    given: Mapping[str, float] | None = None,
) -> Figure:
    """Draw planes on the same axes and colours, the output layer leftmost.

    Args:
        panels: Title of each panel to its curves, as `information_plane` takes them.
        samples: Number of patterns that information was measured on.
        columns: Panels in a row.
        band: Draw 95 % intervals over seeds, on both axes.
        note: What is to be said below them.
        about_input: What the horizontal axis holds, in bits.
        given: H(Y) in bits for those panels, by title, whose horizontal axis is I(X;T|Y).

    Returns:
        A figure of a page's width, or wider for more than five columns.

    Raises:
        ValueError: If there are no panels, or the curves of one are not those of one plane.
    """
    if not panels:
        raise ValueError("panels must hold a plane, got none")
    columns, rows = min(columns, len(panels)), -(-len(panels) // columns)
    width = TWO_COLUMNS * max(columns / 5, 1)
    figure = canvas(width, 0.86 * width / columns * rows + 0.5)
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    look = Look(samples, epoch_norm(pd.concat(panels.values())), band=band, compact=True)
    letters = string.ascii_lowercase if len(panels) <= 9 else [""] * len(panels)
    for axes, (title, curves), letter in zip(grid.flat, panels.items(), letters, strict=False):
        bits = (given or {}).get(title, 0.0)
        draw_plane(axes, curves, look._replace(given=bits))
        draw_ceiling(axes, samples, given=bits)
        tidy(axes)
        axes.tick_params(labelsize=7.5)
        headline(axes, title, letter=letter)
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    ends = pd.concat(panels.values())
    top, right = ends["i_ty"].max(), max(ends["i_xt"].max(), look.ceiling)
    grid[0, 0].set_xlim(-0.02 * right, 1.05 * right)
    grid[0, 0].set_ylim(min(0, ends["i_ty"].min()) - 0.02 * top, 1.17 * top)
    figure.supxlabel(f"{about_input}  [bits]", fontsize=9.5, color=INK)
    figure.supylabel("I(T; Y)  [bits]", fontsize=9.5, color=INK)
    share_colourbar(figure, grid.ravel().tolist(), look.norm)
    less = ", less H(Y) where Y is given" if given else ""
    text = f"dashed: log₂ {samples} = {look.ceiling:.4g} bits{less}; * at it all along. {note}"
    figure.text(0.995, -0.005, text.strip(), fontsize=7, color=INK, ha="right", va="top")
    return figure
