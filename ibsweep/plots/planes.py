"""Draws the information plane of one network, or of the mean over networks."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ibsweep.plots.axes import draw_colourbar, tidy
from ibsweep.plots.drawing import (
    Look,
    draw_plane,
    epoch_norm,
    known_errors,
    with_errors,
)
from ibsweep.plots.style import FAINT, INK


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
        band: Draw 95 % intervals over seeds, on both axes. Without it columns `i_xt_error` and
            `i_ty_error` are drawn: one standard error to both sides.
        estimand: What is estimated, e.g. `H(EBAB30(T))`; the estimator's name if None.

    Returns:
        A figure that no pyplot knows of; `savefig` writes it.

    Raises:
        ValueError: If the curves are not of one estimator, one part and one network (or mean).
    """
    figure, axes = _blank()
    stated = not band and bool(known_errors(curves))
    look = Look(samples, epoch_norm(curves), band=band or stated)
    draw_plane(axes, with_errors(curves) if stated else curves, look)
    if stated:
        text, place = "bars: one standard error of an estimate", axes.transAxes
        axes.text(1.0, 1.012, text, transform=place, ha="right", fontsize=7.5, color=FAINT)
    _decorate(axes, title, estimand or str(curves["estimator"].iloc[0]))
    draw_colourbar(figure.add_axes((0.885, 0.125, 0.018, 0.785)), look.norm)
    return figure


def _blank() -> tuple[Figure, Axes]:
    """Return a figure with room for a plane and a colour bar."""
    figure = Figure(figsize=(6.6, 4.6), dpi=120, layout=None)
    FigureCanvasAgg(figure)
    return figure, figure.add_axes((0.095, 0.125, 0.765, 0.785))


def _decorate(axes: Axes, title: str, estimand: str) -> None:
    """Name the axes and take away what says nothing."""
    axes.set_title(title, fontsize=11, color=INK, loc="left", pad=9)
    axes.set_xlabel(f"I(X; T) by {estimand}  [bits]", fontsize=9.5, color=INK)
    axes.set_ylabel(f"I(T; Y) by {estimand}  [bits]", fontsize=9.5, color=INK)
    axes.tick_params(labelsize=8.5)
    tidy(axes)
