"""Draws the information plane of one network, or of the mean over networks."""

import functools
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from ibsweep.plots.axes import draw_colourbar, tidy
from ibsweep.plots.drawing import (
    Look,
    draw_plane,
    epoch_norm,
    known_errors,
    with_errors,
)
from ibsweep.plots.labels import draw_ceiling, is_undersampled
from ibsweep.plots.style import FAINT, INK

DPI = 120
_SATURATED = "* at the ceiling all along: cannot show compression"
_UNDERSAMPLED = "undersampled: I(X; T) > .1 bits too low"
_STATED = "bars: one standard error of an estimate"


class _Frame(NamedTuple):
    """All of a plane but its layers and title; those of a sweep have few.

    Attributes:
        x_limits: Of the axis, bits.
        y_limits: Of the axis, bits.
        last: Greatest epoch + 1.
        samples: Number of patterns that information was measured on.
        estimand: What is estimated.
        notes: What the layers' marks mean.
    """

    x_limits: tuple[float, float]
    y_limits: tuple[float, float]
    last: float
    samples: int
    estimand: str
    notes: str


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
    figure, frame = _layers(curves, samples=samples, title=title, band=band, estimand=estimand)
    _draw_frame(figure, frame)
    return figure


def plane_pixels(
    curves: pd.DataFrame, *, samples: int, title: str, band: bool, estimand: str | None
) -> np.ndarray:
    """Draw an information plane as an image, several times faster.

    Axes and colour bar are drawn once for all planes with the same limits and words.

    Args:
        curves: As for `information_plane`.
        samples: As there.
        title: As there.
        band: As there.
        estimand: As there.

    Returns:
        Red, green, blue and opacity of each pixel, shape `(height, width, 4)`.
    """
    figure, frame = _layers(curves, samples=samples, title=title, band=band, estimand=estimand)
    canvas = FigureCanvasAgg(figure)
    canvas.restore_region(_frame_pixels(frame))
    figure.axes[0].set_axis_off()
    figure.draw_artist(figure.axes[0])
    return np.asarray(canvas.buffer_rgba())


def _layers(
    curves: pd.DataFrame, *, samples: int, title: str, band: bool, estimand: str | None
) -> tuple[Figure, _Frame]:
    """Draw a plane's layers and title; return the figure, and what is yet to be drawn."""
    figure = _blank()
    axes = figure.axes[0]
    stated = not band and bool(known_errors(curves))
    look = Look(samples, epoch_norm(curves), band=band or stated)
    saturated = draw_plane(axes, with_errors(curves) if stated else curves, look)
    axes.set_title(title, fontsize=11, color=INK, loc="left", pad=9, y=1.0)
    hold = {_SATURATED: saturated, _UNDERSAMPLED: is_undersampled(curves), _STATED: stated}
    notes = "; ".join(note for note, holds in hold.items() if holds)
    last, estimand = float(look.norm.vmax or 1), estimand or str(curves["estimator"].iloc[0])
    return figure, _Frame(axes.get_xlim(), axes.get_ylim(), last, samples, estimand, notes)


@functools.lru_cache(maxsize=16)
def _frame_pixels(frame: _Frame) -> object:
    """Draw a frame alone, and return its pixels as a canvas restores them."""
    figure = _blank()
    _draw_frame(figure, frame)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return canvas.copy_from_bbox(figure.bbox)


def _blank() -> Figure:
    """Return a figure with axes for a plane, and room for a colour bar and notes."""
    figure = Figure(figsize=(6.6, 4.6), dpi=DPI, layout=None)
    FigureCanvasAgg(figure)
    figure.add_axes((0.095, 0.125, 0.765, 0.785))
    return figure


def _draw_frame(figure: Figure, frame: _Frame) -> None:
    """Name the axes, take away what says nothing, and explain the rest."""
    axes = figure.axes[0]
    axes.set(xlim=frame.x_limits, ylim=frame.y_limits)
    axes.set_xlabel(f"I(X; T) by {frame.estimand}  [bits]", fontsize=9.5, color=INK)
    axes.set_ylabel(f"I(T; Y) by {frame.estimand}  [bits]", fontsize=9.5, color=INK)
    axes.tick_params(labelsize=8.5)
    tidy(axes)
    draw_ceiling(axes, frame.samples, labelled=True)
    figure.text(0.99, 0.013, frame.notes, fontsize=7.5, color=FAINT, ha="right")
    draw_colourbar(figure.add_axes((0.885, 0.125, 0.018, 0.785)), LogNorm(1, frame.last))
