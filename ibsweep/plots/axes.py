"""Axes, colour bars and panels that the drawings share."""

import math
from collections.abc import Sequence

from matplotlib import ticker
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from ibsweep.plots.style import FAINT, GRID, INK, epoch_colours

_TWO_DECADES = 100  # epochs: below, powers of ten alone would be a tick or two
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
TWO_COLUMNS = 7.0  # inches, the width of a page's text in a journal of two columns


def canvas(width: float, height: float) -> Figure:
    """Return a figure that arranges its axes itself, and that no pyplot knows of.

    Args:
        width: Inches.
        height: Inches.
    """
    figure = Figure(figsize=(width, height), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def headline(axes: Axes, text: str, *, letter: str = "") -> None:
    """Write a panel's title, with the letter that a caption refers to."""
    marked = f"({letter}) {text}" if letter else text
    axes.set_title(marked, fontsize=8.5, color=INK, loc="left")


def share_colourbar(figure: Figure, axes: Sequence[Axes], norm: LogNorm) -> None:
    """Explain the colours of epochs once, beside several panels."""
    bar = figure.colorbar(
        ScalarMappable(norm, epoch_colours()), ax=list(axes), aspect=35, pad=0.01
    )
    _finish(bar.ax)
    bar.outline.set_visible(False)
    bar.set_label("epoch + 1", fontsize=9, color=INK)


def draw_colourbar(axes: Axes, norm: LogNorm) -> None:
    """Explain the colours of epochs in axes of their own."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    bar = figure.colorbar(ScalarMappable(norm, epoch_colours()), cax=axes)
    bar.outline.set_visible(False)
    bar.set_label("epoch + 1", fontsize=9, color=INK)
    if norm.vmax is not None and norm.vmax < _TWO_DECADES:
        bar.locator = ticker.LogLocator(subs=(1, 2, 5))
        bar.formatter = ticker.StrMethodFormatter("{x:g}")
    else:
        bar.formatter = ticker.FuncFormatter(_power)
    bar.update_ticks()
    _finish(axes)


def _power(value: float, _place: int | None = None) -> str:
    """Write a power of ten as plain text: laying out mathematics takes 5 ms a tick."""
    return "10" + str(round(math.log10(value))).translate(_SUPERSCRIPTS)


def tidy(axes: Axes) -> None:
    """Take away what says nothing, and lay a faint grid below the rest."""
    axes.tick_params(color=FAINT, labelcolor=INK, length=3)
    axes.grid(color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(FAINT)


def _finish(axes: Axes) -> None:
    """Quieten the ticks of a colour bar."""
    axes.yaxis.set_minor_locator(ticker.NullLocator())
    axes.tick_params(labelsize=8, color=FAINT, labelcolor=INK, length=2)
